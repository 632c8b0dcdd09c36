/**
 * Wireshark's own dissectors in this process: what does somebody see who opens our capture?
 *
 * `@goodtools/wiregasm` is Wireshark compiled to WebAssembly. Checksums of IP, TCP and UDP are verified (those of ICMP and
 * IGMP always are). Loading it takes a second or more, so a test file says `beforeAll(loadWireshark, WIRESHARK_LOAD_MS)`.
 */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Time limit for a hook that loads Wireshark, in milliseconds; far more than it takes on an idle machine. */
export const WIRESHARK_LOAD_MS = 120_000;

/** A line of the packet list, as Wireshark shows it. */
export interface Packet {
  /** Running number in the capture, from 1. */
  readonly number: number;
  /** Seconds since the first packet, with 6 decimals, or 9 in a capture of nanoseconds. */
  readonly time: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  /** Length on the wire in bytes. */
  readonly length: number;
  readonly info: string;
}

/** A line of the packet details. */
export interface Field {
  /** The line as Wireshark shows it. */
  readonly label: string;
  /** Name in display filters, for example `tcp.seq_raw`; '' if it has none. */
  readonly name: string;
  /** Value as a display filter spells it, text without its quotes; '' for a protocol or a heading. */
  readonly value: string;
  /** Where its bytes stand in the frame; 0 and 0 for what Wireshark has concluded. */
  readonly start: number;
  readonly length: number;
  readonly children: readonly Field[];
}

/** A remark of a dissector about a packet. */
export interface Expert {
  readonly severity: string;
  readonly group: string;
  readonly text: string;
  /** Wireshark's name of the remark, for example `tcp.analysis.retransmission`. */
  readonly name: string;
}

/** A packet that no correct stack would have sent, or that is not whole. */
export interface Complaint {
  readonly packet: number;
  /** `truncated`: cut by the snap length. `error`: a remark of severity Error that is neither of the other kinds. */
  readonly kind: 'malformed' | 'checksum' | 'truncated' | 'error';
  readonly text: string;
  /** The Info column, so that a failing test shows which packet this is. */
  readonly info: string;
}

/** Load Wireshark unless it is loaded already. */
export async function loadWireshark(): Promise<void> {
  await wireshark();
}

/**
 * Open a capture. Wireshark knows one at a time: the one that was open before can no longer be asked.
 * @param bytes of a pcap or pcapng file
 * @throws Error if this is no capture, or if it ends in the middle of a record
 */
export async function openCapture(bytes: Uint8Array): Promise<Capture> {
  const lib = await wireshark();
  current?.close();
  current = undefined;
  lib.FS.writeFile(CAPTURE_PATH, bytes);
  const session = new lib.DissectSession(CAPTURE_PATH);
  const { code, error, summary } = session.load();
  // Wireshark finds a type for anything, for an empty file too.
  if (code !== 0 || !/pcap/.test(summary.file_type)) {
    session.delete();
    const reason = code === SHORT_READ ? 'it ends in the middle of a record' : error || summary.file_type;
    throw new Error(`Wireshark cannot read the capture of ${bytes.length} bytes: ${reason}.`);
  }
  current = new Capture(lib, session);
  return current;
}

/**
 * What is wrong with the packets of a capture: malformed or truncated ones, bad checksums, errors of a protocol.
 * Retransmissions, resets and lost segments are not wrong.
 * @param bytes of a pcap or pcapng file
 * @returns in the order of the packets; empty for a capture without fault, and for one without packets
 * @throws Error as `openCapture` does
 */
export async function complaints(bytes: Uint8Array): Promise<Complaint[]> {
  return (await openCapture(bytes)).complaints();
}

/** A capture that is open in Wireshark. */
export class Capture {
  readonly #lib: Wiregasm;
  readonly #session: Session;
  #closed = false;

  constructor(lib: Wiregasm, session: Session) {
    this.#lib = lib;
    this.#session = session;
  }

