/**
 * A resolver alone on a bare stack, and the name servers that a test plays: what it asks, and answers made by hand.
 * Deliberately knows nothing of stack/prot: what it writes down is checked against what the code under test reads.
 */

import { dns_gethostbyname_addrtype, dns_setserver, LWIP_DNS_ADDRTYPE_IPV4_IPV6 } from '../../stack/dns.ts';
import { ERR_INPROGRESS, ERR_OK } from '../../stack/err.ts';
import { ArpEntry, ETHARP_STATE_STATIC } from '../../stack/etharp.ts';
import { parseEthAddr } from '../../stack/prot/ethernet.ts';
import { type IpAddr, ipaddr_ntoa } from '../../stack/prot/ip6.ts';
import { address, BareStack, PEER } from './bare-stack.ts';
import { udpFrame } from './frames.ts';

/** A question as it was sent. */
export interface Asked {
  readonly atMs: number;
  readonly server: string;
  readonly port: number;
  readonly id: number;
  readonly name: string;
  /** 1 A, 28 AAAA */
  readonly type: number;
}

/** What has become of a call: an address, null, or the err_t that it gave at once; undefined while it waits. */
export interface Lookup {
  result: string | null | number | undefined;
}

export const A = 1;
export const CNAME = 5;
export const AAAA = 28;

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];
const chars = (text: string): number[] => [...Buffer.from(text, 'latin1')];

/** Labels, with the root's at the end. */
export function labels(name: string): number[] {
  return [...name.split('.').flatMap((label) => [label.length, ...chars(label)]), 0];
}

export interface RecordOptions {
  readonly ttl?: number;
  readonly cls?: number;
  /** Announced length, if it is not the data's. */
  readonly len?: number;
  /** Bytes of the name; a pointer to the question if left out. */
  readonly name?: readonly number[];
}

export function record(type: number, data: readonly number[], o: RecordOptions = {}): number[] {
  const { ttl = 60, cls = 1, len = data.length, name = [0xc0, 12] } = o;
  return [...name, ...u16(type), ...u16(cls), ...u32(ttl), ...u16(len), ...data];
}

export interface AnswerOptions {
  readonly id?: number;
  readonly flags?: readonly [number, number];
  readonly questions?: number;
  /** Announced number of answers, if it is not that of the records. */
  readonly answers?: number;
  /** Bytes of the question's name. */
  readonly name?: readonly number[];
  readonly type?: number;
  readonly cls?: number;
}

/** An answer to a question, with these records. */
export function answer(asked: Asked, records: readonly (readonly number[])[], o: AnswerOptions = {}): number[] {
  const { id = asked.id, flags = [0x81, 0x80], questions = 1, answers = records.length } = o;
  const { name = labels(asked.name), type = asked.type, cls = 1 } = o;
  const header = [...u16(id), ...flags, ...u16(questions), ...u16(answers), 0, 0, 0, 0];
  return [...header, ...name, ...u16(type), ...u16(cls), ...records.flat()];
}

/** Whose hardware address is known, besides the peer's. */
const NEIGHBOURS = ['192.168.1.3', '192.168.1.4', '192.168.1.99'];

export class ResolverStage {
  readonly asked: Asked[] = [];
  readonly board: BareStack;

  /** @param servers up to three addresses  @param rand the n-th random number */
  constructor(servers: readonly string[] = [PEER.ip], rand: (n: number) => number = (n) => 2000 + n) {
    this.board = new BareStack({ onFrame: (frame) => this.note(frame), rand });
    servers.forEach((server, n) => {
      dns_setserver(this.stack, n, address(server));
    });
    NEIGHBOURS.forEach((ip, n) => {
      const entry = new ArpEntry(address(ip), this.board.netif);
      entry.state = ETHARP_STATE_STATIC;
      entry.ethaddr = parseEthAddr(PEER.mac);
      this.stack.arp_table[1 + n] = entry;
    });
  }

  get stack(): BareStack['stack'] {
    return this.board.stack;
  }

  protected note(frame: Uint8Array): void {
    const b = Buffer.from(frame);
    if (b.readUInt16BE(12) !== 0x0800 || b[23] !== 17) return;
    const port = b.readUInt16BE(36);
    if (port !== 53 && port !== 5353) return;
    const parts: string[] = [];
    let at = 54;
    for (let n = b[at]!; n > 0; n = b[at]!) {
      parts.push(b.toString('latin1', at + 1, at + 1 + n));
      at += n + 1;
    }
    this.asked.push({
      atMs: this.board.nowMs,
      server: b.subarray(30, 34).join('.'),
      port: b.readUInt16BE(34),
      id: b.readUInt16BE(42),
      name: parts.join('.'),
      type: b.readUInt16BE(at + 1),
    });
  }

  /** The last question. */
  get last(): Asked {
    return this.asked.at(-1)!;
  }

  lookup(name: string, type = LWIP_DNS_ADDRTYPE_IPV4_IPV6): Lookup {
    const lookup: Lookup = { result: undefined };
    const addr: { value: IpAddr } = { value: 0 };
    const found = (ip: IpAddr | null): void => {
      lookup.result = ip === null ? null : ipaddr_ntoa(ip);
    };
    const err = dns_gethostbyname_addrtype(this.stack, name, addr, found, type);
    if (err === ERR_OK) lookup.result = ipaddr_ntoa(addr.value);
    else if (err !== ERR_INPROGRESS) lookup.result = err;
    return lookup;
  }

  /** A datagram to the port of a question. */
  send(to: Pick<Asked, 'port'>, data: readonly number[], from: string = PEER.ip, srcPort = 53): void {
    const quad = (ip: string): number[] => ip.split('.').map(Number);
    const own = [0x24, 0x0a, 0xc4, 0, 0, 1];
    this.board.input(
      udpFrame({
        destMac: own,
        srcIp: quad(from),
        destIp: quad('192.168.1.10'),
        ports: [srcPort, to.port],
        data: [...data],
      }),
    );
  }

  /** Run to so many milliseconds after now. */
  pass(ms: number): void {
    this.board.runTo(this.board.nowMs + ms);
  }

  /** Local UDP ports in use, the last bound first. */
  get ports(): number[] {
    const ports: number[] = [];
    for (let pcb = this.stack.udp_pcbs; pcb !== null; pcb = pcb.next) ports.push(pcb.local_port);
    return ports;
  }
}
