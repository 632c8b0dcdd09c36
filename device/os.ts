/** What a program sees of its board: socket calls and FreeRTOS calls, with C's names, arguments and results. */

import {
  checkOptionValue,
  type fd_set,
  formatSockaddr,
  htonl,
  IPPROTO_IP,
  inet_ntoa,
  lwip_accept,
  lwip_bind,
  lwip_close,
  lwip_connect,
  lwip_fcntl,
  lwip_getpeername,
  lwip_getsockname,
  lwip_getsockopt,
  lwip_ioctl,
  lwip_listen,
  lwip_poll,
  lwip_readv,
  lwip_recvfrom,
  lwip_recvmsg,
  lwip_select,
  lwip_send,
  lwip_sendmsg,
  lwip_sendto,
  lwip_setsockopt,
  lwip_shutdown,
  lwip_socket,
  lwip_writev,
  type msghdr,
  O_NONBLOCK,
  type Op,
  poll,
  type pollfd,
  SIZEOF_SOCKADDR_IN,
  type Sockets,
  type SockoptOut,
  type SockoptValue,
  sizeofOption,
  type sockaddr_in,
  type timeval,
} from '../sockets/index.ts';
import {
  domainName,
  fcntlName,
  flagNames,
  howName,
  ioctlName,
  levelName,
  optionName,
  typeName,
} from '../sockets/names.ts';
import { dhcp_inform, dhcp_release_and_stop, dhcp_renew } from '../stack/dhcp.ts';
import { dns_setserver } from '../stack/dns.ts';
import { ERR_OK, type err_t } from '../stack/err.ts';
import type { Call } from './call.ts';
import { ESP_OK, type esp_err_t } from './esp_err.ts';
import type { EspNetif } from './esp_netif.ts';
import type { Esp32, TaskOptions } from './esp32.ts';
import type { Task } from './freertos.ts';
import { type DhcpServerOptions, dhcpsOptions, parseIp } from './netif_config.ts';
import type { Program, ProgramRunner } from './program.ts';
import type { CallRecord, Trace } from './trace.ts';
import { utf8 } from './utf8.ts';

/** Network order, as in_addr.s_addr. */
export interface esp_ip4_addr_t {
  addr: number;
}

export interface esp_netif_ip_info_t {
  ip: esp_ip4_addr_t;
  netmask: esp_ip4_addr_t;
  gw: esp_ip4_addr_t;
}

/** Data to send: bytes, or text, which goes out as UTF-8. */
export type Data = Uint8Array | string;

/** How a traced call is completed: what only its return tells. */
type OnReturn = (record: CallRecord, ret: number) => void;

/**
 * The operating system as one task sees it. Every call that lwIP or FreeRTOS may suspend returns a Call: `await` it in
 * an async program, `yield*` it in a generator program, one at a time.
 */
export class Os {
  readonly board: Esp32;
  readonly task: Task;
  private readonly runner: ProgramRunner;
  private readonly sockets: Sockets;

  /** Made by the board for each task. */
  constructor(board: Esp32, task: Task, runner: ProgramRunner) {
    this.board = board;
    this.task = task;
    this.runner = runner;
    this.sockets = board.sockets;
  }

  /** errno of this task: what the last failed call left. */
  get errno(): number {
    return this.task.errno;
  }

  set errno(value: number) {
    this.task.errno = value;
  }

  // Sockets

  /** @returns a descriptor (54..63), or -1: EINVAL, ENOBUFS, ENFILE */
  socket(domain: number, type: number, protocol = IPPROTO_IP): Call<number> {
    return this.begin(
      'socket',
      -1,
      this.traced && [domainName(domain), typeName(type), protocol],
      lwip_socket(this.sockets, this.task, domain, type, protocol),
    );
  }

  /** @returns 0, or -1: EBADF, EINVAL, EADDRINUSE, ... */
  bind(s: number, name: sockaddr_in, namelen = SIZEOF_SOCKADDR_IN): Call<number> {
    return this.begin(
      'bind',
      s,
      this.traced && [s, formatSockaddr(name)],
      lwip_bind(this.sockets, this.task, s, name, namelen),
    );
  }

