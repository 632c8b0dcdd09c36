/** The ops of a task: their forms, and how they are read from a scenario file. */

import type { DhcpServerOptions } from '../../device/index.ts';
import * as lwip from '../../sockets/index.ts';
import {
  asFlag,
  asHex,
  asInt,
  asIp,
  asIps,
  asList,
  asNamed,
  asObject,
  asString,
  fail,
  isObject,
  type Json,
  type Names,
} from './check.ts';

/** A socket of a task: the name of a variable that all tasks of a host share, or a literal descriptor. */
export type SocketRef = string | number;

/** Bytes to send: `size` bytes of the variable's pattern stream, or the bytes themselves. */
export type Payload = { readonly size: number } | { readonly bytes: Uint8Array };

/** Address and port as the scenario spells them: a dotted quad, or any, broadcast, unspec. */
export type Endpoint = readonly [ip: string, port: number];

/** How the value of a socket option is written: a number, milliseconds of a timeval, [onoff, seconds], the dotted quad
 *  of an interface, [group, interface], the name of an interface. */
export type OptionKind = 'int' | 'ms' | 'linger' | 'address' | 'membership' | 'device';

/** A socket option: as the scenario spells it (its name, or [level, number] of one that need not exist) and its numbers. */
export interface OptionRef {
  readonly spelling: string | readonly number[];
  readonly level: number;
  readonly optname: number;
  readonly kind: OptionKind;
}

/** What an option is set to: as the scenario spells it, and in the form that setsockopt() takes. */
export interface OptionValue {
  readonly spelling: unknown;
  readonly value: lwip.SockoptValue;
}

/** One step of a task. */
export type Op =
  | {
      readonly op: 'socket';
      readonly v: string;
      readonly domain: number;
      readonly type: number;
      readonly proto: number;
    }
  | { readonly op: 'bind'; readonly v: SocketRef; readonly addr: Endpoint; readonly addrlen: number | undefined }
  | { readonly op: 'connect'; readonly v: SocketRef; readonly addr: Endpoint }
  | { readonly op: 'listen'; readonly v: SocketRef; readonly backlog: number }
  | { readonly op: 'accept'; readonly v: SocketRef; readonly into: string; readonly noaddr: boolean }
  | { readonly op: 'close' | 'getsockname' | 'getpeername'; readonly v: SocketRef }
  | { readonly op: 'shutdown'; readonly v: SocketRef; readonly how: number }
  | { readonly op: 'send' | 'write'; readonly v: SocketRef; readonly data: Payload; readonly flags: number }
  | { readonly op: 'recv' | 'read' | 'recvfrom'; readonly v: SocketRef; readonly len: number; readonly flags: number }
  | {
      readonly op: 'sendall' | 'recvn';
      readonly v: SocketRef;
      readonly total: number;
      readonly chunk: number;
      readonly loop: LoopOptions;
    }
  | { readonly op: 'recvall'; readonly v: SocketRef; readonly chunk: number; readonly loop: LoopOptions }
  | { readonly op: 'echo'; readonly v: SocketRef; readonly chunk: number }
  | { readonly op: 'writev'; readonly v: SocketRef; readonly lens: readonly number[] }
  | { readonly op: 'readv'; readonly v: SocketRef; readonly lens: readonly number[] }
  | {
      readonly op: 'sendmsg';
      readonly v: SocketRef;
      readonly lens: readonly number[];
      readonly flags: number;
      readonly to: Endpoint | undefined;
    }
  | {
      readonly op: 'recvmsg';
      readonly v: SocketRef;
      readonly lens: readonly number[];
      readonly flags: number;
      /** Ask for the sender's address. */
      readonly from: boolean;
    }
  | {
      readonly op: 'sendto';
      readonly v: SocketRef;
      readonly data: Payload;
      readonly to: Endpoint | null;
      readonly flags: number;
    }
  | {
      readonly op: 'setsockopt';
      readonly v: SocketRef;
      readonly opt: OptionRef;
      readonly value: OptionValue;
      readonly optlen: number | undefined;
    }
  | { readonly op: 'getsockopt'; readonly v: SocketRef; readonly opt: OptionRef; readonly optlen: number | undefined }
  | { readonly op: 'fcntl'; readonly v: SocketRef; readonly cmd: number; readonly value: number }
  | {
      readonly op: 'ioctl';
      readonly v: SocketRef;
      readonly name: string;
      readonly request: number;
      readonly value: number;
    }
  | {
      readonly op: 'select';
      readonly read: readonly SocketRef[] | null;
      readonly write: readonly SocketRef[] | null;
      readonly except: readonly SocketRef[] | null;
      readonly timeoutMs: number | null;
      readonly nfds: number | undefined;
    }
  | {
      readonly op: 'poll' | 'lwip_poll';
      readonly fds: readonly { readonly v: SocketRef; readonly events: string; readonly bits: number }[];
      readonly timeoutMs: number;
    }
  | { readonly op: 'sleep_ms'; readonly ms: number }
  | { readonly op: 'yield' | 'netif_down' | 'netif_up' }
  | { readonly op: 'repeat'; readonly times: number; readonly ops: readonly Op[] }
  | { readonly op: 'link_down' | 'link_up'; readonly cableOnly: boolean }
  | { readonly op: 'set_ip'; readonly ip: string; readonly netmask: string; readonly gw: string }
  | { readonly op: EspOp }
  | { readonly op: DhcpOp }
  | { readonly op: 'get_ip' }
  /** `spelling`: the options as the scenario and the record have them. */
  | { readonly op: 'dhcps_option'; readonly spelling: unknown; readonly options: DhcpServerOptions }
  | { readonly op: 'set_hostname'; readonly name: string }
  | { readonly op: 'wait_ip'; readonly ms: number }
  | { readonly op: 'set_dns'; readonly index: number; readonly ip: string }
  | { readonly op: 'dns_clear_cache' }
  | { readonly op: 'gethostbyname'; readonly name: string }
  | {
      readonly op: 'getaddrinfo';
      readonly node: string | null;
      readonly service: string | null;
      /** As the scenario and the record have them; null: no hints. */
      readonly spelling: unknown;
      readonly hints: lwip.AddrinfoHints | null;
    };

