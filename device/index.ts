/** Boards and worlds: what a test or a program of the twin imports. */

export * from '../sockets/constants.ts';
export * from '../sockets/errno.ts';
export { FD_CLR, FD_ISSET, FD_SET, FD_ZERO, fd_set, makeFdSet } from '../sockets/fd_set.ts';
export type { AddrinfoHints, addrinfo, hostent } from '../sockets/netdb.ts';
export type { pollfd, timeval } from '../sockets/select.ts';
export type { msghdr } from '../sockets/send.ts';
export {
  formatSockaddr,
  htonl,
  htons,
  type in_addr,
  type in6_addr,
  inet_addr,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
  ntohl,
  ntohs,
  type sockaddr,
  sockaddr_in,
  type sockaddr_in6,
} from '../sockets/sockaddr.ts';
export type { ip_mreq, linger, SockoptOut, SockoptValue } from '../sockets/sockopt.ts';
export { makeOpt, OPT, type Opt, type OptEntry, type OptName } from '../stack/opt.ts';
export type { HazardName } from '../stack/stack.ts';
export * from './air/access_point.ts';
export type { Air, AirTimes } from './air/air.ts';
export { DEFAULT_AIR_TIMES } from './air/air.ts';
export type { Refusal } from './air/bss.ts';
export type { DnsAnswer, DnsBehaviour, DnsFailure, NameServer } from './air/name_server.ts';
export type { Call } from './call.ts';
export * from './esp_err.ts';
export {
  ETH_EVENT,
  ETHERNET_EVENT_CONNECTED,
  ETHERNET_EVENT_DISCONNECTED,
  ETHERNET_EVENT_START,
  ETHERNET_EVENT_STOP,
} from './esp_eth.ts';
export { ESP_EVENT_ANY_BASE, ESP_EVENT_ANY_ID, type esp_event_base_t } from './esp_event.ts';
export * from './esp_netif_types.ts';
export {
  ESP_NETIF_SNTP_DEFAULT_CONFIG,
  ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE,
  ESP_SNTP_OPMODE_LISTENONLY,
  ESP_SNTP_OPMODE_POLL,
  type esp_sntp_config_t,
  SNTP_SYNC_MODE_IMMED,
  SNTP_SYNC_MODE_SMOOTH,
  SNTP_SYNC_STATUS_COMPLETED,
  SNTP_SYNC_STATUS_IN_PROGRESS,
  SNTP_SYNC_STATUS_RESET,
  type sntp_sync_time_cb_t,
} from './esp_sntp.ts';
export type { Esp32, Esp32Options, TaskOptions } from './esp32.ts';
export type {
  ArpFields,
  FrameProto,
  FrameView,
  IpFields,
  TcpFields,
  TcpFlags,
  UdpFields,
} from './faults/frame_view.ts';
export type { FrameMatch, FramePredicate, Matcher } from './faults/match.ts';
export type {
  AddressChange,
  BoardFaultSpec,
  Burst,
  CallFails,
  CallFaultSpec,
  CallSelection,
  CallTrigger,
  Corrupt,
  Delay,
  Drop,
  Duplicate,
  FaultPlan,
  FaultSpec,
  FrameFaultSpec,
  FrameTrigger,
  Freeze,
  Inflicted,
  InflictedFault,
  Inject,
  InterfaceDown,
  Jitter,
  LinkDown,
  Moment,
  NoMemory,
  OnCalls,
  OnFrames,
  Period,
  PowerOff,
  QueueSize,
  Rate,
  Reboot,
  Reorder,
  Reset,
  ResourceFaultSpec,
  Schedule,
  Selection,
  ShortTransfer,
  SlowCall,
  Stall,
  Trigger,
  Truncate,
} from './faults/plan.ts';
export type { Fate, Fault, FaultRule, Faults, FrameFault, Outage, SentFrame } from './faults/wire.ts';
export { formatLogRecord, type LogLevel, type LogRecord } from './firmware/console.ts';
export { Firmware, type FirmwareInfo } from './firmware/firmware.ts';
export type { PanicRecord } from './firmware/panic.ts';
export { portMAX_DELAY, type Task } from './freertos.ts';
export type { BlockedTask } from './idle.ts';
export type { SdkconfigValue } from './kconfig.ts';
export type { Injection, Lan, LanOptions } from './lan.ts';
export type { AddressOptions, DhcpServerOptions } from './netif_config.ts';
export type { Os } from './os.ts';
export type { ExampleConnectOptions } from './os_connect.ts';
export type { esp_eth_handle_t } from './os_eth.ts';
export type {
  esp_event_handler_instance_t,
  esp_event_handler_t,
  esp_event_loop_args_t,
  esp_event_loop_handle_t,
  HandleOut,
} from './os_event.ts';
export type { ValueOut } from './os_netif.ts';
export type { Data } from './os_sockets.ts';
export type { Program } from './program.ts';
export type { RandomStream } from './random.ts';
export {
  formatSdkconfig,
  makeSdkconfig,
  parseSdkconfig,
  Sdkconfig,
  SdkconfigError,
  type SdkconfigSettings,
  sdkconfigHeader,
} from './sdkconfig.ts';
export { sdkconfigNotes } from './sdkconfig_effects.ts';
export {
  type CallRecord,
  type EventRecord,
  type FrameRecord,
  type NoteRecord,
  type StateRecord,
  type StepCause,
  type StepRecord,
  type TcpState,
  Trace,
} from './trace.ts';
export { text, utf8 } from './utf8.ts';
export type { Expectation, Finding, FindingKind, HintKind } from './watch/finding.ts';
export type { WatchOptions } from './watch/findings.ts';
export * from './wifi/esp_wifi_types.ts';
export { type Failure, type Hazard, type RunOptions, type RunReport, World, type WorldOptions } from './world.ts';
