/**
 * Writes classic pcap captures, which Wireshark, tshark and tcpdump open, into memory or into a file.
 *
 * The format: a global header of 24 bytes, then for every frame a record header of 16 bytes and the captured bytes. All
 * fields are little endian, the link type is always Ethernet. This file stands on its own: it knows nothing about the
 * stack, any frame that is a `Uint8Array` from the destination MAC on will do.
 *
 * ```ts
 * const writer = new PcapWriter(fileSink('run.pcap'));
 * writer.write(1_500_000, frame); // 1.5 s of virtual time
 * writer.close();
 * ```
 *
 * Source: the Internet-Draft draft-ietf-opsawg-pcap, sections 4 and 5.
 */

import { closeSync, constants as fs, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Length of the global header in bytes. */
export const PCAP_HEADER_LENGTH = 24;
/** Length of the header before every frame in bytes. */
export const PCAP_RECORD_HEADER_LENGTH = 16;
/** Snap length that is used unless another is asked for: tcpdump's, and the longest record that Wireshark reads. */
export const DEFAULT_SNAP_LENGTH = 262_144;

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const MAX_UINT32 = 0xffff_ffff;
/** Readers take the snap length for a signed number. */
const MAX_SNAP_LENGTH = 0x7fff_ffff;

const INITIAL_CAPACITY = 65_536;
/** A capture in memory grows by at most so much at a time: pieces of this size are taken from memory that was used before. */
const MEMORY_CHUNK = 1 << 20;
/** A file is written in pieces of at least this many bytes. */
const FILE_CHUNK = 65_536;

/** Unit of the time stamps: microseconds, or nanoseconds. */
export type PcapResolution = 'us' | 'ns';

/** How a capture is written. */
export interface PcapOptions {
  /** Unit of the times given to `write()` and kept in the file; microseconds if left out. */
  readonly resolution?: PcapResolution | undefined;
  /** Bytes kept of each frame, 1..2^31-1; 262,144 if left out. The length a frame really had is recorded in any case. */
  readonly snapLength?: number | undefined;
}

/** Where a capture goes. Its methods are called one after the other, never from within each other. */
export interface PcapSink {
  /**
   * Take the next bytes of the capture, all of them.
   * @param bytes only valid during the call: the writer uses the array again
   */
  write(bytes: Uint8Array): void;
  /** What was written up to here ends at a record's end. A sink that buffers may pass on these bytes, and only these. */
  commit?(): void;
  /** Pass on everything that was committed. */
  flush?(): void;
  /** Pass on everything that was committed and let go of the file, or whatever else it is. */
  close?(): void;
}

/** A sink that keeps the capture in memory. */
export interface MemorySink extends PcapSink {
  /** Length of the capture so far in bytes. */
  readonly length: number;
  /**
   * The capture so far.
   * @returns a view, not a copy. Its bytes stay what they are when more is written, but it does not grow.
   */
  bytes(): Uint8Array;
}

/**
 * Encode the global header of a capture.
 * @param out takes 24 bytes from index 0
 * @param resolution unit of the time stamps, told apart by the magic number: 0xa1b2c3d4 or 0xa1b23c4d
 * @param snapLength most bytes that a record may hold, 1..2^31-1
 * @throws RangeError naming the argument that cannot be encoded
 * Source: draft-ietf-opsawg-pcap, section 4.
 */
export function encodePcapHeader(out: Uint8Array, resolution: PcapResolution, snapLength: number): void {
  if (resolution !== 'us' && resolution !== 'ns') {
    throw new RangeError(`resolution must be 'us' or 'ns', but is ${String(resolution)}.`);
  }
  if (!Number.isInteger(snapLength) || snapLength < 1 || snapLength > MAX_SNAP_LENGTH) {
    throw new RangeError(`snapLength must be a whole number of bytes from 1 to 2147483647, but is ${snapLength}.`);
  }
  putUint32(out, 0, resolution === 'us' ? MAGIC_MICROSECONDS : MAGIC_NANOSECONDS);
  putUint32(out, 4, 2 | (4 << 16)); // Version 2.4.
  putUint32(out, 8, 0); // Two fields that everybody writes as 0: time zone and accuracy.
  putUint32(out, 12, 0);
  putUint32(out, 16, snapLength);
  putUint32(out, 20, LINKTYPE_ETHERNET);
}

/**
 * Encode the header that stands before a frame.
 * @param out takes 16 bytes from index 0
 * @param time whole units since time 0: below 2^32 seconds, and a safe integer (104 days in nanoseconds)
 * @param unitsPerSecond 1,000,000 in a capture of microseconds, 1,000,000,000 in one of nanoseconds
 * @param capturedLength bytes that follow this header, 0..originalLength
 * @param originalLength length of the frame on the wire in bytes, 0..2^32-1
 * @throws RangeError naming the argument that cannot be encoded
 * Source: draft-ietf-opsawg-pcap, section 5.
 */
export function encodeRecordHeader(
  out: Uint8Array,
  time: number,
  unitsPerSecond: number,
  capturedLength: number,
  originalLength: number,
): void {
  const maxTime = Math.min(2 ** 32 * unitsPerSecond - 1, Number.MAX_SAFE_INTEGER);
  if (!Number.isInteger(time) || time < 0 || time > maxTime) {
    const unit = unitsPerSecond === 1_000_000 ? 'microseconds' : 'nanoseconds';
    throw new RangeError(`time must be a whole number of ${unit} from 0 to ${maxTime}, but is ${time}.`);
  }
  if (!Number.isInteger(originalLength) || originalLength < 0 || originalLength > MAX_UINT32) {
    throw new RangeError(`originalLength must be a whole number from 0 to 4294967295, but is ${originalLength}.`);
  }
  if (!Number.isInteger(capturedLength) || capturedLength < 0 || capturedLength > originalLength) {
    throw new RangeError(
      `capturedLength must be a whole number from 0 to originalLength (${originalLength}), but is ${capturedLength}.`,
    );
  }
  const seconds = Math.floor(time / unitsPerSecond);
  putUint32(out, 0, seconds);
  putUint32(out, 4, time - seconds * unitsPerSecond);
  putUint32(out, 8, capturedLength);
  putUint32(out, 12, originalLength);
}

/** Writes a capture, frame by frame, into a sink. */
export class PcapWriter {
  readonly #sink: PcapSink;
  readonly #unitsPerSecond: number;
  readonly #snapLength: number;
  readonly #recordHeader = new Uint8Array(PCAP_RECORD_HEADER_LENGTH);
  #frameCount = 0;
  #closed = false;

  /**
   * Begin a capture: the global header goes to the sink, and is flushed, at once.
   * @param sink where the capture goes; it belongs to the writer from now on, and is closed if this constructor throws
   * @param options resolution and snap length
   * @throws RangeError if an option is out of range; the sink was not written to then
   * @throws Error whatever the sink throws, for example because the disk is full
   */
  constructor(sink: PcapSink, options: PcapOptions = {}) {
    const { resolution = 'us', snapLength = DEFAULT_SNAP_LENGTH } = options;
    this.#sink = sink;
    this.#unitsPerSecond = resolution === 'us' ? 1_000_000 : 1_000_000_000;
    this.#snapLength = snapLength;
    try {
      const header = new Uint8Array(PCAP_HEADER_LENGTH);
      encodePcapHeader(header, resolution, snapLength);
      sink.write(header);
      sink.commit?.();
      sink.flush?.();
    } catch (error) {
      sink.close?.();
      throw error;
    }
  }

  /** Number of frames written so far. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /**
   * Append a frame. What is beyond the snap length is left out, and its length recorded.
   * @param time of the frame since the start of virtual time, in microseconds, or in nanoseconds if the resolution is 'ns';
   *   a whole number, not negative; frames need not come in order of time
   * @param frame from the destination MAC on, without a frame check sequence; not kept
   * @throws RangeError if the time or the length of the frame cannot be encoded; nothing was written then
   * @throws Error if the capture is closed, or whatever the sink throws
   */
  write(time: number, frame: Uint8Array): void {
    if (this.#closed) {
      throw new Error('The capture is closed, no frame can be written to it.');
    }
    const capturedLength = Math.min(frame.length, this.#snapLength);
    encodeRecordHeader(this.#recordHeader, time, this.#unitsPerSecond, capturedLength, frame.length);
    const sink = this.#sink;
    sink.write(this.#recordHeader);
    sink.write(capturedLength === frame.length ? frame : frame.subarray(0, capturedLength));
    sink.commit?.();
    this.#frameCount++;
  }

  /**
   * Make the sink pass on every frame written so far: a capture in a file can be opened up to here.
   * @throws Error whatever the sink throws
   */
  flush(): void {
    if (!this.#closed) {
      this.#sink.flush?.();
    }
  }

  /**
   * End the capture and close the sink. Closing it again does nothing.
   * @throws Error whatever the sink throws; the capture is closed all the same
   */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#sink.close?.();
    }
  }
}

/**
 * Make a capture of frames that are at hand, for example of `trace.frames`.
 * @param frames time in microseconds and bytes of each, in the order in which they shall stand in the capture
 * @param snapLength bytes kept of each frame, 1..2^31-1
 * @returns the bytes of a pcap file with microseconds
 * @throws RangeError as `PcapWriter` does
 */
export function toPcap(
  frames: Iterable<{ readonly tUs: number; readonly bytes: Uint8Array }>,
  snapLength = DEFAULT_SNAP_LENGTH,
): Uint8Array {
  const sink = memorySink();
  const writer = new PcapWriter(sink, { snapLength });
  for (const { tUs, bytes } of frames) {
    writer.write(tUs, bytes);
  }
  return sink.bytes();
}

/** Make a sink that keeps the capture in memory; `bytes()` has every frame as soon as it was written. */
export function memorySink(): MemorySink {
  return new ChunkedBytes();
}

/**
 * Make a sink that writes a file, synchronously and in pieces of 64 KiB.
 *
 * The file holds whole records at any time. A capture that is still open when the process ends, be it by an uncaught
 * exception or by `process.exit()`, is completed then. An existing file is replaced, but only when the header of the new
 * capture has been written: a file that cannot be opened or a full disk leaves it as it was.
 *
 * @param path of the file; a device or a named pipe will do as well
 * @returns the sink; its `write()` never throws, the disk is only touched in `commit()`, `flush()` and `close()`
 * @throws Error if the file cannot be opened or, later, not be written; the message names the path and the reason, `cause`
 *   is the error of `node:fs`. After a failed write every further call throws that error, except `close()`.
 */
export function fileSink(path: string): Required<PcapSink> {
  return new FileSink(path);
}

/** A capture in pieces, so that nothing is copied while it grows: they are joined when somebody asks for its bytes. */
class ChunkedBytes implements MemorySink {
  /** All but the last, cut to what they hold. */
  #full: Uint8Array[] = [];
  #last = new Uint8Array(INITIAL_CAPACITY);
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#used + length > this.#last.length) this.#grow(length);
    this.#last.set(bytes, this.#used);
    this.#used += length;
    this.#length += length;
  }

  #grow(needed: number): void {
    this.#full.push(this.#last.subarray(0, this.#used));
    this.#last = new Uint8Array(Math.max(needed, Math.min(4 * this.#last.length, MEMORY_CHUNK)));
    this.#used = 0;
  }

  bytes(): Uint8Array {
    if (this.#full.length > 0) {
      const all = new Uint8Array(this.#length);
      let at = 0;
      for (const chunk of [...this.#full, this.#last.subarray(0, this.#used)]) {
        all.set(chunk, at);
        at += chunk.length;
      }
      this.#full = [];
      this.#last = all;
      this.#used = all.length;
    }
    return this.#last.subarray(0, this.#used);
  }
}

/** What waits to be written to a file: an array that doubles when it is full. */
class GrowingBytes {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): void {
    const start = this.#length;
    const end = start + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.bytes());
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, start);
    this.#length = end;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}

/** Captures that are completed when the process ends. */
const openFiles = new Set<FileSink>();

function closeOpenFiles(): void {
  for (const file of openFiles) {
    try {
      file.close();
    } catch (error) {
      // The other captures must still be completed, and nobody is left to catch this.
      console.error(String(error));
    }
  }
}

class FileSink implements Required<PcapSink> {
  readonly #path: string;
  readonly #fd: number;
  /** A pipe or a device has no positions, and cannot be cut. */
  readonly #isRegular: boolean;
  readonly #pending = new GrowingBytes();
  #committed = 0;
  #onDisk = 0;
  #failure: Error | undefined;

  constructor(path: string) {
    this.#path = path;
    try {
      // Without O_TRUNC: what the file holds now is only given up once the new header is in its place.
      this.#fd = openSync(path, fs.O_WRONLY | fs.O_CREAT, 0o666);
    } catch (error) {
      throw cannotWrite(path, error);
    }
    this.#isRegular = fstatSync(this.#fd).isFile();
    if (openFiles.size === 0) {
      process.on('exit', closeOpenFiles);
    }
    openFiles.add(this);
  }

  write(bytes: Uint8Array): void {
    this.#pending.write(bytes);
  }

  commit(): void {
    this.#committed = this.#pending.length;
    if (this.#committed >= FILE_CHUNK) {
      this.flush();
    }
  }

  flush(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    if (this.#committed === 0) {
      return;
    }
    try {
      this.#writeOut(this.#pending.bytes().subarray(0, this.#committed));
    } catch (error) {
      this.#failure = cannotWrite(this.#path, error);
      this.#cutToWholeRecords();
      throw this.#failure;
    }
    this.#pending.clear();
    this.#committed = 0;
  }

  close(): void {
    if (!openFiles.delete(this)) {
      return;
    }
    if (openFiles.size === 0) {
      process.off('exit', closeOpenFiles);
    }
    try {
      if (this.#failure === undefined) {
        this.flush();
      }
    } finally {
      closeSync(this.#fd);
    }
  }

  #writeOut(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const position = this.#isRegular ? this.#onDisk + done : null;
      done += writeSync(this.#fd, bytes, done, bytes.length - done, position);
    }
    if (this.#onDisk === 0 && this.#isRegular) {
      ftruncateSync(this.#fd, bytes.length);
    }
    this.#onDisk += bytes.length;
  }

  #cutToWholeRecords(): void {
    if (this.#isRegular && this.#onDisk > 0) {
      try {
        ftruncateSync(this.#fd, this.#onDisk);
      } catch {
        // The failure that led here is the one to report.
      }
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EFBIG: 'the file would be larger than allowed',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such folder',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EPERM: 'permission is denied',
  EPIPE: 'the reader of the pipe has gone',
  EROFS: 'the file system is read-only',
};

function cannotWrite(path: string, cause: unknown): Error {
  // No instanceof: in a test runner with realms of its own, errors of node:fs are not of this realm's Error.
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''] ?? message;
  return new Error(`Cannot write the capture file '${path}': ${reason}.`, { cause });
}

function putUint32(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value;
  out[offset + 1] = value >>> 8;
  out[offset + 2] = value >>> 16;
  out[offset + 3] = value >>> 24;
}