  /** Make a TCP socket passive. @param backlog connections that may wait for accept() */
  listen(s: number, backlog: number): Call<number> {
    return this.begin('listen', s, this.traced && [s, backlog], lwip_listen(this.sockets, this.task, s, backlog));
  }

  /** Wait for a connection. @param addr filled with the peer's address  @returns a new descriptor, or -1 */
  accept(s: number, addr: sockaddr_in | null = null): Call<number> {
    const op = lwip_accept(this.sockets, this.task, s, addr);
    return this.begin('accept', s, this.traced && [s], op, this.traced && addressOnSuccess(addr));
  }

  /** @returns 0, or -1: ECONNRESET if refused, ECONNABORTED if nobody answers, EINPROGRESS if non-blocking */
  connect(s: number, name: sockaddr_in, namelen = SIZEOF_SOCKADDR_IN): Call<number> {
    const args = this.traced && [s, formatSockaddr(name)];
    return this.begin('connect', s, args, lwip_connect(this.sockets, this.task, s, name, namelen));
  }

  /** @param how SHUT_RD, SHUT_WR or SHUT_RDWR */
  shutdown(s: number, how: number): Call<number> {
    return this.begin('shutdown', s, this.traced && [s, howName(how)], lwip_shutdown(this.sockets, this.task, s, how));
  }

  close(s: number): Call<number> {
    return this.begin('close', s, this.traced && [s], lwip_close(this.sockets, this.task, s));
  }

  /** @returns bytes taken, or -1 */
  send(s: number, data: Data, size = byteLength(data), flags = 0): Call<number> {
    const bytes = toBytes(data);
    checkLength('send', bytes, size);
    const op = lwip_send(this.sockets, this.task, s, bytes, size, flags);
    return this.begin('send', s, this.traced && [s, size, ...flagArg(flags)], op, this.traced && dataSent(bytes));
  }

  write(s: number, data: Data, size = byteLength(data)): Call<number> {
    const bytes = toBytes(data);
    checkLength('write', bytes, size);
    return this.begin(
      'write',
      s,
      this.traced && [s, size],
      lwip_send(this.sockets, this.task, s, bytes, size, 0),
      this.traced && dataSent(bytes),
    );
  }

  /** @param to null: the connected peer */
  sendto(s: number, data: Data, size: number, flags: number, to: sockaddr_in | null): Call<number> {
    const bytes = toBytes(data);
    checkLength('sendto', bytes, size);
    const op = lwip_sendto(this.sockets, this.task, s, bytes, size, flags, to);
    const args = this.traced && [s, size, ...flagArg(flags), to === null ? 'NULL' : formatSockaddr(to)];
    return this.begin('sendto', s, args, op, this.traced && dataSent(bytes));
  }

  sendmsg(s: number, msg: msghdr, flags = 0): Call<number> {
    return this.begin(
      'sendmsg',
      s,
      this.traced && [s, ...flagArg(flags)],
      lwip_sendmsg(this.sockets, this.task, s, msg, flags),
    );
  }

  writev(s: number, iov: Uint8Array[]): Call<number> {
    return this.begin('writev', s, this.traced && [s, iov.length], lwip_writev(this.sockets, this.task, s, iov));
  }

  /** @returns bytes received; 0 if the peer has closed; -1: ECONNRESET, EWOULDBLOCK, ENOTCONN, ... */
  recv(s: number, mem: Uint8Array, len = mem.length, flags = 0): Call<number> {
    checkLength('recv', mem, len);
    const op = lwip_recvfrom(this.sockets, this.task, s, mem, len, flags, null);
    return this.begin(
      'recv',
      s,
      this.traced && [s, len, ...flagArg(flags)],
      op,
      this.traced && dataReceived(mem, null),
    );
  }

  read(s: number, mem: Uint8Array, len = mem.length): Call<number> {
    checkLength('read', mem, len);
    const op = lwip_recvfrom(this.sockets, this.task, s, mem, len, 0, null);
    return this.begin('read', s, this.traced && [s, len], op, this.traced && dataReceived(mem, null));
  }

