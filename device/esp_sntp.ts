/**
 * Time from the network as ESP-IDF's firmware sees it: what lwIP's SNTP client finds out sets the board's clock, at once or
 * smoothly, and whoever wants to is told. Source: ESP-IDF components/lwip/apps/sntp/sntp.c, esp_netif_sntp.c
 */

import { type Op, type Sockets, type SysThread, type timeval, WaitList } from '../sockets/index.ts';
import {
  SNTP_OPMODE_POLL,
  Sntp,
  type SntpPort,
  sntp_init,
  sntp_setoperatingmode,
  sntp_setservername,
  sntp_stop,
} from '../stack/sntp.ts';
import type { Stack } from '../stack/stack.ts';
import {
  ESP_ERR_INVALID_ARG,
  ESP_ERR_INVALID_STATE,
  ESP_ERR_NOT_FINISHED,
  ESP_ERR_TIMEOUT,
  ESP_OK,
  type esp_err_t,
} from './esp_err.ts';
import { BuiltInHandler, type DefaultLoop } from './esp_event.ts';
import { IP_EVENT, IP_EVENT_STA_GOT_IP } from './esp_netif_types.ts';
import type { WallClock } from './wall_clock.ts';

export const ESP_SNTP_OPMODE_POLL = 0;
export const ESP_SNTP_OPMODE_LISTENONLY = 1;
/** The clock is set at once, or by adjtime(). */
export const SNTP_SYNC_MODE_IMMED = 0;
export const SNTP_SYNC_MODE_SMOOTH = 1;
export const SNTP_SYNC_STATUS_RESET = 0;
export const SNTP_SYNC_STATUS_COMPLETED = 1;
export const SNTP_SYNC_STATUS_IN_PROGRESS = 2;

/** The least interval, by RFC 4330. */
const MIN_SYNC_INTERVAL_MS = 15_000;

/** Told of the time that has come. Runs in the tcpip thread, where no call of `os` can be made. */
export type sntp_sync_time_cb_t = (tv: timeval) => void;

/** What esp_netif_sntp_init() is told. */
export interface esp_sntp_config_t {
  smooth_sync: boolean;
  /** Servers that DHCP names take the place of all others. Refused without CONFIG_LWIP_DHCP_GET_NTP_SRV. */
  server_from_dhcp: boolean;
  /** esp_netif_sntp_sync_wait() can be used. */
  wait_for_sync: boolean;
  start: boolean;
  sync_cb: sntp_sync_time_cb_t | null;
  /** Name the servers again at every event `ip_event_to_renew` of IP_EVENT, from slot `index_of_first_server` on. */
  renew_servers_after_new_IP: boolean;
  ip_event_to_renew: number;
  index_of_first_server: number;
  num_of_servers: number;
  servers: readonly string[];
}

/** One server, started at once, to be waited for. */
export function ESP_NETIF_SNTP_DEFAULT_CONFIG(server: string): esp_sntp_config_t {
  return ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(1, [server]);
}

/** The same with several servers; CONFIG_LWIP_SNTP_MAX_SERVERS must allow them. */
export function ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(
  num_of_servers: number,
  servers: readonly string[],
): esp_sntp_config_t {
  return {
    smooth_sync: false,
    server_from_dhcp: false,
    wait_for_sync: true,
    start: true,
    sync_cb: null,
    renew_servers_after_new_IP: false,
    ip_event_to_renew: IP_EVENT_STA_GOT_IP,
    index_of_first_server: 0,
    num_of_servers,
    servers,
  };
}

/** esp_netif_sntp between init and deinit. */
interface Storage {
  readonly sync_cb: sntp_sync_time_cb_t | null;
  /** The binary semaphore, if there is to be one. */
  readonly sync_sem: { isGiven: boolean; readonly waiters: WaitList } | null;
  /** What names the servers again, and at which event. */
  renewal: { readonly handler: BuiltInHandler; readonly event: number } | null;
}

