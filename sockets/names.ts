/** The C programmer's names for numbers, for traces and reports. */

import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_ADDRCONFIG,
  AI_ALL,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  AI_V4MAPPED,
  EAI_FAIL,
  EAI_FAMILY,
  EAI_MEMORY,
  EAI_NONAME,
  EAI_SERVICE,
  F_GETFL,
  F_SETFL,
  FIONBIO,
  FIONREAD,
  HOST_NOT_FOUND,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_MORE,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  NO_DATA,
  NO_RECOVERY,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_NO_CHECK,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDTIMEO,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPALIVE,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TRY_AGAIN,
} from './constants.ts';

type Names = Readonly<Record<number, string>>;

const DOMAINS: Names = { [AF_UNSPEC]: 'AF_UNSPEC', [AF_INET]: 'AF_INET', [AF_INET6]: 'AF_INET6' };
const TYPES: Names = { [SOCK_STREAM]: 'SOCK_STREAM', [SOCK_DGRAM]: 'SOCK_DGRAM', [SOCK_RAW]: 'SOCK_RAW' };
const DIRECTIONS: Names = { [SHUT_RD]: 'SHUT_RD', [SHUT_WR]: 'SHUT_WR', [SHUT_RDWR]: 'SHUT_RDWR' };
const COMMANDS: Names = { [F_GETFL]: 'F_GETFL', [F_SETFL]: 'F_SETFL' };
const REQUESTS: Names = { [FIONBIO]: 'FIONBIO', [FIONREAD]: 'FIONREAD' };
const EAI: Names = {
  [EAI_NONAME]: 'EAI_NONAME',
  [EAI_SERVICE]: 'EAI_SERVICE',
  [EAI_FAIL]: 'EAI_FAIL',
  [EAI_MEMORY]: 'EAI_MEMORY',
  [EAI_FAMILY]: 'EAI_FAMILY',
};
const H_ERRNO: Names = {
  [HOST_NOT_FOUND]: 'HOST_NOT_FOUND',
  [NO_DATA]: 'NO_DATA',
  [NO_RECOVERY]: 'NO_RECOVERY',
  [TRY_AGAIN]: 'TRY_AGAIN',
};
const LEVELS: Names = { [SOL_SOCKET]: 'SOL_SOCKET', [IPPROTO_IP]: 'IPPROTO_IP', [IPPROTO_TCP]: 'IPPROTO_TCP' };

const OPTIONS: Readonly<Record<number, Names>> = {
  [SOL_SOCKET]: {
    [SO_ACCEPTCONN]: 'SO_ACCEPTCONN',
    [SO_BINDTODEVICE]: 'SO_BINDTODEVICE',
    [SO_BROADCAST]: 'SO_BROADCAST',
    [SO_ERROR]: 'SO_ERROR',
    [SO_KEEPALIVE]: 'SO_KEEPALIVE',
    [SO_LINGER]: 'SO_LINGER',
    [SO_NO_CHECK]: 'SO_NO_CHECK',
    [SO_RCVBUF]: 'SO_RCVBUF',
    [SO_RCVTIMEO]: 'SO_RCVTIMEO',
    [SO_REUSEADDR]: 'SO_REUSEADDR',
    [SO_SNDTIMEO]: 'SO_SNDTIMEO',
    [SO_TYPE]: 'SO_TYPE',
  },
  [IPPROTO_IP]: {
    [IP_ADD_MEMBERSHIP]: 'IP_ADD_MEMBERSHIP',
    [IP_DROP_MEMBERSHIP]: 'IP_DROP_MEMBERSHIP',
    [IP_MULTICAST_IF]: 'IP_MULTICAST_IF',
    [IP_MULTICAST_LOOP]: 'IP_MULTICAST_LOOP',
    [IP_MULTICAST_TTL]: 'IP_MULTICAST_TTL',
    [IP_TOS]: 'IP_TOS',
    [IP_TTL]: 'IP_TTL',
  },
  [IPPROTO_TCP]: {
    [TCP_KEEPALIVE]: 'TCP_KEEPALIVE',
    [TCP_KEEPCNT]: 'TCP_KEEPCNT',
    [TCP_KEEPIDLE]: 'TCP_KEEPIDLE',
    [TCP_KEEPINTVL]: 'TCP_KEEPINTVL',
    [TCP_NODELAY]: 'TCP_NODELAY',
  },
};

type Bits = readonly (readonly [number, string])[];

const MSG_BITS: Bits = [
  [MSG_PEEK, 'MSG_PEEK'],
  [MSG_WAITALL, 'MSG_WAITALL'],
  [MSG_OOB, 'MSG_OOB'],
  [MSG_DONTWAIT, 'MSG_DONTWAIT'],
  [MSG_MORE, 'MSG_MORE'],
  [MSG_NOSIGNAL, 'MSG_NOSIGNAL'],
];
const AI_BITS: Bits = [
  [AI_PASSIVE, 'AI_PASSIVE'],
  [AI_CANONNAME, 'AI_CANONNAME'],
  [AI_NUMERICHOST, 'AI_NUMERICHOST'],
  [AI_NUMERICSERV, 'AI_NUMERICSERV'],
  [AI_V4MAPPED, 'AI_V4MAPPED'],
  [AI_ALL, 'AI_ALL'],
  [AI_ADDRCONFIG, 'AI_ADDRCONFIG'],
];

/** Each gives the name, or the number if there is none. */
export const domainName = (domain: number): string | number => DOMAINS[domain] ?? domain;
export const typeName = (type: number): string | number => TYPES[type] ?? type;
export const howName = (how: number): string | number => DIRECTIONS[how] ?? how;
export const fcntlName = (cmd: number): string | number => COMMANDS[cmd] ?? cmd;
export const ioctlName = (cmd: number): string | number => REQUESTS[cmd >>> 0] ?? cmd;
export const levelName = (level: number): string | number => LEVELS[level] ?? level;
export const optionName = (level: number, optname: number): string | number => OPTIONS[level]?.[optname] ?? optname;

export const eaiName = (code: number): string | number => EAI[code] ?? code;
export const hErrnoName = (code: number): string | number => H_ERRNO[code] ?? code;

/** "MSG_PEEK|MSG_DONTWAIT" */
export const flagNames = (flags: number): string | number => bitNames(MSG_BITS, flags);
/** "AI_PASSIVE|AI_CANONNAME" */
export const aiFlagNames = (flags: number): string | number => bitNames(AI_BITS, flags);

function bitNames(bits: Bits, flags: number): string | number {
  const names = bits.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const known = bits.reduce((all, [bit]) => all | bit, 0);
  return (flags & ~known) !== 0 ? flags : names.join('|');
}
