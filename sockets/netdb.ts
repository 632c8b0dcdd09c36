/**
 * Names of hosts: gethostbyname(), getaddrinfo() and their kin. A question runs in the tcpip thread; who asked waits until
 * the resolver has an answer or gives up. Results are plain data. Source: lwIP netdb.c, api_lib.c, api_msg.c
 */

import {
  DNS_MAX_NAME_LENGTH,
  dns_gethostbyname_addrtype,
  LWIP_DNS_ADDRTYPE_IPV4,
  LWIP_DNS_ADDRTYPE_IPV4_IPV6,
  LWIP_DNS_ADDRTYPE_IPV6,
  LWIP_DNS_ADDRTYPE_IPV6_IPV4,
} from '../stack/dns.ts';
import { ERR_INPROGRESS, ERR_OK } from '../stack/err.ts';
import { IPADDR_ANY, IPADDR_LOOPBACK } from '../stack/prot/ip4.ts';
import {
  type IpAddr,
  ip4_2_ipv4_mapped_ipv6,
  ip6AddrLoopback,
  ipaddr_aton,
  SIZEOF_IP6_ADDR,
} from '../stack/prot/ip6.ts';
import { ApiMsg } from './api_msg.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_NUMERICHOST,
  AI_PASSIVE,
  AI_V4MAPPED,
  EAI_FAIL,
  EAI_FAMILY,
  EAI_MEMORY,
  EAI_NONAME,
  EAI_SERVICE,
  HOST_NOT_FOUND,
  SIZEOF_SOCKADDR_IN,
  SIZEOF_SOCKADDR_IN6,
  SIZEOF_SOCKADDR_STORAGE,
} from './constants.ts';
import { EINVAL, ERANGE } from './errno.ts';
import { htonl, htons, type in_addr, type in6_addr, type sockaddr_in, type sockaddr_in6 } from './sockaddr.ts';
import { errOf, type Sockets } from './sockets.ts';
import type { Op, SysThread } from './sys_arch.ts';
import type { TcpipThread } from './tcpip.ts';

/** A host and its addresses: lwIP gives one. */
export interface hostent {
  h_name: string;
  /** Always empty. */
  h_aliases: string[];
  /** AF_INET or AF_INET6. */
  h_addrtype: number;
  /** Bytes that an address takes: 4, or 20 for IPv6, as lwIP keeps a zone behind the 16. */
  h_length: number;
  h_addr_list: (in_addr | in6_addr)[];
}

/** One address that getaddrinfo() found, ready for socket() and connect(). */
export interface addrinfo {
  ai_flags: number;
  /** AF_INET or AF_INET6. */
  ai_family: number;
  /** As the hints had it. */
  ai_socktype: number;
  /** As the hints had it. */
  ai_protocol: number;
  /** Size of a sockaddr_storage. */
  ai_addrlen: number;
  ai_addr: sockaddr_in | sockaddr_in6;
  /** The name that was asked for, with or without AI_CANONNAME; null without a name. */
  ai_canonname: string | null;
  /** The next address: lwIP gives one. */
  ai_next: addrinfo | null;
}

/** What getaddrinfo() shall look for; what is left out is zero, as after memset(). */
export type AddrinfoHints = Partial<Pick<addrinfo, 'ai_flags' | 'ai_family' | 'ai_socktype' | 'ai_protocol'>>;

/** sizeof(ip6_addr_t): the address and a zone. */
const SIZEOF_LWIP_IP6_ADDR = 20;
/** sizeof(struct gethostbyname_r_helper), and the bytes that aligning it may cost. */
const SIZEOF_R_HELPER = 36;
const ALIGNMENT_LOSS = 3;

/** What a board keeps of names. */
export class Netdb {
  /** Why the last gethostbyname() of any task failed. */
  h_errno = 0;
  /** Results that freeaddrinfo() has not got yet. */
  readonly allocated = new Set<addrinfo>();
}

/**
 * Find the IPv4 address of a host, or its IPv6 address if it has no other.
 * @param name one byte a character
 * @returns null if there is none, for whatever reason; then h_errno is HOST_NOT_FOUND
 * Source: lwIP lwip_gethostbyname()
 */
export function* lwip_gethostbyname(sockets: Sockets, thread: SysThread, name: string): Op<hostent | null> {
  const addr = yield* resolve(sockets, thread, name, LWIP_DNS_ADDRTYPE_IPV4_IPV6);
  if (addr !== null) return makeHostent(name, addr);
  sockets.netdb.h_errno = HOST_NOT_FOUND;
  return null;
}