/** Ops without arguments that give an esp_err_t. */
export type EspOp = 'dhcp_start' | 'dhcp_stop' | 'dhcps_start' | 'dhcps_stop' | 'sta_connected' | 'sta_disconnected';

/** lwIP's own DHCP functions, which give an err_t. */
export type DhcpOp = 'dhcp_release_and_stop' | 'dhcp_renew' | 'dhcp_inform';

/** Options of the ops that call in a loop. */
export interface LoopOptions {
  readonly flags: number;
  /** Milliseconds to sleep after every successful call, the last one included; 0: no sleep. */
  readonly sleepMs: number;
  /** Milliseconds to sleep before a send that failed with EAGAIN is repeated; 0: EAGAIN ends the loop. */
  readonly onEagainSleepMs: number;
}

const SOCKET_TYPES: Names = { tcp: lwip.SOCK_STREAM, udp: lwip.SOCK_DGRAM, raw: lwip.SOCK_RAW };
const PROTOCOLS: Names = { ip: 0, icmp: 1, igmp: 2, tcp: 6, udp: 17 };
const DOMAINS: Names = { AF_UNSPEC: lwip.AF_UNSPEC, AF_INET: lwip.AF_INET, AF_INET6: lwip.AF_INET6 };
const SHUTDOWN: Names = { rd: lwip.SHUT_RD, wr: lwip.SHUT_WR, rdwr: lwip.SHUT_RDWR };
const FCNTL: Names = { F_GETFL: lwip.F_GETFL, F_SETFL: lwip.F_SETFL };
const STATUS_FLAGS: Names = { O_NONBLOCK: lwip.O_NONBLOCK };
const REQUESTS: Names = { FIONREAD: lwip.FIONREAD, FIONBIO: lwip.FIONBIO };
const MSG_FLAGS: Names = {
  MSG_PEEK: lwip.MSG_PEEK,
  MSG_WAITALL: lwip.MSG_WAITALL,
  MSG_OOB: lwip.MSG_OOB,
  MSG_DONTWAIT: lwip.MSG_DONTWAIT,
  MSG_MORE: lwip.MSG_MORE,
  MSG_NOSIGNAL: lwip.MSG_NOSIGNAL,
};

