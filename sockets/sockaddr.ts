/** Addresses as C programs see them: struct sockaddr_in, byte order, text. Source: lwIP inet.h, ip4_addr.c */

import { ip4addr_aton, ip4addr_ntoa } from '../stack/prot/ip4.ts';
import { ip6addr_aton, ip6addr_ntoa } from '../stack/prot/ip6.ts';
import { AF_INET, AF_INET6, INADDR_NONE, INET_ADDRSTRLEN, INET6_ADDRSTRLEN, SIZEOF_SOCKADDR_IN } from './constants.ts';
import { EAFNOSUPPORT, ENOSPC } from './errno.ts';

/** 16 bits from the ESP32's order (little endian) to network order, or back. */
export function htons(x: number): number {
  return ((x & 0xff) << 8) | ((x >>> 8) & 0xff);
}

/** 32 bits from the ESP32's order (little endian) to network order, or back. @returns unsigned */
export function htonl(x: number): number {
  return (((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)) >>> 0;
}

export const ntohs = htons;
export const ntohl = htonl;

export interface in_addr {
  /** Network order: 192.168.4.1 reads 0x0104a8c0 on the ESP32. */
  s_addr: number;
}

export interface in6_addr {
  /** 16 bytes, network order. */
  s6_addr: Uint8Array;
}

/** An IPv4 address and port. A call that fills one in changes the object's fields. */
export interface sockaddr_in {
  sin_len: number;
  sin_family: number;
  /** Network order: use htons(). */
  sin_port: number;
  sin_addr: in_addr;
}

/** An IPv6 address and port. The resolver may find one; sockets of the twin know IPv4 only. */
export interface sockaddr_in6 {
  sin6_len: number;
  sin6_family: number;
  /** Network order. */
  sin6_port: number;
  sin6_flowinfo: number;
  sin6_addr: in6_addr;
  sin6_scope_id: number;
}

/** An address of either family: `sa_family` tells which in C, the fields' names do here. */
export type sockaddr = sockaddr_in | sockaddr_in6;

/** The family of an address of either kind. */
export function sa_family(name: sockaddr): number {
  return 'sin6_family' in name ? name.sin6_family : name.sin_family;
}

/** An IPv4 address, which is what the twin's sockets take. */
export function isInet(name: sockaddr): name is sockaddr_in {
  return 'sin_family' in name && name.sin_family === AF_INET;
}

/**
 * Make an address; without arguments an empty one, for a call to fill in.
 * @param ip text in any notation of inet_aton()  @param port host order, 0..65535
 * @throws TypeError if the text is not an address, RangeError if the port is impossible
 */
export function sockaddr_in(ip = '0.0.0.0', port = 0): sockaddr_in {
  const addr = ip4addr_aton(ip);
  if (addr === undefined) throw new TypeError(`"${ip}" is not an IPv4 address.`);
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new RangeError(`A port is a whole number from 0 to 65535, not ${port}.`);
  }
  return {
    sin_len: SIZEOF_SOCKADDR_IN,
    sin_family: AF_INET,
    sin_port: htons(port),
    sin_addr: { s_addr: htonl(addr) },
  };
}

/** "192.168.4.1:3333", "[FE80::1]:3333" */
export function formatSockaddr(name: sockaddr): string {
  if ('sin6_addr' in name) return `[${ip6addr_ntoa(name.sin6_addr.s6_addr)}]:${ntohs(name.sin6_port)}`;
  return `${inet_ntoa(name.sin_addr)}:${ntohs(name.sin_port)}`;
}

/** Address in network order, INADDR_NONE if the text is none. */
export function inet_addr(cp: string): number {
  const addr = ip4addr_aton(cp);
  return addr === undefined ? INADDR_NONE : htonl(addr);
}

/** @returns 1 and `addr` filled in, or 0 if the text is not an address */
export function inet_aton(cp: string, addr: in_addr): number {
  const parsed = ip4addr_aton(cp);
  if (parsed === undefined) return 0;
  addr.s_addr = htonl(parsed);
  return 1;
}

export function inet_ntoa(addr: in_addr): string {
  return ip4addr_ntoa(htonl(addr.s_addr) | 0);
}

/**
 * @param src in_addr for AF_INET, in6_addr for AF_INET6
 * @param size room in bytes for the text and its terminating zero
 * @returns the text, or the errno that C would leave: EAFNOSUPPORT, ENOSPC
 */
export function inet_ntop(
  af: number,
  src: in_addr | in6_addr,
  size = af === AF_INET6 ? INET6_ADDRSTRLEN : INET_ADDRSTRLEN,
): string | number {
  if (af === AF_INET && 's_addr' in src) return ifItFits(inet_ntoa(src), size);
  if (af === AF_INET6 && 's6_addr' in src) return ifItFits(ip6addr_ntoa(src.s6_addr), size);
  return EAFNOSUPPORT;
}

function ifItFits(text: string, size: number): string | number {
  return text.length >= size ? ENOSPC : text;
}

/** @returns 1 and `dst` filled in, 0 if the text is not an address, -1 if the family is unknown (errno EAFNOSUPPORT) */
export function inet_pton(af: number, src: string, dst: in_addr | in6_addr): number {
  if (af === AF_INET && 's_addr' in dst) return inet_aton(src, dst);
  if (af !== AF_INET6 || !('s6_addr' in dst)) return -1;
  const parsed = ip6addr_aton(src);
  if (parsed === undefined) return 0;
  dst.s6_addr = parsed;
  return 1;
}
