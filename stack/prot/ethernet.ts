/** Ethernet II header (RFC 894): destination, source, type. No VLAN tags, as in ESP-IDF's configuration. */

import { getU16, putU16 } from './bytes.ts';

export const SIZEOF_ETH_HDR = 14;

export const ETHTYPE_IP = 0x0800;
export const ETHTYPE_ARP = 0x0806;
export const ETHTYPE_IPV6 = 0x86dd;

export const ETH_DEST = 0;
export const ETH_SRC = 6;
export const ETH_TYPE = 12;

/**
 * A MAC address as two numbers, cheap to compare and to store: the first two bytes and the last four (int32).
 * Both in network order, so 24:0a:c4:00:00:01 is { hi: 0x240a, lo: 0xc4000001 | 0 }.
 */
export interface EthAddr {
  readonly hi: number;
  readonly lo: number;
}

export const ETHBROADCAST: EthAddr = { hi: 0xffff, lo: -1 };
export const ETHZERO: EthAddr = { hi: 0, lo: 0 };

/** Ethernet address of an IPv4 multicast group: 01:00:5e and the low 23 bits (RFC 1112 6.4).
 *  @param group int32, host order */
export function ethMulticastAddr(group: number): EthAddr {
  return { hi: 0x0100, lo: (0x5e << 24) | (group & 0x7fffff) };
}

export function ethAddrEquals(a: EthAddr, b: EthAddr): boolean {
  return a.lo === b.lo && a.hi === b.hi;
}

export function getEthAddr(b: Uint8Array, at: number): EthAddr {
  return {
    hi: getU16(b, at),
    lo: (b[at + 2]! << 24) | (b[at + 3]! << 16) | (b[at + 4]! << 8) | b[at + 5]!,
  };
}

export function putEthAddr(b: Uint8Array, at: number, mac: EthAddr): void {
  putU16(b, at, mac.hi);
  b[at + 2] = mac.lo >> 24;
  b[at + 3] = mac.lo >> 16;
  b[at + 4] = mac.lo >> 8;
  b[at + 5] = mac.lo;
}

/** "24:0a:c4:00:00:01" to an address.
 *  @throws TypeError if the text is not six hexadecimal bytes joined by colons or dashes */
export function parseEthAddr(text: string): EthAddr {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) {
    throw new TypeError(`"${text}" is not a MAC address; it should look like 24:0a:c4:00:00:01.`);
  }
  const byte = (i: number) => Number.parseInt(text.slice(i * 3, i * 3 + 2), 16);
  return { hi: (byte(0) << 8) | byte(1), lo: (byte(2) << 24) | (byte(3) << 16) | (byte(4) << 8) | byte(5) };
}

export function formatEthAddr(mac: EthAddr): string {
  const bytes = [mac.hi >> 8, mac.hi, mac.lo >> 24, mac.lo >> 16, mac.lo >> 8, mac.lo];
  return bytes.map((x) => (x & 0xff).toString(16).padStart(2, '0')).join(':');
}
