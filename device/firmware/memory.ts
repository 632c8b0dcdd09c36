/** The linear memory of a board: views that stay valid, as it never grows, and C's strings and structs in it. */

import { AF_INET, FD_SETSIZE, SIZEOF_SOCKADDR_IN } from '../../sockets/constants.ts';
import { fd_set } from '../../sockets/fd_set.ts';
import type { pollfd } from '../../sockets/select.ts';
import type { sockaddr_in } from '../../sockets/sockaddr.ts';

const SIZEOF_POLLFD = 8;
const SIZEOF_IOVEC = 8;
const SIZEOF_FD_SET = FD_SETSIZE / 8;

export class Memory {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  private readonly view: DataView;

  constructor(buffer: ArrayBuffer) {
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.view = new DataView(buffer);
  }

  bytes(address: number, length: number): Uint8Array {
    return this.u8.subarray(address >>> 0, (address >>> 0) + (length >>> 0));
  }

  /** A string that ends in a zero byte, one character a byte. */
  string(address: number): string {
    let result = '';
    for (let p = address >>> 0; this.u8[p] !== 0 && p < this.u8.length; p++) {
      result += String.fromCharCode(this.u8[p]!);
    }
    return result;
  }

  /** The bytes as text: UTF-8 where it is valid, else one character a byte. */
  text(address: number, length: number): string {
    return decode(this.bytes(address, length));
  }

  word(address: number): number {
    return this.view.getInt32(address >>> 0, true);
  }

  setWord(address: number, value: number): void {
    this.view.setInt32(address >>> 0, value, true);
  }

  /** time_t or another int64_t that fits a number. */
  setLong(address: number, value: number): void {
    this.view.setBigInt64(address >>> 0, BigInt(value), true);
  }

  /** struct sockaddr_in */
  sockaddr(address: number): sockaddr_in {
    const p = address >>> 0;
    return {
      sin_len: this.u8[p]!,
      sin_family: this.u8[p + 1]!,
      sin_port: this.view.getUint16(p + 2, true),
      sin_addr: { s_addr: this.view.getUint32(p + 4, true) },
    };
  }

  setSockaddr(address: number, name: sockaddr_in): void {
    const p = address >>> 0;
    this.u8.fill(0, p, p + SIZEOF_SOCKADDR_IN);
    this.u8[p] = SIZEOF_SOCKADDR_IN;
    this.u8[p + 1] = AF_INET;
    this.view.setUint16(p + 2, name.sin_port, true);
    this.view.setUint32(p + 4, name.sin_addr.s_addr, true);
  }

  /** A copy of an fd_set; null for NULL. */
  fdSet(address: number): fd_set | null {
    if (address === 0) return null;
    const set = new fd_set();
    set.fds_bits[0] = this.word(address);
    set.fds_bits[1] = this.word(address + SIZEOF_FD_SET / 2);
    return set;
  }

  setFdSet(address: number, set: fd_set | null): void {
    if (set === null) return;
    this.setWord(address, set.fds_bits[0]!);
    this.setWord(address + SIZEOF_FD_SET / 2, set.fds_bits[1]!);
  }

  /** An array of struct pollfd. */
  pollfds(address: number, count: number): pollfd[] {
    const fds: pollfd[] = [];
    for (let i = 0, p = address >>> 0; i < count; i++, p += SIZEOF_POLLFD) {
      const revents = this.view.getInt16(p + 6, true);
      fds.push({ fd: this.view.getInt32(p, true), events: this.view.getInt16(p + 4, true), revents });
    }
    return fds;
  }

  setRevents(address: number, fds: readonly pollfd[]): void {
    for (let i = 0; i < fds.length; i++) {
      this.view.setInt16((address >>> 0) + i * SIZEOF_POLLFD + 6, fds[i]!.revents, true);
    }
  }

  /** An array of struct iovec. */
  iovecs(address: number, count: number): Uint8Array[] {
    const iov: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const p = address + i * SIZEOF_IOVEC;
      iov.push(this.bytes(this.word(p), this.word(p + 4)));
    }
    return iov;
  }
}

function decode(bytes: Uint8Array): string {
  let ascii = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeUtf8(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

/** Bytes of a sequence after the first, by the first byte's high bits. */
function sequenceLength(first: number): number {
  if (first >= 0xc2 && first < 0xe0) return 1;
  if (first >= 0xe0 && first < 0xf0) return 2;
  return first >= 0xf0 && first < 0xf5 ? 3 : 0;
}

function decodeUtf8(bytes: Uint8Array): string {
  let result = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i]!;
    const more = sequenceLength(first);
    let code = first & (0x3f >> more);
    let n = 0;
    while (n < more && ((bytes[i + 1 + n] ?? 0) & 0xc0) === 0x80) code = (code << 6) | (bytes[i + 1 + n++]! & 0x3f);
    const isSequence = more > 0 && n === more && code <= 0x10ffff;
    result += String.fromCodePoint(isSequence ? code : first);
    i += isSequence ? more + 1 : 1;
  }
  return result;
}
