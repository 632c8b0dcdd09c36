/**
 * Writes pcapng captures, which Wireshark and tshark open: several interfaces with names, times in nanoseconds, names of
 * addresses, and comments on frames. `formatPcapng()` of pcapng-writer.ts makes one of a whole trace.
 *
 * The format: blocks of a type, a length, a body and the length again, all little endian, padded to 32 bits. This file knows
 * nothing about the stack, any frame that is a `Uint8Array` from the destination MAC on will do.
 *
 * Source: the Internet-Draft draft-ietf-opsawg-pcapng, sections 3 and 4.
 */

import { utf8 } from '../device/utf8.ts';
import type { PcapSink } from './pcap-writer.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_NAMES = 4;
const BLOCK_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;

const OPT_END = 0;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_MACADDR = 6;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const NRB_RECORD_IPV4 = 1;
/** The time unit is 10^-9 s. */
const NANOSECONDS = 9;

/** An option's length has 16 bits. */
const MAX_OPTION = 0xffff;

export interface PcapngOptions {
  /** Remarks on the whole capture. */
  readonly comments?: readonly string[];
  /** What made it; "lwip-twin" if left out. */
  readonly application?: string;
}

/** Something that frames are captured on. */
export interface PcapngInterface {
  readonly name: string;
  readonly description?: string;
  /** Six bytes. */
  readonly mac?: Uint8Array;
}

export interface PcapngFrameOptions {
  /** Remarks on the frame, in order. */
  readonly comments?: readonly string[];
  /** From the interface's point of view. */
  readonly direction?: 'in' | 'out';
}

/** Writes a capture, block by block, into a sink. */
export class PcapngWriter {
  readonly #sink: PcapSink;
  #interfaces = 0;
  #frameCount = 0;
  #closed = false;

  /**
   * Begin a capture: the section header goes to the sink at once.
   * @param sink where the capture goes; it belongs to the writer from now on
   */
  constructor(sink: PcapSink, { comments = [], application = 'lwip-twin' }: PcapngOptions = {}) {
    this.#sink = sink;
    const body = new Body();
    body.u32(BYTE_ORDER_MAGIC);
    body.u16(1); // Version 1.0.
    body.u16(0);
    body.u32(0xffff_ffff); // Length of the section: not said.
    body.u32(0xffff_ffff);
    for (const comment of comments) body.text(OPT_COMMENT, comment);
    body.text(SHB_USERAPPL, application);
    this.#write(BLOCK_SECTION, body.withOptions());
  }

  /** Number of frames written so far. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** Announce an interface. @returns its number, for write() */
  addInterface({ name, description, mac }: PcapngInterface): number {
    if (mac !== undefined && mac.length !== 6) throw new RangeError(`mac must be 6 bytes, not ${mac.length}.`);
    const body = new Body();
    body.u16(LINKTYPE_ETHERNET);
    body.u16(0);
    body.u32(0); // No snap length.
    body.text(IF_NAME, name);
    if (description !== undefined) body.text(IF_DESCRIPTION, description);
    if (mac !== undefined) body.option(IF_MACADDR, mac);
    body.option(IF_TSRESOL, Uint8Array.of(NANOSECONDS));
    this.#write(BLOCK_INTERFACE, body.withOptions());
    return this.#interfaces++;
  }

  /** Names of addresses. @param names by address in dotted decimal */
  addNames(names: ReadonlyMap<string, string>): void {
    const body = new Body();
    for (const [address, name] of names) {
      const bytes = address.split('.').map(Number);
      if (bytes.length !== 4 || bytes.some((b) => !(b >= 0 && b <= 255))) {
        throw new TypeError(`"${address}" is not an IPv4 address.`);
      }
      body.option(NRB_RECORD_IPV4, Uint8Array.of(...bytes, ...utf8(name), 0));
    }
    body.u16(OPT_END);
    body.u16(0);
    this.#write(BLOCK_NAMES, body.bytes);
  }

  /**
   * Append a frame.
   * @param on number of an interface that was announced
   * @param tUs microseconds since the start of virtual time, a whole number, not negative
   * @param frame from the destination MAC on; not kept
   * @throws RangeError if there is no such interface or the time cannot be encoded; nothing was written then
   */
  write(on: number, tUs: number, frame: Uint8Array, { comments = [], direction }: PcapngFrameOptions = {}): void {
    if (!(Number.isInteger(on) && on >= 0 && on < this.#interfaces)) {
      throw new RangeError(`There is no interface ${on}; ${this.#interfaces} have been announced.`);
    }
    if (!Number.isSafeInteger(tUs) || tUs < 0) {
      throw new RangeError(`tUs must be a whole number of microseconds from 0, but is ${tUs}.`);
    }
    const body = new Body();
    body.u32(on);
    const [high, low] = nanoseconds(tUs);
    body.u32(high);
    body.u32(low);
    body.u32(frame.length);
    body.u32(frame.length);
    body.padded(frame);
    for (const comment of comments) body.text(OPT_COMMENT, comment);
    if (direction !== undefined) body.option(EPB_FLAGS, Uint8Array.of(direction === 'in' ? 1 : 2, 0, 0, 0));
    this.#write(BLOCK_PACKET, body.withOptions());
    this.#frameCount++;
  }

  /** Make the sink pass on everything written so far. */
  flush(): void {
    if (!this.#closed) this.#sink.flush?.();
  }

  /** End the capture; more calls do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sink.flush?.();
    this.#sink.close?.();
  }

  #write(type: number, body: Uint8Array): void {
    if (this.#closed) throw new Error('The capture is closed, nothing can be written to it.');
    const length = 12 + body.length;
    const block = new Body();
    block.u32(type);
    block.u32(length);
    block.padded(body);
    block.u32(length);
    this.#sink.write(block.bytes);
    this.#sink.commit?.();
  }
}

/** Microseconds as 64 bits of nanoseconds: [high, low], exact beyond 2^53. */
function nanoseconds(tUs: number): [number, number] {
  const upper = Math.floor(tUs / 2 ** 32);
  const lower = (tUs - upper * 2 ** 32) * 1000;
  return [upper * 1000 + Math.floor(lower / 2 ** 32), lower % 2 ** 32];
}

/** The body of a block while it is put together. */
class Body {
  #bytes = new Uint8Array(256);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u16(value: number): void {
    this.#room(2);
    this.#bytes[this.#length++] = value;
    this.#bytes[this.#length++] = value >> 8;
  }

  u32(value: number): void {
    this.u16(value % 2 ** 16);
    this.u16(Math.floor(value / 2 ** 16));
  }

  /** Bytes, filled up to a multiple of four. */
  padded(bytes: Uint8Array): void {
    const length = (bytes.length + 3) & ~3;
    this.#room(length);
    this.#bytes.set(bytes, this.#length);
    this.#bytes.fill(0, this.#length + bytes.length, this.#length + length);
    this.#length += length;
  }

  option(code: number, value: Uint8Array): void {
    this.u16(code);
    this.u16(value.length);
    this.padded(value);
  }

  text(code: number, text: string): void {
    this.option(code, utf8(text).subarray(0, MAX_OPTION));
  }

  withOptions(): Uint8Array {
    this.u16(OPT_END);
    this.u16(0);
    return this.bytes;
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#length + count));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}
