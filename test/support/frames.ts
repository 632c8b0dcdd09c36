/**
 * Frames made by hand between two hosts, a (10.0.0.1, 02:..:01) and b (10.0.0.2, 02:..:02), for tests.
 * Deliberately knows nothing of stack/prot: what it writes down is checked against what the code under test reads.
 */

type Host = 'a' | 'b';

export const IP = { a: [10, 0, 0, 1], b: [10, 0, 0, 2] } as const;
const MAC = { a: [2, 0, 0, 0, 0, 1], b: [2, 0, 0, 0, 0, 2] } as const;

interface EthOptions {
  readonly from?: Host;
  readonly destMac?: readonly number[];
  readonly type?: number;
  /** Bytes after the packet. */
  readonly padding?: number;
}

interface IpOptions extends EthOptions {
  readonly srcIp?: readonly number[];
  readonly destIp?: readonly number[];
  readonly id?: number;
  /** Bytes, a multiple of 8. */
  readonly offset?: number;
  readonly more?: boolean;
  readonly ipOptions?: readonly number[];
  readonly totalLength?: number;
}

export interface TcpOptions extends IpOptions {
  readonly ports?: readonly [number, number];
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly wnd?: number;
  readonly tcpOptions?: readonly number[];
  readonly data?: readonly number[] | string;
}

export interface UdpOptions extends IpOptions {
  readonly ports?: readonly [number, number];
  readonly data?: readonly number[] | string;
  readonly noChecksum?: boolean;
  readonly length?: number;
}

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];
const bytesOf = (data: readonly number[] | string = []): number[] =>
  typeof data === 'string' ? [...Buffer.from(data, 'utf8')] : [...data];

/** RFC 1071, word by word. */
function chksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

function withChksum(bytes: number[], at: number, pseudo: readonly number[] = []): number[] {
  const sum = chksum([...pseudo, ...bytes]);
  bytes.splice(at, 2, ...u16(sum));
  return bytes;
}

export function ethFrame(packet: readonly number[], o: EthOptions = {}): Uint8Array {
  const from = o.from ?? 'a';
  const dest = o.destMac ?? MAC[from === 'a' ? 'b' : 'a'];
  const padding = new Array<number>(o.padding ?? 0).fill(0);
  return Uint8Array.from([...dest, ...MAC[from], ...u16(o.type ?? 0x0800), ...packet, ...padding]);
}

export function arpFrame(oper: number, spa: readonly number[], tpa: readonly number[], o: EthOptions = {}): Uint8Array {
  const sha = MAC[o.from ?? 'a'];
  return ethFrame([0, 1, 8, 0, 6, 4, ...u16(oper), ...sha, ...spa, 0, 0, 0, 0, 0, 0, ...tpa], { ...o, type: 0x0806 });
}

export function ip4Frame(proto: number, payload: readonly number[], o: IpOptions = {}): Uint8Array {
  const options = [...(o.ipOptions ?? [])];
  const headerLength = 20 + options.length;
  const [src, dest] = ends(o);
  const fragment = ((o.offset ?? 0) >> 3) | (o.more ? 0x2000 : 0);
  const header = [
    ...[0x40 | (headerLength / 4), 0, ...u16(o.totalLength ?? headerLength + payload.length)],
    ...[...u16(o.id ?? 1), ...u16(fragment), 64, proto, 0, 0, ...src, ...dest, ...options],
  ];
  return ethFrame([...withChksum(header, 10), ...payload], o);
}

function ends(o: IpOptions): readonly [readonly number[], readonly number[]] {
  const from = o.from ?? 'a';
  return [o.srcIp ?? IP[from], o.destIp ?? IP[from === 'a' ? 'b' : 'a']];
}

function pseudo(o: IpOptions, proto: number, length: number): number[] {
  const [src, dest] = ends(o);
  return [...src, ...dest, 0, proto, ...u16(length)];
}

export function tcpSegment(o: TcpOptions): number[] {
  const options = [...(o.tcpOptions ?? [])];
  const data = bytesOf(o.data);
  const [srcPort, destPort] = o.ports ?? (o.from === 'b' ? [80, 5000] : [5000, 80]);
  const header = [...u16(srcPort), ...u16(destPort), ...u32(o.seq ?? 0), ...u32(o.ack ?? 0)];
  header.push((20 + options.length) << 2, o.flags ?? 0x10, ...u16(o.wnd ?? 5760), 0, 0, 0, 0, ...options);
  return withChksum([...header, ...data], 16, pseudo(o, 6, header.length + data.length));
}

export function tcpFrame(o: TcpOptions): Uint8Array {
  return ip4Frame(6, tcpSegment(o), o);
}

export function udpDatagram(o: UdpOptions): number[] {
  const data = bytesOf(o.data);
  const [srcPort, destPort] = o.ports ?? (o.from === 'b' ? [9, 4000] : [4000, 9]);
  const length = o.length ?? 8 + data.length;
  const datagram = [...u16(srcPort), ...u16(destPort), ...u16(length), 0, 0, ...data];
  return o.noChecksum ? datagram : withChksum(datagram, 6, pseudo(o, 17, length));
}

export function udpFrame(o: UdpOptions): Uint8Array {
  return ip4Frame(17, udpDatagram(o), o);
}

/** @param rest identifier and sequence number or what stands there, then the data */
export function icmpFrame(type: number, code: number, rest: readonly number[], o: IpOptions = {}): Uint8Array {
  return ip4Frame(1, withChksum([type, code, 0, 0, ...rest], 2), o);
}

export function igmpFrame(type: number, maxResp: number, group: readonly number[], o: IpOptions = {}): Uint8Array {
  return ip4Frame(2, withChksum([type, maxResp, 0, 0, ...group], 2), { destIp: group, ...o });
}
