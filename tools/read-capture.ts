/** Captures read back: classic pcap of either byte order and resolution, and pcapng, as the records of a trace. */

import type { FrameRecord, NoteRecord } from '../device/trace.ts';

/** What a capture holds. Senders are known from pcapng's interfaces only, as formatPcapng() names them: "server@lan0". */
export interface Capture {
  readonly frames: readonly FrameRecord[];
  /** pcapng's comments, each behind its frame. */
  readonly notes: readonly NoteRecord[];
}

const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;
const PCAP_HEADER = 24;
const PCAP_RECORD = 16;

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPT_COMMENT = 1;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const LINKTYPE_ETHERNET = 1;

/** @throws Error that says what is wrong, without the name of the file */
export function readCapture(bytes: Uint8Array): Capture {
  if (bytes.length < 12) throw new Error('it is too short for a capture');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) === BLOCK_SECTION) return readPcapng(view, bytes);
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === MAGIC_US || magic === MAGIC_NS) return readPcap(view, bytes, little, magic === MAGIC_NS ? 1000 : 1);
  }
  throw new Error('it is neither pcap nor pcapng');
}

function readPcap(view: DataView, bytes: Uint8Array, little: boolean, perUs: number): Capture {
  const linkType = bytes.length < PCAP_HEADER ? -1 : view.getUint32(20, little) & 0xffff;
  if (linkType !== LINKTYPE_ETHERNET) throw new Error('it does not hold Ethernet frames');
  const frames: FrameRecord[] = [];
  for (let at = PCAP_HEADER; at + PCAP_RECORD <= bytes.length; ) {
    const tUs = view.getUint32(at, little) * 1e6 + Math.floor(view.getUint32(at + 4, little) / perUs);
    const length = view.getUint32(at + 8, little);
    const from = at + PCAP_RECORD;
    if (from + length > bytes.length) break;
    frames.push(frame(frames.length, tUs, 'capture', '', bytes.subarray(from, from + length)));
    at = from + length;
  }
  return { frames, notes: [] };
}

interface Interface {
  readonly name: string;
  /** Units of its times in a microsecond. */
  readonly perUs: number;
}

function readPcapng(view: DataView, bytes: Uint8Array): Capture {
  const little = view.getUint32(8, true) === BYTE_ORDER_MAGIC;
  const frames: FrameRecord[] = [];
  const notes: NoteRecord[] = [];
  const interfaces: Interface[] = [];
  let n = 0;
  for (let at = 0; at + 12 <= bytes.length; ) {
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || at + length > bytes.length) break;
    if (type === BLOCK_INTERFACE) interfaces.push(readInterface(view, bytes, at, length, little));
    if (type === BLOCK_PACKET) {
      const on = interfaces[view.getUint32(at + 8, little)];
      if (on === undefined) throw new Error('a packet names an interface that was not announced');
      const time = view.getUint32(at + 12, little) * 2 ** 32 + view.getUint32(at + 16, little);
      const size = view.getUint32(at + 20, little);
      const [from, lan] = on.name.includes('@') ? (on.name.split('@') as [string, string]) : ['', on.name];
      const tUs = Math.floor(time / on.perUs);
      frames.push(frame(n++, tUs, lan, from, bytes.subarray(at + 28, at + 28 + size)));
      const options = at + 28 + ((size + 3) & ~3);
      for (const [code, value] of optionsOf(view, bytes, options, at + length - 4, little)) {
        if (code === OPT_COMMENT) notes.push({ kind: 'note', n: n++, tUs, board: '', text: textOf(value) });
      }
    }
    at += (length + 3) & ~3;
  }
  return { frames, notes };
}

function readInterface(view: DataView, bytes: Uint8Array, at: number, length: number, little: boolean): Interface {
  if (view.getUint16(at + 8, little) !== LINKTYPE_ETHERNET) throw new Error('it does not hold Ethernet frames alone');
  let name = 'capture';
  let perUs = 1;
  for (const [code, value] of optionsOf(view, bytes, at + 16, at + length - 4, little)) {
    if (code === IF_NAME) name = textOf(value);
    // A power of ten: microseconds if nothing is said.
    if (code === IF_TSRESOL && value[0]! < 128) perUs = 10 ** (value[0]! - 6);
  }
  return { name, perUs };
}

function* optionsOf(
  view: DataView,
  bytes: Uint8Array,
  from: number,
  end: number,
  little: boolean,
): Generator<readonly [number, Uint8Array]> {
  for (let at = from; at + 4 <= end; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) return;
    yield [code, bytes.subarray(at + 4, at + 4 + length)];
    at += 4 + ((length + 3) & ~3);
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function frame(n: number, tUs: number, lan: string, from: string, bytes: Uint8Array): FrameRecord {
  return { kind: 'frame', n, tUs, lan, from, fault: '', lost: false, bytes };
}