  /**
   * The packet list.
   * @param filter display filter, for example `tcp.flags.syn == 1`; every packet if left out
   * @throws Error if Wireshark does not understand the filter
   */
  packets(filter = ''): Packet[] {
    this.#checkFilter(filter);
    const { frames } = this.#open().getFrames(filter, 0, 0);
    return take(frames, ({ number, columns }) => {
      const [, time = '', source = '', destination = '', protocol = '', length = '', info = ''] = take(columns, same);
      return { number, time, source, destination, protocol, length: Number(length), info };
    });
  }

  /**
   * The packet details, one tree per protocol. Takes some milliseconds: with many packets, filter first.
   * @param packet number from 1
   * @throws RangeError if there is no such packet
   */
  tree(packet: number): Field[] {
    const frame = this.#open().getFrame(packet);
    frame.comments.delete();
    frame.data_sources.delete();
    frame.follow.delete();
    const tree = fieldsOf(frame.tree);
    if (tree.length === 0) {
      throw new RangeError(`packet must be the number of a packet in the capture, but is ${packet}.`);
    }
    return tree;
  }

  /**
   * The values of a field, outermost and first ones first.
   * @param packet number from 1
   * @param name in display filters, for example `tcp.seq_raw`
   * @throws Error if Wireshark knows no field of that name
   */
  values(packet: number, name: string): string[] {
    this.#checkFilter(name);
    return flat(this.tree(packet))
      .filter((field) => field.name === name)
      .map((field) => field.value);
  }

  /**
   * What the dissectors remark about a packet.
   * @param packet number from 1
   */
  experts(packet: number): Expert[] {
    return expertsIn(flat(this.tree(packet)));
  }

  /** As the function of the same name. */
  complaints(): Complaint[] {
    return this.packets(SUSPICIOUS).flatMap(({ number, info }) =>
      faultsIn(flat(this.tree(number))).map((fault) => ({ packet: number, ...fault, info })),
    );
  }

  /** Free what Wireshark holds of it. Not needed before another capture is opened. */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#session.delete();
    }
  }

  #open(): Session {
    if (this.#closed) {
      throw new Error('The capture is closed: another one was opened since.');
    }
    return this.#session;
  }

  /** A filter with a mistake in it would otherwise just match no packet. */
  #checkFilter(filter: string): void {
    const { ok, error } = this.#lib.checkFilter(filter);
    if (!ok) {
      throw new Error(`Wireshark does not understand the display filter '${filter}': ${error}`);
    }
  }
}

/** Finds, in no time, the packets whose details are worth reading. */
const SUSPICIOUS = [
  '_ws.malformed',
  '_ws.short',
  '_ws.expert.severity == "Error"',
  '_ws.expert.group == "Malformed"',
  '_ws.expert.group == "Checksum"',
  ...['ip', 'icmp', 'igmp', 'udp', 'tcp'].map((protocol) => `${protocol}.checksum.status == "Bad"`),
].join(' || ');

function faultsIn(fields: readonly Field[]): { kind: Complaint['kind']; text: string }[] {
  const faults: { kind: Complaint['kind']; text: string }[] = [];
  for (const { severity, group, text, name } of expertsIn(fields)) {
    if (group === 'Malformed' || group === 'Checksum' || severity === 'Error') {
      const kind = group === 'Malformed' ? 'malformed' : group === 'Checksum' ? 'checksum' : 'error';
      faults.push({ kind, text: `${name}: ${text}` });
    }
  }
  for (const { name, label, value } of fields) {
    if (name === '_ws.short') {
      faults.push({ kind: 'truncated', text: label });
    } else if (name === '_ws.malformed' && !faults.some(({ kind }) => kind === 'malformed')) {
      faults.push({ kind: 'malformed', text: label });
    } else if (
      name.endsWith('.checksum.status') &&
      value === 'Bad' &&
      !faults.some(({ kind }) => kind === 'checksum')
    ) {
      faults.push({ kind: 'checksum', text: `${name}: ${label}` });
    }
  }
  return faults;
}

