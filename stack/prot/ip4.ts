/** IPv4 header (RFC 791) and addresses. Offsets from the start of the header; addresses are int32 in host order. */

export const IP_HLEN = 20;

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

/** In IP_OFFSET: may not be fragmented; more fragments follow; position in units of 8 bytes. */
export const IP_DF = 0x4000;
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
  let addr = 0;
  let parts = 0;
  let at = 0;
  for (;;) {
    const end = endOfPart(text, at);
    const value = parsePart(text, at, end);
    if (value === undefined) return undefined;
    if (text[end] !== '.') {
      if (end < text.length && !' \t\n\v\f\r'.includes(text[end]!)) return undefined;
      return value > 0xffffffff >>> (8 * parts) ? undefined : addr | value;
    }
    if (parts === 3 || value > 255) return undefined;
    addr |= value << (24 - 8 * parts);
    parts++;
    at = end + 1;
  }
}

function endOfPart(text: string, from: number): number {
  let end = from;
  while (end < text.length && isAlphanumeric(text.charCodeAt(end))) end++;
  return end;
}

/** One part of an address: decimal, octal or hexadecimal, taken modulo 2^32. */
function parsePart(text: string, from: number, end: number): number | undefined {
  if (from === end) return undefined;
  let base = 10;
  let at = from;
  if (text[at] === '0') {
    base = 8;
    if (text[at + 1] === 'x' || text[at + 1] === 'X') {
      base = 16;
      at += 2;
    }
  }
  let value = 0;
  for (; at < end; at++) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit >= base) return undefined;
    value = (value * base + digit) >>> 0;
  }
  return value;
}

function isAlphanumeric(code: number): boolean {
  return digitOf(code) < 36;
}

/** Value of a digit or letter, 36 if it is neither. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x61 + 10 : 36;
}
