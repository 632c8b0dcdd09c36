/** DNS messages (RFC 1035): field offsets, numbers, names and whole messages. Offsets count from the start of the message. */

import { getI32, getU16, putI32, putU16 } from './bytes.ts';
import type { IpAddr } from './ip6.ts';

export const DNS_ID = 0;
export const DNS_FLAGS1 = 2;
export const DNS_FLAGS2 = 3;
export const DNS_NUMQUESTIONS = 4;
export const DNS_NUMANSWERS = 6;
const DNS_NUMAUTHRR = 8;
const DNS_NUMEXTRARR = 10;
export const SIZEOF_DNS_HDR = 12;

export const DNS_FLAG1_RESPONSE = 0x80;
const DNS_FLAG1_AUTHORATIVE = 0x04;
const DNS_FLAG1_TRUNC = 0x02;
const DNS_FLAG1_RD = 0x01;
const DNS_FLAG2_RA = 0x80;
export const DNS_FLAG2_ERR_MASK = 0x0f;

/** Type and class behind the name of a question. */
export const SIZEOF_DNS_QUERY = 4;
/** Type, class, time to live and length behind the name of a record. */
export const SIZEOF_DNS_ANSWER = 10;
export const DNS_ANSWER_TTL = 4;
export const DNS_ANSWER_LEN = 8;

export const DNS_RRTYPE_A = 1;
export const DNS_RRTYPE_CNAME = 5;
export const DNS_RRTYPE_PTR = 12;
export const DNS_RRTYPE_AAAA = 28;
export const DNS_RRCLASS_IN = 1;

export const DNS_SERVER_PORT = 53;
export const DNS_MQUERY_PORT = 5353;
/** 224.0.0.251 */
export const DNS_MQUERY_IPV4_GROUP = 0xe00000fb | 0;

/** Numbers of the answer code (RFC 1035 4.1.1). */
export const DNS_RCODE_NOERROR = 0;
export const DNS_RCODE_FORMERR = 1;
export const DNS_RCODE_SERVFAIL = 2;
export const DNS_RCODE_NXDOMAIN = 3;
export const DNS_RCODE_NOTIMP = 4;
export const DNS_RCODE_REFUSED = 5;

/** The two upper bits of a length that is a pointer to an earlier name instead (RFC 1035 4.1.4). */
export const DNS_POINTER = 0xc0;
/** The longest label that RFC 1035 allows; lwIP sends longer ones too. */
const LABEL_MAX = 63;
/** Names are read up to here: RFC 1035 allows 255 bytes, lwIP sends up to 257. */
const NAME_READ_MAX = 512;

const DOT = 0x2e;

/**
 * Write a dotted name as labels. Nothing is checked: a label of up to 255 bytes gets its length, a dot at the end an empty
 * label of its own, both as lwIP does it.
 * @param name characters of one byte each, without the terminating zero
 * @returns where the name ends: name.length + 2 bytes further on
 */
export function putDnsName(b: Uint8Array, at: number, name: Uint8Array): number {
  let length = at;
  b[length] = 0;
  for (let i = 0; i < name.length; i++) {
    const to = at + 1 + i;
    if (name[i] === DOT) {
      length = to;
      b[to] = 0;
    } else {
      b[to] = name[i]!;
      b[length]!++;
    }
  }
  b[at + 1 + name.length] = 0;
  return at + name.length + 2;
}

/** The smallest message with a question. @param b has room for header, name and SIZEOF_DNS_QUERY from `at` on */
export function putDnsQuery(b: Uint8Array, at: number, id: number, name: Uint8Array, type: number): void {
  b.fill(0, at, at + SIZEOF_DNS_HDR);
  putU16(b, at + DNS_ID, id);
  b[at + DNS_FLAGS1] = DNS_FLAG1_RD;
  putU16(b, at + DNS_NUMQUESTIONS, 1);
  const end = putDnsName(b, at + SIZEOF_DNS_HDR, name);
  putU16(b, end, type);
  putU16(b, end + 2, DNS_RRCLASS_IN);
}

