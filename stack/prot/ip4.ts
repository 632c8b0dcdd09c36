/** IPv4 header (RFC 791) and addresses. Offsets from the start of the header; addresses are int32 in host order. */

export const IP_HLEN = 20;
export const IP_HLEN_MAX = 60;

export const IP_VHL = 0;
export const IP_TOS_AT = 1;
export const IP_LEN = 2;
export const IP_ID = 4;
export const IP_OFFSET = 6;
export const IP_TTL_AT = 8;
export const IP_PROTO = 9;
export const IP_CHKSUM = 10;
export const IP_SRC = 12;
export const IP_DEST = 16;

export const IP_MF = 0x2000;
export const IP_OFFMASK = 0x1fff;

export const IP_PROTO_ICMP = 1;
export const IP_PROTO_IGMP = 2;
export const IP_PROTO_TCP = 6;
export const IP_PROTO_UDP = 17;

export const IPADDR_ANY = 0;
export const IPADDR_BROADCAST = -1;
export const IPADDR_LOOPBACK = 0x7f000001;

export function ip4_addr_ismulticast(addr: number): boolean {
  return (addr & 0xf0000000) === (0xe0000000 | 0);
}

export function ip4_addr_isloopback(addr: number): boolean {
  return addr >>> 24 === 127;
}

export function ip4_addr_islinklocal(addr: number): boolean {
  return addr >>> 16 === 0xa9fe;
}

/** Same network under the mask. */
export function ip4_addr_net_eq(a: number, b: number, mask: number): boolean {
  return (a & mask) === (b & mask);
}

/** Dotted decimal, "192.168.4.1". @param addr int32, host order. Source: lwIP ip4addr_ntoa() */
export function ip4addr_ntoa(addr: number): string {
  return `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`;
}

/**
 * Text to address in the notations that lwIP takes: one to four parts, each decimal, octal (0...) or hexadecimal (0x...),
 * the last part filling the remaining bytes; white space may follow.
 * @returns int32 in host order, or undefined if the text is not an address
 * Source: lwIP ip4addr_aton()
 */
export function ip4addr_aton(text: string): number | undefined {
  const match = /^([0-9a-z.]+)(\s.*)?$/is.exec(text);
  if (match === null) return undefined;
  const parts: number[] = [];
  for (const part of match[1]!.split('.')) {
    const value = parsePart(part);
    if (value === undefined) return undefined;
    parts.push(value);
  }
  const last = parts.pop()!;
  if (parts.length > 3 || parts.some((p) => p > 255)) return undefined;
  if (last > 0xffffffff >>> (8 * parts.length)) return undefined;
  return parts.reduce((addr, p, i) => addr | (p << (24 - 8 * i)), last | 0);
}

function parsePart(part: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(part)) return Number.parseInt(part.slice(2), 16) % 2 ** 32;
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8) % 2 ** 32;
  if (/^[1-9][0-9]*$/.test(part)) return Number.parseInt(part, 10) % 2 ** 32;
  return undefined;
}