  /** @param from filled with the sender's address */
  recvfrom(s: number, mem: Uint8Array, len: number, flags: number, from: sockaddr_in | null = null): Call<number> {
    checkLength('recvfrom', mem, len);
    const op = lwip_recvfrom(this.sockets, this.task, s, mem, len, flags, from);
    return this.begin(
      'recvfrom',
      s,
      this.traced && [s, len, ...flagArg(flags)],
      op,
      this.traced && dataReceived(mem, from),
    );
  }

  recvmsg(s: number, msg: msghdr | null, flags = 0): Call<number> {
    return this.begin(
      'recvmsg',
      s,
      this.traced && [s, ...flagArg(flags)],
      lwip_recvmsg(this.sockets, this.task, s, msg, flags),
    );
  }

  readv(s: number, iov: Uint8Array[]): Call<number> {
    return this.begin('readv', s, this.traced && [s, iov.length], lwip_readv(this.sockets, this.task, s, iov));
  }

  /** @param value int, or the object that stands for the option's struct  @param optlen as a C program would pass it */
  setsockopt(
    s: number,
    level: number,
    optname: number,
    value: SockoptValue,
    optlen = sizeofOption(level, optname),
  ): Call<number> {
    checkOptionValue(level, optname, value);
    const op = lwip_setsockopt(this.sockets, this.task, s, level, optname, value, optlen);
    const args = this.traced && [s, levelName(level), optionName(level, optname), optionText(value)];
    return this.begin('setsockopt', s, args, op);
  }

  getsockopt(
    s: number,
    level: number,
    optname: number,
    out: SockoptOut,
    optlen = sizeofOption(level, optname),
  ): Call<number> {
    const op = lwip_getsockopt(this.sockets, this.task, s, level, optname, out, optlen);
    const args = this.traced && [s, levelName(level), optionName(level, optname)];
    return this.begin('getsockopt', s, args, op);
  }

  fcntl(s: number, cmd: number, val = 0): Call<number> {
    return this.begin(
      'fcntl',
      s,
      this.traced && [s, fcntlName(cmd), val === O_NONBLOCK ? 'O_NONBLOCK' : val],
      lwip_fcntl(this.sockets, this.task, s, cmd, val),
    );
  }

  ioctl(s: number, cmd: number, argp: { value: number }): Call<number> {
    return this.begin(
      'ioctl',
      s,
      this.traced && [s, ioctlName(cmd), argp.value],
      lwip_ioctl(this.sockets, this.task, s, cmd, argp),
    );
  }

  /** The sets are changed to what is ready. @param nfds highest descriptor + 1  @param timeout null: for ever */
  select(
    nfds: number,
    readset: fd_set | null,
    writeset: fd_set | null,
    exceptset: fd_set | null,
    timeout: timeval | null,
  ): Call<number> {
    checkTimeval('select', timeout);
    const op = lwip_select(this.sockets, this.task, nfds, readset, writeset, exceptset, timeout);
    return this.begin('select', -1, this.traced && selectArgs(nfds, readset, writeset, timeout), op);
  }

  /** ESP-IDF's poll(). @param timeout milliseconds, negative for ever */
  poll(fds: pollfd[], timeout: number): Call<number> {
    return this.begin(
      'poll',
      -1,
      this.traced && [fds.map((p) => p.fd).join(' '), timeout],
      poll(this.sockets, this.task, fds, timeout),
    );
  }

  /** lwIP's own poll(). */
  lwip_poll(fds: pollfd[], timeout: number): Call<number> {
    const args = this.traced && [fds.map((p) => p.fd).join(' '), timeout];
    return this.begin('lwip_poll', -1, args, lwip_poll(this.sockets, this.task, fds, timeout));
  }

  getsockname(s: number, name: sockaddr_in): Call<number> {
    const op = lwip_getsockname(this.sockets, this.task, s, name);
    return this.begin('getsockname', s, this.traced && [s], op, this.traced && addressOnSuccess(name));
  }

  getpeername(s: number, name: sockaddr_in): Call<number> {
    const op = lwip_getpeername(this.sockets, this.task, s, name);
    return this.begin('getpeername', s, this.traced && [s], op, this.traced && addressOnSuccess(name));
  }

  // FreeRTOS

