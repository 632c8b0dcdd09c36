/** How calls appear in a trace: arguments and results in words, the same for programs in TypeScript and in C. */

import { O_NONBLOCK } from '../sockets/constants.ts';
import type { fd_set } from '../sockets/fd_set.ts';
import {
  aiFlagNames,
  domainName,
  fcntlName,
  flagNames,
  howName,
  ioctlName,
  levelName,
  optionName,
  typeName,
} from '../sockets/names.ts';
import type { AddrinfoHints, addrinfo, hostent } from '../sockets/netdb.ts';
import type { pollfd, timeval } from '../sockets/select.ts';
import { formatSockaddr, inet_ntoa, inet_ntop, type sockaddr, type sockaddr_in } from '../sockets/sockaddr.ts';
import type { SockoptValue } from '../sockets/sockopt.ts';
import type { CallRecord, Trace } from './trace.ts';

export type CallArgs = readonly (number | string)[];

/** How a traced call is completed: what only its return tells. */
export type OnReturn<T = unknown> = (record: CallRecord, ret: number, value: T) => void;

/** The arguments of each kind of call. */
export const callArgs = {
  socket: (domain: number, type: number, protocol: number): CallArgs => [domainName(domain), typeName(type), protocol],
  /** bind, connect */
  named: (s: number, name: sockaddr): CallArgs => [s, formatSockaddr(name)],
  shutdown: (s: number, how: number): CallArgs => [s, howName(how)],
  /** send, recv, recvfrom */
  transfer: (s: number, size: number, flags: number): CallArgs => [s, size, ...flagArg(flags)],
  sendto: (s: number, size: number, flags: number, to: sockaddr | null): CallArgs => [
    s,
    size,
    ...flagArg(flags),
    to === null ? 'NULL' : formatSockaddr(to),
  ],
  /** sendmsg, recvmsg */
  message: (s: number, flags: number): CallArgs => [s, ...flagArg(flags)],
  setsockopt: (s: number, level: number, optname: number, value: SockoptValue): CallArgs => [
    s,
    levelName(level),
    optionName(level, optname),
    optionText(value),
  ],
  getsockopt: (s: number, level: number, optname: number): CallArgs => [
    s,
    levelName(level),
    optionName(level, optname),
  ],
  fcntl: (s: number, cmd: number, val: number): CallArgs => [
    s,
    fcntlName(cmd),
    val === O_NONBLOCK ? 'O_NONBLOCK' : val,
  ],
  ioctl: (s: number, cmd: number, value: number): CallArgs => [s, ioctlName(cmd), value],
  select: (nfds: number, readset: fd_set | null, writeset: fd_set | null, timeout: timeval | null): CallArgs => [
    nfds,
    setText(readset),
    setText(writeset),
    timeout === null ? 'NULL' : `${timeout.tv_sec}.${String(timeout.tv_usec).padStart(6, '0')} s`,
  ],
  gethostbyname: (name: string | null): CallArgs => [quoted(name)],
  getaddrinfo: (nodename: string | null, servname: string | null, hints: AddrinfoHints | null): CallArgs => [
    quoted(nodename),
    quoted(servname),
    hintsText(hints),
  ],
  poll: (fds: readonly pollfd[], timeout: number): CallArgs => [fds.map((p) => p.fd).join(' '), timeout],
};

/** What a call needs to know of where it happens. */
interface CallSite {
  readonly board: { readonly name: string; takeNumber(): number; readonly scheduler: { readonly nowUs: number } };
  readonly task: { readonly name: string; readonly errno: number; callNumber: number };
}

/** Note that a call begins. */
export function recordStart(trace: Trace, { board, task }: CallSite, fn: string, args: CallArgs): CallRecord {
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
  return record;
}

/** Note that it returns. The task's errno is what this call wrote, 0 if it wrote none. */
export function recordReturn<T>(
  record: CallRecord,
  { board, task }: CallSite,
  value: T,
  onReturn: OnReturn<T> | false,
): void {
  const ret = typeof value === 'number' ? value : 0;
  record.n1 = board.takeNumber();
  record.t1Us = board.scheduler.nowUs;
  record.ret = ret;
  record.errno = task.errno;
  if (onReturn !== false) onReturn(record, ret, value);
}

export function addressOnSuccess(name: sockaddr_in | null): OnReturn {
  return (record, ret) => {
    if (ret >= 0 && name !== null) record.addr = formatSockaddr(name);
  };
}

export function dataSent(bytes: Uint8Array): OnReturn {
  return (record, ret) => {
    if (ret > 0) record.data = bytes.slice(0, ret);
  };
}

export function dataReceived(mem: Uint8Array, from: sockaddr_in | null): OnReturn {
  return (record, ret) => {
    if (ret >= 0) record.data = mem.slice(0, ret);
    if (ret >= 0 && from !== null) record.addr = formatSockaddr(from);
  };
}

/** The host that was found. */
export function noteHost(record: CallRecord, host: hostent | null): void {
  const addr = host?.h_addr_list[0];
  if (host !== null && addr !== undefined) record.addr = `${inet_ntop(host.h_addrtype, addr)}`;
}

export function noteAddrinfo(res: { readonly value: addrinfo | null } | null): OnReturn {
  return (record) => {
    if (res !== null && res.value !== null) record.addr = formatSockaddr(res.value.ai_addr);
  };
}

function quoted(name: string | null): string {
  return name === null ? 'NULL' : `"${name}"`;
}

/** "{AF_INET, SOCK_STREAM}" */
function hintsText(hints: AddrinfoHints | null): string {
  if (hints === null) return 'NULL';
  const { ai_family = 0, ai_socktype = 0, ai_protocol = 0, ai_flags = 0 } = hints;
  const parts = [domainName(ai_family)];
  if (ai_socktype !== 0) parts.push(typeName(ai_socktype));
  if (ai_protocol !== 0) parts.push(`protocol ${ai_protocol}`);
  if (ai_flags !== 0) parts.push(aiFlagNames(ai_flags));
  return `{${parts.join(', ')}}`;
}

function flagArg(flags: number): (number | string)[] {
  return flags === 0 ? [] : [flagNames(flags)];
}

function setText(set: fd_set | null): string {
  return set === null ? 'NULL' : `{${set.toArray().join(' ')}}`;
}

/** "1", "{2, 500000}", "en1" */
function optionText(value: SockoptValue): number | string {
  if (typeof value !== 'object') return value;
  if ('s_addr' in value) return inet_ntoa(value);
  if ('imr_multiaddr' in value) return `{${inet_ntoa(value.imr_multiaddr)}, ${inet_ntoa(value.imr_interface)}}`;
  return 'tv_sec' in value ? `{${value.tv_sec}, ${value.tv_usec}}` : `{${value.l_onoff}, ${value.l_linger}}`;
}