function makeHostent(name: string, addr: IpAddr): hostent {
  const isIp4 = typeof addr === 'number';
  return {
    h_name: name,
    h_aliases: [],
    h_addrtype: isIp4 ? AF_INET : AF_INET6,
    h_length: isIp4 ? 4 : SIZEOF_LWIP_IP6_ADDR,
    h_addr_list: [isIp4 ? { s_addr: htonl(addr) } : { s6_addr: addr }],
  };
}

/**
 * The same with the memory of the caller.
 * @param ret filled in  @param buflen bytes for name and addresses, of which C keeps 39 to itself and one for the zero
 * @param result gets `ret`, or null  @param h_errnop gets HOST_NOT_FOUND, EINVAL or ERANGE
 * @returns 0 or -1
 * Source: lwIP lwip_gethostbyname_r()
 */
export function* lwip_gethostbyname_r(
  sockets: Sockets,
  thread: SysThread,
  name: string | null,
  ret: hostent | null,
  buflen: number | null,
  result: { value: hostent | null } | null,
  h_errnop: { value: number } | null,
): Op<number> {
  const failed = (error: number): -1 => {
    if (h_errnop !== null) h_errnop.value = error;
    return -1;
  };
  if (result === null) return failed(EINVAL);
  result.value = null;
  if (name === null || ret === null || buflen === null) return failed(EINVAL);
  if (buflen < SIZEOF_R_HELPER + name.length + 1 + ALIGNMENT_LOSS) return failed(ERANGE);
  const addr = yield* resolve(sockets, thread, name, LWIP_DNS_ADDRTYPE_IPV4_IPV6);
  if (addr === null) return failed(HOST_NOT_FOUND);
  Object.assign(ret, makeHostent(name, addr));
  result.value = ret;
  return 0;
}

/**
 * Find the address of a host and port as connect() wants it.
 * @param nodename one byte a character; null: this board
 * @param servname a decimal port; null: port 0
 * @param hints null: any family
 * @param res gets the address, or null
 * @returns 0, EAI_NONAME, EAI_FAMILY, EAI_SERVICE, EAI_FAIL or EAI_MEMORY
 * Source: lwIP lwip_getaddrinfo()
 */
export function* lwip_getaddrinfo(
  sockets: Sockets,
  thread: SysThread,
  nodename: string | null,
  servname: string | null,
  hints: AddrinfoHints | null,
  res: { value: addrinfo | null } | null,
): Op<number> {
  if (res === null) return EAI_FAIL;
  res.value = null;
  if (nodename === null && servname === null) return EAI_NONAME;
  const { ai_family = AF_UNSPEC, ai_flags = 0 } = hints ?? {};
  if (ai_family !== AF_UNSPEC && ai_family !== AF_INET && ai_family !== AF_INET6) return EAI_FAMILY;
  const port = servname === null ? 0 : portOf(servname);
  if (port === undefined) return EAI_SERVICE;
  const addr = yield* addressOf(sockets, thread, nodename, ai_family, ai_flags);
  if (typeof addr === 'object' && 'eai' in addr) return addr.eai;
  if (nodename !== null && nodename.length > DNS_MAX_NAME_LENGTH) return EAI_FAIL;
  if (sockets.tcpip.stack.lacks('netdb')) return EAI_MEMORY;
  const mapped = typeof addr === 'number' && ai_family === AF_INET6 && (ai_flags & AI_V4MAPPED) !== 0;
  const found = makeAddrinfo(mapped ? ip4_2_ipv4_mapped_ipv6(addr) : addr, port, nodename, hints);
  sockets.netdb.allocated.add(found);
  res.value = found;
  return 0;
}

function* addressOf(
  sockets: Sockets,
  thread: SysThread,
  nodename: string | null,
  ai_family: number,
  ai_flags: number,
): Op<IpAddr | { readonly eai: number }> {
  if (nodename === null) return ownAddress(ai_family === AF_INET6, (ai_flags & AI_PASSIVE) !== 0);
  if ((ai_flags & AI_NUMERICHOST) === 0) {
    const addr = yield* resolve(sockets, thread, nodename, addrtypeOf(ai_family, ai_flags));
    return addr ?? { eai: EAI_FAIL };
  }
  const literal = ipaddr_aton(nodename);
  const otherFamily = typeof literal === 'number' ? AF_INET6 : AF_INET;
  return literal === undefined || ai_family === otherFamily ? { eai: EAI_NONAME } : literal;
}