const AI_FLAGS: Names = {
  AI_PASSIVE: lwip.AI_PASSIVE,
  AI_CANONNAME: lwip.AI_CANONNAME,
  AI_NUMERICHOST: lwip.AI_NUMERICHOST,
  AI_NUMERICSERV: lwip.AI_NUMERICSERV,
  AI_V4MAPPED: lwip.AI_V4MAPPED,
  AI_ALL: lwip.AI_ALL,
  AI_ADDRCONFIG: lwip.AI_ADDRCONFIG,
};

const OPTIONS = new Map<string, readonly [level: number, optname: number, kind: OptionKind]>([
  ['SO_DEBUG', [lwip.SOL_SOCKET, lwip.SO_DEBUG, 'int']],
  ['SO_ACCEPTCONN', [lwip.SOL_SOCKET, lwip.SO_ACCEPTCONN, 'int']],
  ['SO_REUSEADDR', [lwip.SOL_SOCKET, lwip.SO_REUSEADDR, 'int']],
  ['SO_KEEPALIVE', [lwip.SOL_SOCKET, lwip.SO_KEEPALIVE, 'int']],
  ['SO_BROADCAST', [lwip.SOL_SOCKET, lwip.SO_BROADCAST, 'int']],
  ['SO_LINGER', [lwip.SOL_SOCKET, lwip.SO_LINGER, 'linger']],
  ['SO_REUSEPORT', [lwip.SOL_SOCKET, lwip.SO_REUSEPORT, 'int']],
  ['SO_SNDBUF', [lwip.SOL_SOCKET, lwip.SO_SNDBUF, 'int']],
  ['SO_RCVBUF', [lwip.SOL_SOCKET, lwip.SO_RCVBUF, 'int']],
  ['SO_SNDTIMEO', [lwip.SOL_SOCKET, lwip.SO_SNDTIMEO, 'ms']],
  ['SO_RCVTIMEO', [lwip.SOL_SOCKET, lwip.SO_RCVTIMEO, 'ms']],
  ['SO_ERROR', [lwip.SOL_SOCKET, lwip.SO_ERROR, 'int']],
  ['SO_TYPE', [lwip.SOL_SOCKET, lwip.SO_TYPE, 'int']],
  ['SO_NO_CHECK', [lwip.SOL_SOCKET, lwip.SO_NO_CHECK, 'int']],
  ['SO_BINDTODEVICE', [lwip.SOL_SOCKET, lwip.SO_BINDTODEVICE, 'device']],
  ['IP_TOS', [lwip.IPPROTO_IP, lwip.IP_TOS, 'int']],
  ['IP_TTL', [lwip.IPPROTO_IP, lwip.IP_TTL, 'int']],
  ['IP_PKTINFO', [lwip.IPPROTO_IP, lwip.IP_PKTINFO, 'int']],
  ['IP_ADD_MEMBERSHIP', [lwip.IPPROTO_IP, lwip.IP_ADD_MEMBERSHIP, 'membership']],
  ['IP_DROP_MEMBERSHIP', [lwip.IPPROTO_IP, lwip.IP_DROP_MEMBERSHIP, 'membership']],
  ['IP_MULTICAST_TTL', [lwip.IPPROTO_IP, lwip.IP_MULTICAST_TTL, 'int']],
  ['IP_MULTICAST_IF', [lwip.IPPROTO_IP, lwip.IP_MULTICAST_IF, 'address']],
  ['IP_MULTICAST_LOOP', [lwip.IPPROTO_IP, lwip.IP_MULTICAST_LOOP, 'int']],
  ['TCP_NODELAY', [lwip.IPPROTO_TCP, lwip.TCP_NODELAY, 'int']],
  ['TCP_KEEPALIVE', [lwip.IPPROTO_TCP, lwip.TCP_KEEPALIVE, 'int']],
  ['TCP_KEEPIDLE', [lwip.IPPROTO_TCP, lwip.TCP_KEEPIDLE, 'int']],
  ['TCP_KEEPINTVL', [lwip.IPPROTO_TCP, lwip.TCP_KEEPINTVL, 'int']],
  ['TCP_KEEPCNT', [lwip.IPPROTO_TCP, lwip.TCP_KEEPCNT, 'int']],
]);