function expertsIn(fields: readonly Field[]): Expert[] {
  return fields
    .filter(({ name }) => name === '_ws.expert')
    .map(({ label, children }) => ({
      severity: children.find(({ name }) => name === '_ws.expert.severity')?.value ?? '',
      group: children.find(({ name }) => name === '_ws.expert.group')?.value ?? '',
      text: label.replace(/^Expert Info \([^)]*\): /, ''),
      name: children[0]?.name ?? '',
    }));
}

function fieldsOf(tree: Vector<RawField>): Field[] {
  return take(tree, ({ label, filter, start, length, tree: children }) => {
    const [, name = '', value = ''] = /^(\S+) == (.*)$/s.exec(filter) ?? ['', filter, ''];
    const text = /^"(.*)"$/s.exec(value)?.[1]?.replace(/\\(.)/gs, '$1') ?? value;
    return { label, name, value: text, start, length, children: fieldsOf(children) };
  });
}

function flat(tree: readonly Field[]): Field[] {
  return tree.flatMap((field) => [field, ...flat(field.children)]);
}

// The part of the library that is used here. Its own types leave out delete(), without which its memory only grows.

interface Vector<T> {
  size(): number;
  get(index: number): T;
  delete(): void;
}

interface RawField {
  readonly label: string;
  /** `name == value`, or only `name` for a protocol. */
  readonly filter: string;
  readonly start: number;
  readonly length: number;
  readonly tree: Vector<RawField>;
}

interface Session {
  load(): { readonly code: number; readonly error: string; readonly summary: { readonly file_type: string } };
  /** A limit of 0 means all. */
  getFrames(
    filter: string,
    skip: number,
    limit: number,
  ): { readonly frames: Vector<{ readonly number: number; readonly columns: Vector<string> }> };
  getFrame(number: number): {
    readonly comments: Vector<string>;
    readonly data_sources: Vector<unknown>;
    readonly follow: Vector<unknown>;
    readonly tree: Vector<RawField>;
  };
  delete(): void;
}

interface Wiregasm {
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void };
  /** Deleting a session crashes if another one was made after it and deleted before it. */
  readonly DissectSession: new (
    path: string,
  ) => Session;
  init(): boolean;
  setPref(module: string, key: string, value: string): { readonly code: number; readonly error: string };
  applyPreferences(): void;
  checkFilter(filter: string): { readonly ok: boolean; readonly error: string };
}

type LoadWiregasm = (overrides: {
  locateFile(file: string): string;
  print(line: string): void;
  printErr(line: string): void;
  handleStatus(type: number, message: string): void;
}) => Promise<Wiregasm>;

const CAPTURE_PATH = '/uploads/capture.pcap';
/** WTAP_ERR_SHORT_READ */
const SHORT_READ = -12;

let loading: Promise<Wiregasm> | undefined;
let current: Capture | undefined;

function wireshark(): Promise<Wiregasm> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Wiregasm> {
  const require = createRequire(import.meta.url);
  const script = require.resolve('@goodtools/wiregasm/dist/wiregasm.js');
  const loadWiregasm = require(script) as LoadWiregasm;
  const lib = await loadWiregasm({
    locateFile: (file) => join(dirname(script), file),
    // Wireshark announces every filter that it compiles; errors come back from the calls.
    print: ignore,
    printErr: ignore,
    handleStatus: ignore,
  });
  if (!lib.init()) {
    throw new Error('Wireshark cannot be initialised.');
  }
  for (const protocol of ['ip', 'udp', 'tcp']) {
    const { code, error } = lib.setPref(protocol, 'check_checksum', 'TRUE');
    if (code !== 0) {
      throw new Error(`Wireshark does not take the preference ${protocol}.check_checksum: ${error}`);
    }
  }
  lib.applyPreferences();
  return lib;
}

function ignore(): undefined {
  return undefined;
}

/** Turn a vector into an array and free it. */
function take<T, U>(vector: Vector<T>, map: (item: T) => U): U[] {
  const items = Array.from({ length: vector.size() }, (_, i) => map(vector.get(i)));
  vector.delete();
  return items;
}

function same<T>(item: T): T {
  return item;
}