/** The time client of one board, from boot to boot. */
export class EspSntp implements SntpPort {
  readonly sntp: Sntp;
  sync_mode = SNTP_SYNC_MODE_IMMED;
  sync_status = SNTP_SYNC_STATUS_RESET;
  time_sync_notification_cb: sntp_sync_time_cb_t | null = null;
  private sync_interval: number;
  private storage: Storage | null = null;
  private readonly stack: Stack;
  private readonly clock: WallClock;
  private readonly sockets: Sockets;
  private readonly defaultLoop: DefaultLoop;

  constructor(sockets: Sockets, clock: WallClock, defaultLoop: DefaultLoop) {
    const { stack } = sockets.tcpip;
    this.stack = stack;
    this.clock = clock;
    this.sockets = sockets;
    this.defaultLoop = defaultLoop;
    this.sync_interval = stack.opt.SNTP_UPDATE_DELAY;
    this.sntp = new Sntp(this, stack.opt.SNTP_MAX_SERVERS);
    stack.sntp = this.sntp;
  }

  // What the client asks for

  sntp_set_system_time(sec: number, us: number): void {
    this.sntp_sync_time({ tv_sec: sec, tv_usec: us });
  }

  sntp_get_sync_interval(): number {
    return this.sync_interval;
  }

  /** Shorter intervals than 15 s become 15 s. It counts from the next answer on. */
  sntp_set_sync_interval(interval_ms: number): void {
    this.sync_interval = Math.max(interval_ms, MIN_SYNC_INTERVAL_MS);
  }

  /** The weak function that firmware may replace by its own, which then has to set clock and status. Runs in the tcpip thread. */
  sntp_sync_time = (tv: timeval): void => {
    const us = tv.tv_sec * 1_000_000 + tv.tv_usec;
    if (this.sync_mode === SNTP_SYNC_MODE_SMOOTH && this.clock.adjtime(us - this.clock.nowUs)) {
      this.sync_status = SNTP_SYNC_STATUS_IN_PROGRESS;
    } else {
      this.clock.set(us);
      this.sync_status = SNTP_SYNC_STATUS_COMPLETED;
    }
    this.time_sync_notification_cb?.(tv);
  };

  /** A completed synchronisation is reported once. */
  sntp_get_sync_status(): number {
    const isDone = this.sync_status === SNTP_SYNC_STATUS_IN_PROGRESS && this.clock.leftToAdjustUs === 0;
    const status = isDone ? SNTP_SYNC_STATUS_COMPLETED : this.sync_status;
    if (status === SNTP_SYNC_STATUS_COMPLETED) this.sync_status = SNTP_SYNC_STATUS_RESET;
    return status;
  }

  // Run in the tcpip thread

  init(): void {
    sntp_init(this.stack, this.sntp);
  }

  stop(): void {
    sntp_stop(this.stack, this.sntp);
  }

  setoperatingmode(operating_mode: number): void {
    sntp_setoperatingmode(this.stack, this.sntp, operating_mode);
  }

  /** @returns false if DHCP does not ask for time servers */
  servermode_dhcp(enable: boolean): boolean {
    if (this.stack.opt.LWIP_DHCP_GET_NTP_SRV === 0) return false;
    this.sntp.set_servers_from_dhcp = enable;
    return true;
  }

  restart(): void {
    this.stop();
    this.init();
  }

  // esp_netif_sntp

  /**
   * @returns ESP_OK; ESP_ERR_INVALID_STATE the second time, or if there is no event loop to tell of new addresses;
   *   ESP_ERR_INVALID_ARG for too many servers, or servers from DHCP where it does not ask for them
   * Source: esp_netif_sntp_init()
   */
  *netifInit(thread: SysThread, config: esp_sntp_config_t): Op<esp_err_t> {
    if (this.storage !== null) return ESP_ERR_INVALID_STATE;
    const { wait_for_sync, sync_cb } = config;
    const sync_sem = wait_for_sync ? { isGiven: false, waiters: new WaitList() } : null;
    this.storage = { sync_cb, sync_sem, renewal: null };
    let ret = config.renew_servers_after_new_IP ? yield* this.renewLater(thread, this.storage, config) : ESP_OK;
    if (ret === ESP_OK) ret = yield* this.sockets.inTcpipThread(thread, () => this.configure(config));
    if (ret !== ESP_OK) yield* this.netifDeinit(thread);
    return ret;
  }