/** Events of poll() by the names that scenarios and records use, in the order in which records list them. */
export const POLL_EVENTS: Names = {
  IN: lwip.POLLIN,
  PRI: lwip.POLLPRI,
  OUT: lwip.POLLOUT,
  ERR: lwip.POLLERR,
  HUP: lwip.POLLHUP,
  NVAL: lwip.POLLNVAL,
};

const ANY: lwip.in_addr = { s_addr: lwip.INADDR_ANY };
const ADDRESS_NAMES = new Set(['any', 'broadcast', 'unspec']);

function asEndpoint(where: string, ip: unknown, port: unknown): Endpoint {
  const address = typeof ip === 'string' && ADDRESS_NAMES.has(ip) ? ip : asIp(where, ip);
  return [address, asInt(where, port, 0)];
}

function asSocket(where: string, value: unknown): SocketRef {
  if (typeof value === 'string' && value !== '') return value;
  return asInt(where, value);
}

function asSockets(where: string, value: unknown): readonly SocketRef[] | null {
  return value === null ? null : asList(where, value).map((v) => asSocket(where, v));
}

function asFlags(where: string, value: unknown): number {
  if (value === undefined) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, name) => sum | asNamed(where, name, MSG_FLAGS), 0);
  return asNamed(where, value, MSG_FLAGS);
}