export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
  readonly cls: number;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds, unsigned. */
  readonly ttl: number;
  /** What the record says: an address (A, AAAA), a name (CNAME, PTR), or its bytes. */
  readonly data: IpAddr | string | Uint8Array;
}

/** A message as plain data: what servers, tests and reports work with; the resolver itself reads bytes. */
export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly isAuthoritative: boolean;
  readonly isTruncated: boolean;
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  /** Records of the authority and the additional section. */
  readonly others: readonly DnsRecord[];
  /** The message ends, or turns senseless, before all that its header announces has come. */
  readonly isCut: boolean;
}

/**
 * Read a message. Total: whatever the bytes are, what can be read is returned.
 * @param m the message and nothing else
 * @returns undefined if not even the header is there
 */
export function parseDnsMessage(m: Uint8Array): DnsMessage | undefined {
  if (m.length < SIZEOF_DNS_HDR) return undefined;
  const reader = new MessageReader(m);
  const questions = reader.list(getU16(m, DNS_NUMQUESTIONS), () => reader.question());
  const answers = reader.list(getU16(m, DNS_NUMANSWERS), () => reader.record());
  const others = reader.list(getU16(m, DNS_NUMAUTHRR) + getU16(m, DNS_NUMEXTRARR), () => reader.record());
  const flags1 = m[DNS_FLAGS1]!;
  return {
    id: getU16(m, DNS_ID),
    isResponse: (flags1 & DNS_FLAG1_RESPONSE) !== 0,
    isAuthoritative: (flags1 & DNS_FLAG1_AUTHORATIVE) !== 0,
    isTruncated: (flags1 & DNS_FLAG1_TRUNC) !== 0,
    rcode: m[DNS_FLAGS2]! & DNS_FLAG2_ERR_MASK,
    questions,
    answers,
    others,
    isCut: reader.isCut,
  };
}

class MessageReader {
  isCut = false;
  private at = SIZEOF_DNS_HDR;
  private readonly m: Uint8Array;

  constructor(m: Uint8Array) {
    this.m = m;
  }

  /** So many of them, or as many as there are. */
  list<T>(count: number, read: () => T | undefined): T[] {
    const found: T[] = [];
    for (let i = 0; i < count && !this.isCut; i++) {
      const one = read();
      if (one === undefined) this.isCut = true;
      else found.push(one);
    }
    return found;
  }

  question(): DnsQuestion | undefined {
    const name = this.name();
    if (name === undefined || this.at + SIZEOF_DNS_QUERY > this.m.length) return undefined;
    const type = getU16(this.m, this.at);
    const cls = getU16(this.m, this.at + 2);
    this.at += SIZEOF_DNS_QUERY;
    return { name, type, cls };
  }

  record(): DnsRecord | undefined {
    const { m } = this;
    const name = this.name();
    if (name === undefined || this.at + SIZEOF_DNS_ANSWER > m.length) return undefined;
    const type = getU16(m, this.at);
    const cls = getU16(m, this.at + 2);
    const ttl = getI32(m, this.at + DNS_ANSWER_TTL) >>> 0;
    const len = getU16(m, this.at + DNS_ANSWER_LEN);
    const at = this.at + SIZEOF_DNS_ANSWER;
    if (at + len > m.length) return undefined;
    this.at = at + len;
    return { name, type, cls, ttl, data: recordData(m, at, len, type) };
  }

  private name(): string | undefined {
    const found = readDnsName(this.m, this.at);
    if (found === undefined) return undefined;
    this.at = found.end;
    return found.name;
  }
}

function recordData(m: Uint8Array, at: number, len: number, type: number): DnsRecord['data'] {
  const bytes = m.slice(at, at + len);
  if (type === DNS_RRTYPE_A && len === 4) return getI32(m, at);
  if (type === DNS_RRTYPE_CNAME || type === DNS_RRTYPE_PTR) return readDnsName(m, at)?.name ?? bytes;
  return bytes;
}