function ownAddress(isIp6: boolean, isPassive: boolean): IpAddr {
  if (isIp6) return isPassive ? new Uint8Array(SIZEOF_IP6_ADDR) : ip6AddrLoopback();
  return isPassive ? IPADDR_ANY : IPADDR_LOOPBACK;
}

function addrtypeOf(ai_family: number, ai_flags: number): number {
  if (ai_family === AF_UNSPEC) return LWIP_DNS_ADDRTYPE_IPV4_IPV6;
  if (ai_family === AF_INET) return LWIP_DNS_ADDRTYPE_IPV4;
  return (ai_flags & AI_V4MAPPED) !== 0 ? LWIP_DNS_ADDRTYPE_IPV6_IPV4 : LWIP_DNS_ADDRTYPE_IPV6;
}

/** A port as atoi() reads it: what follows the digits does not matter, and 0 counts only if it is the first character. */
function portOf(servname: string): number | undefined {
  const port = Number(/^[ \t\n\v\f\r]*([+-]?\d+)/.exec(servname)?.[1] ?? 0);
  if (port === 0) return servname[0] === '0' ? 0 : undefined;
  return port < 0 || port > 0xffff ? undefined : port;
}

function makeAddrinfo(addr: IpAddr, port: number, nodename: string | null, hints: AddrinfoHints | null): addrinfo {
  return {
    ai_flags: 0,
    ai_family: typeof addr === 'number' ? AF_INET : AF_INET6,
    ai_socktype: hints?.ai_socktype ?? 0,
    ai_protocol: hints?.ai_protocol ?? 0,
    ai_addrlen: SIZEOF_SOCKADDR_STORAGE,
    ai_addr: makeSockaddr(addr, htons(port)),
    ai_canonname: nodename,
    ai_next: null,
  };
}

function makeSockaddr(addr: IpAddr, port: number): sockaddr_in | sockaddr_in6 {
  if (typeof addr === 'number') {
    return { sin_len: SIZEOF_SOCKADDR_IN, sin_family: AF_INET, sin_port: port, sin_addr: { s_addr: htonl(addr) } };
  }
  return {
    sin6_len: SIZEOF_SOCKADDR_IN6,
    sin6_family: AF_INET6,
    sin6_port: port,
    sin6_flowinfo: 0,
    sin6_addr: { s6_addr: addr },
    sin6_scope_id: 0,
  };
}

/** Have the tcpip thread find an address. @returns null if there is none. Source: lwIP netconn_gethostbyname_addrtype() */
function* resolve(sockets: Sockets, thread: SysThread, name: string, dns_addrtype: number): Op<IpAddr | null> {
  const addr: { value: IpAddr } = { value: IPADDR_ANY };
  let answer: IpAddr | null = null;
  // lwIP: lwip_netconn_do_gethostbyname(), lwip_netconn_do_dns_found()
  const ask = ({ thread: caller }: ApiMsg, tcpip: TcpipThread): void => {
    const found = (ipaddr: IpAddr | null): void => {
      answer = ipaddr;
      tcpip.ack(caller);
    };
    const err = dns_gethostbyname_addrtype(tcpip.stack, name, addr, found, dns_addrtype);
    if (err !== ERR_INPROGRESS) found(err === ERR_OK ? addr.value : null);
  };
  thread.apiMsg ??= new ApiMsg(thread, sockets.tcpip);
  if (!sockets.tcpip.tryCall(thread, ask, thread.apiMsg))
    yield* sockets.tcpip.finishCall(thread, ask, thread.apiMsg, errOf);
  return answer;
}

/**
 * Give results of getaddrinfo() back.
 * @throws TypeError for what getaddrinfo() did not return, or what was given back before: in C the heap would be damaged
 * Source: lwIP lwip_freeaddrinfo()
 */
export function lwip_freeaddrinfo(sockets: Sockets, ai: addrinfo | null): void {
  for (let one = ai; one !== null; one = one.ai_next) {
    if (sockets.netdb.allocated.delete(one)) continue;
    throw new TypeError(
      'freeaddrinfo() was given something that getaddrinfo() did not return or that is free already.',
    );
  }
}