  private *renewLater(thread: SysThread, storage: Storage, config: esp_sntp_config_t): Op<esp_err_t> {
    const { num_of_servers, index_of_first_server, ip_event_to_renew: event } = config;
    if (num_of_servers === 0) return ESP_OK;
    const servers = config.servers.slice(0, num_of_servers);
    const handler = new BuiltInHandler((loopThread) => this.renewServers(loopThread, servers, index_of_first_server));
    storage.renewal = { handler, event };
    return yield* this.defaultLoop.with((loop) => loop.register(thread, IP_EVENT, event, handler, null));
  }

  private *renewServers(thread: SysThread, servers: readonly string[], first: number): Op<void> {
    yield* this.sockets.inTcpipThread(thread, () => this.nameServers(servers, first));
  }

  private nameServers(servers: readonly string[], first: number): void {
    servers.forEach((server, i) => {
      sntp_setservername(this.sntp, first + i, server);
    });
  }

  private configure({ num_of_servers, servers, server_from_dhcp, smooth_sync, start }: esp_sntp_config_t): esp_err_t {
    if (num_of_servers > this.sntp.servers.length) return ESP_ERR_INVALID_ARG;
    this.time_sync_notification_cb = (tv) => this.onSync(tv);
    this.setoperatingmode(SNTP_OPMODE_POLL);
    this.nameServers(servers.slice(0, num_of_servers), 0);
    if (server_from_dhcp && !this.servermode_dhcp(true)) return ESP_ERR_INVALID_ARG;
    if (smooth_sync) this.sync_mode = SNTP_SYNC_MODE_SMOOTH;
    if (start) this.init();
    return ESP_OK;
  }

  /** Stop the client and forget what it was told. Source: esp_netif_sntp_deinit() */
  *netifDeinit(thread: SysThread): Op<void> {
    const { storage } = this;
    if (storage === null) return;
    this.storage = null;
    this.time_sync_notification_cb = null;
    yield* this.sockets.inTcpipThread(thread, () => this.stop());
    const { renewal } = storage;
    if (renewal === null) return;
    yield* this.defaultLoop.with((loop) => loop.unregister(thread, IP_EVENT, renewal.event, renewal.handler));
  }

  private onSync(tv: timeval): void {
    const { storage } = this;
    if (storage?.sync_sem != null) {
      storage.sync_sem.isGiven = true;
      if (storage.sync_sem.waiters.head !== null) {
        this.sockets.sys.wake(storage.sync_sem.waiters);
        this.sockets.sys.preemptIfHigher();
      }
    }
    storage?.sync_cb?.(tv);
  }

  /**
   * Wait for the next synchronisation, or take note of one that has happened since the last wait.
   * @param ticks Infinity for ever
   * @returns ESP_OK, ESP_ERR_TIMEOUT, ESP_ERR_NOT_FINISHED while adjtime() is at work, ESP_ERR_INVALID_STATE
   */
  *syncWait(thread: SysThread, ticks: number): Op<esp_err_t> {
    const sem = this.storage?.sync_sem;
    if (sem == null) return ESP_ERR_INVALID_STATE;
    const { sys } = this.sockets;
    const deadlineUs = ticks === Number.POSITIVE_INFINITY ? ticks : sys.deadline(ticks);
    while (!sem.isGiven) {
      if (!sys.block(thread, sem.waiters, deadlineUs)) return ESP_ERR_TIMEOUT;
      yield;
    }
    sem.isGiven = false;
    const isSmooth = this.sync_mode === SNTP_SYNC_MODE_SMOOTH;
    return isSmooth && this.sntp_get_sync_status() === SNTP_SYNC_STATUS_IN_PROGRESS ? ESP_ERR_NOT_FINISHED : ESP_OK;
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE */
  reachability(index: number, out: { value: number } | null): esp_err_t {
    const server = this.sntp.servers[index];
    if (server === undefined || out === null) return ESP_ERR_INVALID_ARG;
    if (this.storage === null || this.sntp.pcb === null) return ESP_ERR_INVALID_STATE;
    out.value = server.reachability;
    return ESP_OK;
  }
}