  /** Ticks since boot. */
  xTaskGetTickCount(): number {
    return this.board.sys.ticks;
  }

  /** @returns whole ticks in so many milliseconds, rounded down: at 100 Hz, pdMS_TO_TICKS(5) is 0 */
  pdMS_TO_TICKS(ms: number): number {
    return this.board.sys.fetchTicks(ms);
  }

  /** Wait for so many ticks; 0 lets tasks of the same priority run. */
  vTaskDelay(xTicksToDelay: number): Call<number> {
    checkDelay('vTaskDelay', xTicksToDelay);
    return this.begin('vTaskDelay', -1, this.traced && [xTicksToDelay], this.delay(xTicksToDelay));
  }

  /** vTaskDelay(pdMS_TO_TICKS(ms)). */
  delayMs(ms: number): Call<number> {
    checkDelay('delayMs', ms);
    return this.begin('delayMs', -1, this.traced && [ms], this.delay(this.pdMS_TO_TICKS(ms)));
  }

  taskYIELD(): Call<number> {
    return this.begin('taskYIELD', -1, this.traced && [], this.delay(0));
  }

  /** Start another task on this board. It runs at once if its priority is higher. */
  xTaskCreate(program: Program<Os>, name: string, options: TaskOptions = {}): Call<Task> {
    const { board } = this;
    const { scheduler } = board;
    const create = function* (): Op<Task> {
      const task = board.createChild(program, name, options);
      scheduler.makeReady(task);
      if (scheduler.switchPending) yield;
      return task;
    };
    return this.begin('xTaskCreate', -1, this.traced && [name], create());
  }

  /** End a task; without argument this one, which never returns. */
  vTaskDelete(xTaskToDelete: Task = this.task): Call<number> {
    const { scheduler } = this.board;
    const { task } = this;
    const remove = function* (): Op<number> {
      scheduler.remove(xTaskToDelete);
      while (xTaskToDelete === task) yield;
      return 0;
    };
    return this.begin('vTaskDelete', -1, this.traced && [xTaskToDelete.name], remove());
  }

  // The interface, through the tcpip thread as esp_netif does it

  /** The link goes down, and with it the cable unless `cableOnly` says that the stack must not hear of it. */
  linkDown({ cableOnly = false } = {}): Call<number> {
    return this.begin('linkDown', -1, this.traced && [], this.board.setLink(this.task, false, cableOnly));
  }

  linkUp({ cableOnly = false } = {}): Call<number> {
    return this.begin('linkUp', -1, this.traced && [], this.board.setLink(this.task, true, cableOnly));
  }

  /** esp_netif_down(): address gone, connections aborted. */
  netifDown(): Call<esp_err_t> {
    return this.begin('netifDown', -1, this.traced && [], this.board.setNetif(this.task, false));
  }

  /** esp_netif_action_connected(): up, with the address that the interface had, or with DHCP. */
  netifUp(): Call<esp_err_t> {
    return this.begin('netifUp', -1, this.traced && [], this.board.setNetif(this.task, true));
  }

  /** The station is connected to its access point: the cable is plugged in, then netifUp(). */
  staConnected(): Call<esp_err_t> {
    return this.begin('staConnected', -1, this.traced && [], this.board.setStation(this.task, true));
  }

  /** The station has lost its access point: the cable is pulled, then netifDown(). */
  staDisconnected(): Call<esp_err_t> {
    return this.begin('staDisconnected', -1, this.traced && [], this.board.setStation(this.task, false));
  }