/**
 * Read a name, following pointers; each must lead further back than the one before, so that no chain of them is endless.
 * @returns the dotted name, one character a byte, and where it ends; undefined if it is cut, too long, or its pointers do not lead back
 */
export function readDnsName(m: Uint8Array, from: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let size = 0;
  let at = from;
  let end = -1;
  let limit = from;
  for (;;) {
    const length = m[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: labels.join('.'), end: end < 0 ? at + 1 : end };
    if ((length & DNS_POINTER) === DNS_POINTER) {
      const low = m[at + 1];
      if (low === undefined) return undefined;
      if (end < 0) end = at + 2;
      at = ((length & ~DNS_POINTER) << 8) | low;
      if (at >= limit) return undefined;
      limit = at;
      continue;
    }
    size += 1 + length;
    if (at + 1 + length > m.length || size > NAME_READ_MAX) return undefined;
    labels.push(String.fromCharCode(...m.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

/** What encodeDnsMessage() needs; what is left out is empty, no error, not authoritative. */
export type DnsMessageParts = Pick<DnsMessage, 'id' | 'isResponse' | 'questions'> &
  Partial<Omit<DnsMessage, 'id' | 'isResponse' | 'questions' | 'isCut'>>;

/**
 * Write a message. The name of a record that is the question's becomes a pointer to it, as servers write it; other names
 * are written out.
 * @throws RangeError for a label that is empty or longer than 63 bytes
 */
export function encodeDnsMessage(parts: DnsMessageParts): Uint8Array {
  const { id, isResponse, questions, answers = [], others = [] } = parts;
  const out: number[] = new Array(SIZEOF_DNS_HDR).fill(0);
  const asked = questions[0]?.name;
  for (const q of questions) pushQuestion(out, nameBytes(q.name), q);
  for (const r of [...answers, ...others]) {
    pushQuestion(out, r.name === asked ? [DNS_POINTER, SIZEOF_DNS_HDR] : nameBytes(r.name), r);
    const data = dataBytes(r.data);
    const size = new Uint8Array(6);
    putI32(size, 0, r.ttl);
    putU16(size, 4, data.length);
    out.push(...size, ...data);
  }
  const m = Uint8Array.from(out);
  const { rcode = DNS_RCODE_NOERROR, isAuthoritative = false, isTruncated = false } = parts;
  putU16(m, DNS_ID, id);
  const kind = isResponse ? DNS_FLAG1_RESPONSE : 0;
  m[DNS_FLAGS1] =
    kind | DNS_FLAG1_RD | (isAuthoritative ? DNS_FLAG1_AUTHORATIVE : 0) | (isTruncated ? DNS_FLAG1_TRUNC : 0);
  m[DNS_FLAGS2] = (isResponse ? DNS_FLAG2_RA : 0) | rcode;
  putU16(m, DNS_NUMQUESTIONS, questions.length);
  putU16(m, DNS_NUMANSWERS, answers.length);
  putU16(m, DNS_NUMEXTRARR, others.length);
  return m;
}

function pushQuestion(out: number[], name: readonly number[], { type, cls }: DnsQuestion): void {
  out.push(...name, type >> 8, type & 0xff, cls >> 8, cls & 0xff);
}

function nameBytes(name: string): number[] {
  const out: number[] = [];
  for (const label of name === '' ? [] : name.split('.')) {
    if (label === '' || label.length > LABEL_MAX) {
      throw new RangeError(`A label of a DNS name has 1 to ${LABEL_MAX} bytes; "${name}" has one of ${label.length}.`);
    }
    out.push(label.length, ...Array.from(label, (char) => char.charCodeAt(0) & 0xff));
  }
  out.push(0);
  return out;
}

function dataBytes(data: DnsRecord['data']): readonly number[] {
  if (typeof data === 'number') return [data >>> 24, (data >> 16) & 0xff, (data >> 8) & 0xff, data & 0xff];
  return typeof data === 'string' ? nameBytes(data) : Array.from(data);
}