function asPayload(where: string, value: unknown): Payload {
  if (typeof value === 'number') return { size: asInt(where, value, 0) };
  if (!isObject(value)) fail(where, 'a number of pattern bytes, {"hex"}, {"text"} or {"fill","len"} is expected');
  const keys = Object.keys(value).sort().join();
  if (keys === 'hex') return { bytes: asHex(where, value.hex) };
  if (keys === 'text') return { bytes: utf8(asString(where, value.text)) };
  if (keys === 'fill,len') {
    return { bytes: new Uint8Array(asInt(where, value.len, 0)).fill(asInt(where, value.fill, 0)) };
  }
  return fail(where, `unknown kind of data {${keys}}`);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function asOptionRef(where: string, value: unknown): OptionRef {
  if (typeof value === 'string') {
    const [level, optname, kind] = OPTIONS.get(value) ?? fail(where, `unknown option "${value}"`);
    return { spelling: value, level, optname, kind };
  }
  const pair = asList(where, value).map((part) => asInt(where, part));
  const [level, optname] = pair;
  if (level === undefined || optname === undefined || pair.length !== 2) {
    fail(where, 'the name of an option or [level, option] is expected');
  }
  return { spelling: pair, level, optname, kind: 'int' };
}

function asOptionValue(where: string, kind: OptionKind, spelling: unknown): OptionValue {
  const pair = () => {
    const list = asList(where, spelling);
    return list.length === 2 ? list : fail(where, 'a pair is expected');
  };
  switch (kind) {
    case 'int':
      return { spelling, value: asInt(where, spelling) };
    case 'ms':
      return { spelling, value: toTimeval(asInt(where, spelling)) };
    case 'linger': {
      const [onoff, linger] = pair().map((part) => asInt(where, part));
      return { spelling, value: { l_onoff: onoff ?? 0, l_linger: linger ?? 0 } };
    }
    case 'address':
      return { spelling, value: { s_addr: lwip.inet_addr(asIp(where, spelling)) } };
    case 'membership': {
      const [group, netif] = pair().map((part) => ({ s_addr: lwip.inet_addr(asIp(where, part)) }));
      return { spelling, value: { imr_multiaddr: group ?? ANY, imr_interface: netif ?? ANY } };
    }
    case 'device':
      return { spelling, value: asString(where, spelling) };
  }
}

/** Milliseconds as a struct timeval. */
export function toTimeval(ms: number): lwip.timeval {
  return { tv_sec: Math.trunc(ms / 1000), tv_usec: (ms % 1000) * 1000 };
}

function asHints(where: string, value: unknown): lwip.AddrinfoHints {
  const { family, socktype, protocol, flags } = asObject(where, value, ['family', 'socktype', 'protocol', 'flags']);
  const bits = asList(where, flags ?? []).reduce((sum: number, flag) => sum | asNamed(where, flag, AI_FLAGS), 0);
  return {
    ai_flags: bits,
    ai_family: asNamed(where, family ?? lwip.AF_UNSPEC, DOMAINS),
    ai_socktype: asNamed(where, socktype ?? 0, SOCKET_TYPES),
    ai_protocol: asNamed(where, protocol ?? 0, PROTOCOLS),
  };
}

/** What a DHCP server is to give: the value of the host option `dhcps`, the argument of the op dhcps_option. */
export function asDhcpServer(where: string, value: unknown): DhcpServerOptions {
  const { lease_min, start, end, router, dns_offer, dns, autostart } = asObject(where, value, DHCP_SERVER_OPTIONS);
  return {
    ...(lease_min !== undefined && { leaseMinutes: asInt(where, lease_min, 0) }),
    ...(start !== undefined && { start: asIp(where, start) }),
    ...(end !== undefined && { end: asIp(where, end) }),
    ...(router !== undefined && { offerRouter: asFlag(where, router) }),
    ...(dns_offer !== undefined && { offerDns: asFlag(where, dns_offer) }),
    ...(dns !== undefined && { dns: asIps(where, dns, 2) }),
    ...(autostart !== undefined && { autostart: asFlag(where, autostart) }),
  };
}

function asLens(where: string, value: unknown): readonly number[] {
  return asList(where, value).map((len) => asInt(where, len, 0));
}

/**
 * The arguments of one op: positional ones, then at most one object of options.
 * A positional argument may itself be an object (data), so the options are looked for only behind `max` of them.
 */
class OpArguments {
  private readonly where: string;
  private readonly positional: readonly unknown[];
  private readonly options: Json;

  constructor(where: string, op: readonly unknown[], min: number, max: number, optionKeys: readonly string[]) {
    this.where = where;
    const args = op.slice(1);
    const last = args.at(-1);
    const hasOptions = args.length > min && isObject(last);
    this.options = hasOptions ? asObject(where, last, optionKeys) : {};
    this.positional = hasOptions ? args.slice(0, -1) : args;
    const count = this.positional.length;
    if (count < min || count > max) {
      fail(where, `${count} arguments, but ${min === max ? min : `${min} to ${max}`} are expected`);
    }
  }

  at(index: number): unknown {
    return this.positional[index];
  }

  has(index: number): boolean {
    return index < this.positional.length;
  }

  option(key: string): unknown {
    return this.options[key];
  }

  socket(): SocketRef {
    return asSocket(this.where, this.at(0));
  }

  int(index: number, min?: number): number {
    return asInt(this.where, this.at(index), min);
  }

  optionalInt(key: string, min = Number.MIN_SAFE_INTEGER): number | undefined {
    const value = this.options[key];
    return value === undefined ? undefined : asInt(this.where, value, min);
  }

  flags(): number {
    return asFlags(this.where, this.options.flags);
  }

  loop(): LoopOptions {
    return {
      flags: this.flags(),
      sleepMs: this.optionalInt('sleep_ms', 0) ?? 0,
      onEagainSleepMs: this.optionalInt('on_eagain_sleep_ms', 0) ?? 0,
    };
  }
}

const DHCP_SERVER_OPTIONS = ['lease_min', 'start', 'end', 'router', 'dns_offer', 'dns', 'autostart'];
const LOOP_OPTIONS = ['flags', 'sleep_ms', 'on_eagain_sleep_ms'];

function parseOp(where: string, value: unknown): Op {
  const list = asList(where, value);
  const name = asString(where, list[0]);
  const at = `${where} ${name}`;
  const args = (min: number, max = min, options: readonly string[] = []) =>
    new OpArguments(at, list, min, max, options);
  switch (name) {
    case 'socket': {
      const a = args(2, 2, ['proto', 'domain']);
      const v = asString(at, a.at(0));
      const type = asNamed(at, a.at(1), SOCKET_TYPES);
      const proto = asNamed(at, a.option('proto') ?? 0, PROTOCOLS);
      return { op: name, v, domain: asNamed(at, a.option('domain') ?? lwip.AF_INET, DOMAINS), type, proto };
    }
    case 'bind': {
      const a = args(3, 3, ['addrlen']);
      const addr = asEndpoint(at, a.at(1), a.at(2));
      return { op: name, v: a.socket(), addr, addrlen: a.optionalInt('addrlen') };
    }
    case 'connect': {
      const a = args(3);
      return { op: name, v: a.socket(), addr: asEndpoint(at, a.at(1), a.at(2)) };
    }
    case 'listen': {
      const a = args(2);
      return { op: name, v: a.socket(), backlog: a.int(1) };
    }
    case 'accept': {
      const a = args(2, 2, ['noaddr']);
      return { op: name, v: a.socket(), into: asString(at, a.at(1)), noaddr: asFlag(at, a.option('noaddr') ?? 0) };
    }
    case 'close':
    case 'getsockname':
    case 'getpeername':
      return { op: name, v: args(1).socket() };
    case 'shutdown': {
      const a = args(2);
      return { op: name, v: a.socket(), how: asNamed(at, a.at(1), SHUTDOWN) };
    }
    case 'send':
    case 'write': {
      const a = args(2, 2, name === 'send' ? ['flags'] : []);
      return { op: name, v: a.socket(), data: asPayload(at, a.at(1)), flags: a.flags() };
    }
    case 'recv':
    case 'read':
    case 'recvfrom': {
      const a = args(2, 2, name === 'read' ? [] : ['flags']);
      return { op: name, v: a.socket(), len: a.int(1, 0), flags: a.flags() };
    }
    case 'sendall':
    case 'recvn': {
      const a = args(3, 3, LOOP_OPTIONS);
      return { op: name, v: a.socket(), total: a.int(1, 0), chunk: a.int(2, 1), loop: a.loop() };
    }
    case 'recvall': {
      const a = args(2, 2, LOOP_OPTIONS);
      return { op: name, v: a.socket(), chunk: a.int(1, 1), loop: a.loop() };
    }
    case 'echo': {
      const a = args(2);
      return { op: name, v: a.socket(), chunk: a.int(1, 1) };
    }
    case 'writev':
    case 'readv': {
      const a = args(2);
      return { op: name, v: a.socket(), lens: asLens(at, a.at(1)) };
    }
    case 'sendmsg': {
      const a = args(2, 2, ['flags', 'to']);
      const to = a.option('to') === undefined ? undefined : asList(at, a.option('to'));
      const lens = asLens(at, a.at(1));
      return { op: name, v: a.socket(), lens, flags: a.flags(), to: to && asEndpoint(at, to[0], to[1]) };
    }
    case 'recvmsg': {
      const a = args(2, 2, ['flags', 'from']);
      const from = asFlag(at, a.option('from') ?? 0);
      return { op: name, v: a.socket(), lens: asLens(at, a.at(1)), flags: a.flags(), from };
    }
    case 'sendto': {
      const a = args(2, 4, ['flags']);
      const to = a.has(2) ? asEndpoint(at, a.at(2), a.at(3)) : null;
      return { op: name, v: a.socket(), data: asPayload(at, a.at(1)), to, flags: a.flags() };
    }
    case 'setsockopt': {
      const a = args(3, 3, ['optlen']);
      const opt = asOptionRef(at, a.at(1));
      const value = asOptionValue(at, opt.kind, a.at(2));
      return { op: name, v: a.socket(), opt, value, optlen: a.optionalInt('optlen', 0) };
    }
    case 'getsockopt': {
      const a = args(2, 2, ['optlen']);
      return { op: name, v: a.socket(), opt: asOptionRef(at, a.at(1)), optlen: a.optionalInt('optlen', 0) };
    }
    case 'fcntl': {
      const a = args(2, 3);
      const val = a.has(2) ? asNamed(at, a.at(2), STATUS_FLAGS) : 0;
      return { op: name, v: a.socket(), cmd: asNamed(at, a.at(1), FCNTL), value: val };
    }
    case 'ioctl': {
      const a = args(2, 3);
      const request = asString(at, a.at(1));
      const code = /^0x[0-9a-f]+$/i.test(request) ? Number(request) : asNamed(at, request, REQUESTS);
      return { op: name, v: a.socket(), name: request, request: code, value: a.has(2) ? a.int(2) : 0 };
    }
    case 'select': {
      const a = args(4, 4, ['nfds']);
      return {
        op: name,
        read: asSockets(at, a.at(0)),
        write: asSockets(at, a.at(1)),
        except: asSockets(at, a.at(2)),
        timeoutMs: a.at(3) === null ? null : a.int(3),
        nfds: a.optionalInt('nfds'),
      };
    }
    case 'poll':
    case 'lwip_poll': {
      const a = args(2);
      const fds = asList(at, a.at(0)).map((entry) => {
        const [v, names, ...rest] = asList(at, entry);
        if (rest.length > 0) fail(at, `${JSON.stringify(entry)} is not a socket and its events`);
        const events = asString(at, names);
        const bits = events.split('|').reduce((sum, event) => sum | asNamed(at, event, POLL_EVENTS), 0);
        return { v: asSocket(at, v), events, bits };
      });
      return { op: name, fds, timeoutMs: a.int(1) };
    }
    case 'sleep_ms':
      return { op: name, ms: args(1).int(0, 0) };
    case 'yield':
    case 'netif_down':
    case 'netif_up':
    case 'dhcp_start':
    case 'dhcp_stop':
    case 'dhcps_start':
    case 'dhcps_stop':
    case 'sta_connected':
    case 'sta_disconnected':
    case 'dhcp_release_and_stop':
    case 'dhcp_renew':
    case 'dhcp_inform':
    case 'get_ip':
    case 'dns_clear_cache':
      args(0);
      return { op: name };
    case 'repeat': {
      const a = args(2);
      return { op: name, times: a.int(0, 0), ops: parseOps(at, a.at(1)) };
    }
    case 'link_down':
    case 'link_up':
      return { op: name, cableOnly: asFlag(at, args(0, 0, ['cable_only']).option('cable_only') ?? 0) };
    case 'set_ip': {
      const a = args(3);
      return { op: name, ip: asIp(at, a.at(0)), netmask: asIp(at, a.at(1)), gw: asIp(at, a.at(2)) };
    }
    case 'dhcps_option': {
      const spelling = args(1).at(0);
      return { op: name, spelling, options: asDhcpServer(at, spelling) };
    }
    case 'set_hostname':
      return { op: name, name: asString(at, args(1).at(0)) };
    case 'wait_ip':
      return { op: name, ms: args(1).int(0, 0) };
    case 'set_dns': {
      const a = args(2);
      return { op: name, index: a.int(0, 0), ip: asIp(at, a.at(1)) };
    }
    case 'gethostbyname':
      return { op: name, name: asString(at, args(1).at(0)) };
    case 'getaddrinfo': {
      // The hints stand at the end like options, so they are looked at here.
      const [, node = null, service = null, spelling = null, ...rest] = list;
      if (rest.length > 0) fail(at, 'a node, a service and hints are expected');
      return {
        op: name,
        node: node === null ? null : asString(at, node),
        service: service === null ? null : asString(at, service),
        spelling,
        hints: spelling === null ? null : asHints(at, spelling),
      };
    }
    default:
      return fail(where, `unknown op "${name}"`);
  }
}

/**
 * Read a list of ops.
 * @throws ScenarioError if an op or an option of it is unknown or malformed
 */
export function parseOps(where: string, value: unknown): readonly Op[] {
  return asList(where, value).map((op, i) => parseOp(`${where}[${i}]`, op));
}