  /** Wait until the interface has an address. @returns 0, or -1 after `ms` (rounded down to ticks) without one */
  waitIp(ms = Number.POSITIVE_INFINITY): Call<number> {
    const op = this.board.esp_netif.waitIp(this.task, this.pdMS_TO_TICKS(ms));
    return this.begin('waitIp', -1, this.traced && [ms], op);
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPC_START_FAILED */
  esp_netif_dhcpc_start(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcpc_start', [], (n) => n.esp_netif_dhcpc_start());
  }

  /** The address is given back. @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcpc_stop(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcpc_stop', [], (n) => n.esp_netif_dhcpc_stop());
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED, ESP_ERR_ESP_NETIF_DHCPS_START_FAILED */
  esp_netif_dhcps_start(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcps_start', [], (n) => n.esp_netif_dhcps_start());
  }

  /** @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED */
  esp_netif_dhcps_stop(): Call<esp_err_t> {
    return this.onNetif('esp_netif_dhcps_stop', [], (n) => n.esp_netif_dhcps_stop());
  }

  /** Change what the DHCP server gives. @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED */
  dhcpsOption(options: DhcpServerOptions): Call<esp_err_t> {
    const changes = dhcpsOptions(options);
    return this.onNetif('dhcpsOption', [], (n) => n.dhcpsOption(changes));
  }

  /** The interface's addresses while it is up, else the stored ones. @param ip_info filled in, network order */
  esp_netif_get_ip_info(ip_info: esp_netif_ip_info_t): Call<esp_err_t> {
    const { esp_netif } = this.board;
    // biome-ignore lint/correctness/useYield: a call like all others, though it never waits.
    const get = function* (): Op<esp_err_t> {
      const { ip, netmask, gw } = esp_netif.esp_netif_get_ip_info();
      ip_info.ip.addr = htonl(ip);
      ip_info.netmask.addr = htonl(netmask);
      ip_info.gw.addr = htonl(gw);
      return ESP_OK;
    };
    return this.begin('esp_netif_get_ip_info', -1, this.traced && [], get());
  }

  /** Used by the next DHCP message. @returns ESP_OK, ESP_ERR_ESP_NETIF_INVALID_PARAMS for more than 32 characters */
  esp_netif_set_hostname(hostname: string): Call<esp_err_t> {
    return this.onNetif('esp_netif_set_hostname', [hostname], (n) => n.esp_netif_set_hostname(hostname));
  }

  /** Set a name server of the resolver. @param numdns 0 main, 1 backup, 2 fallback  @param dnsserver dotted decimal */
  dns_setserver(numdns: number, dnsserver: string): Call<number> {
    const addr = parseIp('dnsserver', dnsserver);
    return this.onNetif('dns_setserver', [numdns, dnsserver], (n) => {
      dns_setserver(n.netif.stack, numdns, addr);
      return 0;
    });
  }

  /** lwIP's own function, behind esp_netif's back: give the address back and stop. @returns ERR_OK */
  dhcp_release_and_stop(): Call<err_t> {
    return this.onNetif('dhcp_release_and_stop', [], (n) => {
      dhcp_release_and_stop(n.netif);
      return ERR_OK;
    });
  }

  /** lwIP's own function: prolong the lease now. @returns err_t of lwIP, ERR_ARG if the client does not run */
  dhcp_renew(): Call<err_t> {
    return this.onNetif('dhcp_renew', [], (n) => dhcp_renew(n.netif));
  }

  /** lwIP's own function: tell DHCP servers about a static address. @returns ERR_OK */
  dhcp_inform(): Call<err_t> {
    return this.onNetif('dhcp_inform', [], (n) => {
      dhcp_inform(n.netif);
      return ERR_OK;
    });
  }

  private onNetif(fn: string, args: (number | string)[], action: (esp_netif: EspNetif) => number): Call<number> {
    return this.begin(fn, -1, this.traced && args, this.board.onNetif(this.task, action));
  }

  /** esp_netif_set_ip_info(). @param ip,netmask,gw dotted decimal  @returns ESP_OK, ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED */
  setIp(ip: string, netmask: string, gw: string): Call<esp_err_t> {
    return this.begin('setIp', -1, this.traced && [ip, netmask, gw], this.board.setAddress(this.task, ip, netmask, gw));
  }

  private *delay(ticks: number): Op<number> {
    const { board, task } = this;
    if (ticks > 0) board.scheduler.block(task, null, board.sys.deadline(ticks));
    else board.scheduler.makeReady(task);
    yield;
    return 0;
  }

  private get traced(): boolean {
    return this.board.trace !== null;
  }

  private begin<T>(
    fn: string,
    fd: number,
    args: readonly (number | string)[] | false,
    op: Op<T>,
    onReturn: OnReturn | false = false,
  ): Call<T> {
    const { trace } = this.board;
    if (trace === null || args === false) return this.runner.begin(this.task, fn, fd, op, null);
    return this.beginTraced(trace, fn, fd, args, op, onReturn);
  }

  private beginTraced<T>(
    trace: Trace,
    fn: string,
    fd: number,
    args: readonly (number | string)[],
    op: Op<T>,
    onReturn: OnReturn | false,
  ): Call<T> {
    const { board, task } = this;
    const record: CallRecord = {
      kind: 'call',
      n0: board.takeNumber(),
      n1: -1,
      t0Us: board.scheduler.nowUs,
      t1Us: -1,
      board: board.name,
      task: task.name,
      fn,
      args,
      ret: undefined,
      errno: 0,
      addr: '',
      data: undefined,
    };
    trace.addCall(record);
    task.callNumber = record.n0;
    // A call leaves errno alone unless it fails, or receives the end of a stream: what it wrote shows by contrast.
    const before = task.errno;
    task.errno = 0;
    return this.runner.begin(task, fn, fd, op, (value) => {
      const ret = typeof value === 'number' ? value : 0;
      record.n1 = board.takeNumber();
      record.t1Us = board.scheduler.nowUs;
      record.ret = ret;
      record.errno = task.errno;
      if (task.errno === 0) task.errno = before;
      if (onReturn !== false) onReturn(record, ret);
    });
  }
}

function checkDelay(fn: string, time: number): void {
  if (!Number.isInteger(time) || time < 0) throw new RangeError(`${fn}() takes a whole number from 0 on, not ${time}.`);
}

function checkTimeval(fn: string, timeout: timeval | null): void {
  if (timeout === null || (Number.isInteger(timeout.tv_sec) && Number.isInteger(timeout.tv_usec))) return;
  throw new TypeError(`${fn}() takes a time-out of whole seconds and microseconds { tv_sec, tv_usec }, or null.`);
}

/** In C a length beyond the buffer reads or writes somebody else's memory; here it is refused. */
function checkLength(fn: string, buffer: Uint8Array, length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > buffer.length) {
    throw new RangeError(`${fn}() was given a buffer of ${buffer.length} bytes and a length of ${length}.`);
  }
}

