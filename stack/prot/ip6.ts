/**
 * IPv6 addresses as data: the resolver carries them, and text is read and written as lwIP does it. The stack itself knows
 * IPv4 only. An address is 16 bytes in network order. Source: lwIP ip6_addr.c, ip.c
 */

import { ip4addr_aton, ip4addr_ntoa } from './ip4.ts';

/** 16 bytes, network order. */
export type Ip6Addr = Uint8Array;

/** An address of either kind: IPv4 as int32 in host order, or IPv6. Source: lwIP ip_addr_t */
export type IpAddr = number | Ip6Addr;

export const SIZEOF_IP6_ADDR = 16;

/** The first ten bytes of a mapped address are zero, two of ones follow, then IPv4. */
const MAPPED_ONES = 10;
const MAPPED_IP4 = 12;

/** ::1 */
export function ip6AddrLoopback(): Ip6Addr {
  const addr = new Uint8Array(SIZEOF_IP6_ADDR);
  addr[SIZEOF_IP6_ADDR - 1] = 1;
  return addr;
}

/** ::ffff:a.b.c.d. @param ip4 int32, host order. Source: lwIP ip4_2_ipv4_mapped_ipv6() */
export function ip4_2_ipv4_mapped_ipv6(ip4: number): Ip6Addr {
  const addr = new Uint8Array(SIZEOF_IP6_ADDR);
  addr.fill(0xff, MAPPED_ONES, MAPPED_IP4);
  for (let i = 0; i < 4; i++) addr[MAPPED_IP4 + i] = ip4 >>> (24 - 8 * i);
  return addr;
}

function isMapped(addr: Ip6Addr): boolean {
  for (let i = 0; i < MAPPED_ONES; i++) if (addr[i] !== 0) return false;
  return addr[MAPPED_ONES] === 0xff && addr[MAPPED_ONES + 1] === 0xff;
}

/** IPv4 or IPv6, whichever the text's first colon or dot announces. Source: lwIP ipaddr_aton() */
export function ipaddr_aton(text: string): IpAddr | undefined {
  const mark = /[:.]/.exec(text)?.[0];
  return mark === ':' ? ip6addr_aton(text) : ip4addr_aton(text);
}

export function ipaddr_ntoa(addr: IpAddr): string {
  return typeof addr === 'number' ? ip4addr_ntoa(addr) : ip6addr_ntoa(addr);
}

/**
 * Text to address: eight blocks of hexadecimal digits, "::" for those that are zero, IPv4 as the last two. What follows
 * the first other character, such as a zone, is not looked at. A block of more than four digits spills, as in lwIP, into
 * the block that shares its 32-bit word.
 * @returns undefined if the text is not an address
 * Source: lwIP ip6addr_aton()
 */
export function ip6addr_aton(text: string): Ip6Addr | undefined {
  const shape = shapeOf(text);
  if (shape === undefined) return undefined;
  let zeros = shape.zeros;
  const words = [0, 0, 0, 0];
  let block = 0;
  let value = 0;
  const store = (): void => {
    const word = block >> 1;
    words[word] = (block & 1) === 0 ? value << 16 : words[word]! | value;
    block++;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char !== ':') {
      const digit = hexDigit(char);
      if (digit < 0) break;
      value = ((value << 4) | digit) >>> 0;
      continue;
    }
    store();
    value = 0;
    if (shape.endsInIp4 && block === 6) {
      const ip4 = ip4addr_aton(text.slice(i + 1));
      if (ip4 !== undefined) return fromWords([words[0]!, words[1]!, words[2]!, ip4]);
    }
    if (block > 7) return undefined;
    if (text[i + 1] !== ':') continue;
    if (text[i + 2] === ':') return undefined;
    i++;
    for (; zeros > 0; zeros--) {
      store();
      if (block > 7) return undefined;
    }
  }
  store();
  return block === 8 ? fromWords(words) : undefined;
}

/** How many blocks a "::" stands for, and whether the address ends as IPv4 does; undefined if a dot is misplaced. */
function shapeOf(text: string): { zeros: number; endsInIp4: boolean } | undefined {
  let zeros = 8;
  for (const char of text) {
    if (char === ':') zeros--;
    else if (char === '.') return zeros === 5 || zeros === 2 ? { zeros: zeros - 1, endsInIp4: true } : undefined;
    else if (hexDigit(char) < 0) break;
  }
  return { zeros, endsInIp4: false };
}

function hexDigit(char: string): number {
  return /^[0-9a-fA-F]$/.test(char) ? Number.parseInt(char, 16) : -1;
}

function fromWords(words: readonly number[]): Ip6Addr {
  return Uint8Array.from({ length: SIZEOF_IP6_ADDR }, (_, i) => words[i >> 2]! >>> (24 - 8 * (i & 3)));
}

/** Upper case, the first run of two or more zero blocks as "::", a mapped address as "::FFFF:1.2.3.4". Source: lwIP ip6addr_ntoa() */
export function ip6addr_ntoa(addr: Ip6Addr): string {
  if (isMapped(addr)) {
    return `::FFFF:${Array.from(addr.subarray(MAPPED_IP4)).join('.')}`;
  }
  const blocks = Array.from({ length: 8 }, (_, i) => (addr[2 * i]! << 8) | addr[2 * i + 1]!);
  const hex = (part: readonly number[]): string => part.map((b) => b.toString(16).toUpperCase()).join(':');
  const from = blocks.findIndex((b, i) => b === 0 && blocks[i + 1] === 0);
  if (from < 0) return hex(blocks);
  let to = from;
  while (blocks[to] === 0) to++;
  return `${hex(blocks.slice(0, from))}::${hex(blocks.slice(to))}`;
}