function byteLength(data: Data): number {
  return toBytes(data).length;
}

function toBytes(data: Data): Uint8Array {
  return typeof data === 'string' ? utf8(data) : data;
}

function flagArg(flags: number): (number | string)[] {
  return flags === 0 ? [] : [flagNames(flags)];
}

/** "1", "{2, 500000}", "en1" */
function optionText(value: SockoptValue): number | string {
  if (typeof value !== 'object') return value;
  if ('s_addr' in value) return inet_ntoa(value);
  if ('imr_multiaddr' in value) return `{${inet_ntoa(value.imr_multiaddr)}, ${inet_ntoa(value.imr_interface)}}`;
  return 'tv_sec' in value ? `{${value.tv_sec}, ${value.tv_usec}}` : `{${value.l_onoff}, ${value.l_linger}}`;
}

function addressOnSuccess(name: sockaddr_in | null): OnReturn {
  return (record, ret) => {
    if (ret >= 0 && name !== null) record.addr = formatSockaddr(name);
  };
}

function dataSent(bytes: Uint8Array): OnReturn {
  return (record, ret) => {
    if (ret > 0) record.data = bytes.slice(0, ret);
  };
}

function dataReceived(mem: Uint8Array, from: sockaddr_in | null): OnReturn {
  return (record, ret) => {
    if (ret >= 0) record.data = mem.slice(0, ret);
    if (ret >= 0 && from !== null) record.addr = formatSockaddr(from);
  };
}

function selectArgs(
  nfds: number,
  readset: fd_set | null,
  writeset: fd_set | null,
  timeout: timeval | null,
): (number | string)[] {
  const list = (set: fd_set | null) => (set === null ? 'NULL' : `{${set.toArray().join(' ')}}`);
  const time = timeout === null ? 'NULL' : `${timeout.tv_sec}.${String(timeout.tv_usec).padStart(6, '0')} s`;
  return [nfds, list(readset), list(writeset), time];
}
