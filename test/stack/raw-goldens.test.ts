/**
 * What Espressif's core did when it was driven through its raw API by a script and a scripted peer, without sockets and
 * without an operating system. Every packet and every callback has to come from our core too, at the same millisecond
 * and in the same order.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { etharp_gratuitous } from '../../stack/etharp.ts';
import { igmp_joingroup, igmp_leavegroup } from '../../stack/igmp.ts';
import { ERR_OK, type Pbuf, pbuf_copy_partial, pbuf_free } from '../../stack/index.ts';
import {
  TcpPcb,
  TcpPcbListen,
  tcp_abort,
  tcp_bind,
  tcp_close,
  tcp_connect,
  tcp_listen_with_backlog,
  tcp_new,
  tcp_recved,
  tcp_shutdown,
} from '../../stack/tcp.ts';
import { tcp_output, tcp_write } from '../../stack/tcp_out.ts';
import { SOF_KEEPALIVE, UDP_PAYLOAD, UdpPcb, udp_bind, udpFrame, udp_sendto } from '../../stack/udp.ts';
import { address, BareStack, flagBits, HOST, PEER, pattern, readSegment } from '../support/bare-stack.ts';
import { arpFrame, tcpFrame } from '../support/frames.ts';

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'raw', file), 'utf8')) as T;
}

/** Hex digits of an address, "24:0a:..." or "192.168...", as numbers. */
function bytesOf(text: string): number[] {
  return text.includes(':') ? text.split(':').map((h) => Number.parseInt(h, 16)) : text.split('.').map(Number);
}

const ENDS = { from: 'b', srcIp: bytesOf(PEER.ip), destIp: bytesOf(HOST.ip), destMac: bytesOf(HOST.mac) } as const;

// TCP

interface TcpEvent {
  readonly t: number;
  /** What the application or the script does next, a remark, or pcb variables. */
  readonly act?: string;
  /** A raw API callback. */
  readonly cb?: string;
  readonly dir?: 'tx' | 'rx';
  readonly arp?: 'request' | 'reply';
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly win?: number;
  readonly len?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly ip_id?: number;
  readonly opt?: string;
}

interface TcpScenario {
  readonly name: string;
  readonly title: string;
  readonly events: readonly TcpEvent[];
}

/** The remarks among the acts: they name the segment that follows, or what is seen in it. */
const REMARKS: ReadonlySet<string> = new Set([
  'SYN',
  'dup SYN',
  'bad ACK',
  'good ACK with 30 bytes',
  'ACK to listener from unknown',
  'RST seq rcv_nxt+1 (in window)',
  'RST outside window',
  'RST exact',
  'SYN in established',
  'ACK beyond snd_nxt',
  'keepalive probe seq rcv_nxt-1',
  'old data',
  'old+new data overlap',
  'data far outside window',
  'six out-of-order segments, limit 4 pbufs',
  'seg 3,2,4 out of order then 1',
  'peer data after 3 s',
  'peer acks the 10',
  'peer sends data after our close',
  'peer FIN with 20 bytes',
  'peer FIN without acking ours',
  'SYN to TIME_WAIT in window',
  'SYN to TIME_WAIT outside window',
  'pure ACK to TIME_WAIT',
  'RST to TIME_WAIT',
  '30 s later',
]);

/** What an act does. The text that it returns is what it found; the others are logged as they are, before they are done. */
type Deed = (run: TcpRun, ...groups: string[]) => string | undefined;

const DEEDS: readonly (readonly [RegExp, Deed])[] = [
  [/^connect to P:80$/, (run) => run.connect()],
  [/^listen (\d+) backlog (\d+)$/, (run, port, backlog) => run.listen(Number(port), Number(backlog))],
  [/^write (\d+)(?: \(held by Nagle\)| in CLOSE_WAIT)?$/, (run, len) => run.write(Number(len))],
  [/^close(?: before output| after 30 s idle| with 100 bytes not taken)?$/, (run) => run.close()],
  [/^half close \(shutdown tx\)$/, (run) => run.shutdownTx()],
  [/^abort$/, (run) => run.abort()],
  [
    /^keepalive on: idle (\d+) s, intvl (\d+) s, cnt (\d+)$/,
    (run, ...numbers) => run.keepalive(numbers.map(Number) as [number, number, number]),
  ],
  [/^application takes (\d+) bytes$/, (run, len) => run.take(Number(len))],
];

const PRINTS: readonly (readonly [RegExp, Deed])[] = [
  [/^\w+=[-\w]+(?: \w+=[-\w]+)*$/, (run, all) => run.variables(all!)],
  [/^active=\(nil\) tw=\(nil\)$/, (run) => run.lists()],
  [/^(.*ooseq segments )\d+$/, (run, _all, words) => words! + run.ooseqSegments()],
  [/^pcb freed$/, (run) => (run.isListed ? 'pcb still there' : 'pcb freed')],
];

/** A scenario being replayed. */
class TcpRun {
  readonly log: TcpEvent[] = [];
  private readonly scenario: TcpScenario;
  private readonly host: BareStack;
  private pcb: TcpPcb | null = null;
  private readonly takesAtOnce: boolean;
  /** Bytes written and received so far: positions in the two patterns. */
  private written = 0;
  private received = 0;
  /** Sequence numbers of the first byte in either direction, once known. */
  private firstSent = 0;
  private firstReceived: number | undefined;
  private readonly outputHeldBack: boolean;

  constructor(scenario: TcpScenario) {
    const acts = scenario.events.map((e) => e.act ?? '');
    this.scenario = scenario;
    this.takesAtOnce = !acts.some((act) => act.startsWith('application takes') || act.endsWith('not taken'));
    this.outputHeldBack = acts.includes('close before output');
    this.host = new BareStack({
      peerIsKnown: !scenario.events.some((e) => e.arp !== undefined),
      rand: (n) => (n === 1 ? 65_200 - 0xc000 : 0),
      onFrame: (bytes) => this.sent(bytes),
    });
    if (/tick counter starts at 100$/.test(scenario.title)) this.host.stack.tcp_ticks = 100;
  }

  replay(): void {
    for (const event of this.scenario.events) {
      if (event.act === undefined && event.dir !== 'rx') continue;
      if (event.act === 'pcb freed') this.runUntilFreed(event.t);
      else this.host.runTo(event.t);
      if (event.act !== undefined) this.act(event.act);
      else this.receive(event);
    }
    this.host.runTo(this.scenario.events.at(-1)!.t);
  }

  get isListed(): boolean {
    const { stack } = this.host;
    return stack.tcp_active_pcbs !== null || stack.tcp_tw_pcbs !== null;
  }

  /** To the first millisecond at which the pcb is gone, which is the one that the scenario names if all is well. */
  private runUntilFreed(latestMs: number): void {
    while (this.isListed && this.host.nowMs < latestMs) this.host.runTo(this.host.nowMs + 1);
  }

  private act(act: string): void {
    for (const [pattern, print] of PRINTS) {
      const match = pattern.exec(act);
      if (match !== null) {
        const found = print(this, ...match);
        this.add({ act: found! });
        return;
      }
    }
    this.add({ act });
    if (REMARKS.has(act)) return;
    for (const [pattern, deed] of DEEDS) {
      const match = pattern.exec(act);
      if (match !== null) {
        deed(this, ...match.slice(1));
        return;
      }
    }
    throw new Error(`The act "${act}" is neither a deed nor a remark that this test knows.`);
  }

  private add(event: Omit<TcpEvent, 't'>): void {
    this.log.push({ t: this.host.nowMs, ...event });
  }

  private receive(event: TcpEvent): void {
    this.log.push(event);
    if (event.arp === 'reply') {
      this.host.input(arpFrame(2, ENDS.srcIp, ENDS.destIp, ENDS));
      return;
    }
    const { flags, seq, ack, win, len, sport, dport, opt = '' } = event;
    if (flags!.includes('S')) this.firstReceived ??= seq! + 1;
    const frame = tcpFrame({
      ...ENDS,
      ports: [sport!, dport!],
      seq: seq!,
      ack: ack!,
      flags: flagBits(flags!),
      wnd: win!,
      tcpOptions: [...Buffer.from(opt, 'hex')],
      data: [...pattern(seq! - (this.firstReceived ?? 0), len!)],
    });
    this.host.input(frame);
  }

  private sent(bytes: Uint8Array): void {
    const segment = readSegment(bytes);
    if (segment === undefined) {
      this.add({ dir: 'tx', arp: bytes[21] === 1 ? 'request' : 'reply' });
      return;
    }
    const { payload, opt, ...rest } = segment;
    this.add({ dir: 'tx', ...rest, ...(opt === '' ? {} : { opt }) });
    if (rest.flags.includes('S')) this.firstSent = rest.seq + 1;
    expect(payload).toEqual(pattern(rest.seq - this.firstSent, rest.len));
  }

  // Deeds

  connect(): undefined {
    this.pcb = tcp_new(this.host.stack);
    this.pcb.errf = (_arg: never, err) => this.add({ cb: `err ${err}` });
    tcp_connect(this.pcb, address(PEER.ip), 80, (_arg: never, pcb, err) => {
      this.add({ cb: `connected err ${err}` });
      this.attach(pcb);
      return ERR_OK;
    });
  }

  listen(port: number, backlog: number): undefined {
    const bound = tcp_new(this.host.stack);
    expect(tcp_bind(bound, 0, port)).toBe(ERR_OK);
    const listener = tcp_listen_with_backlog(bound, backlog);
    if (!(listener instanceof TcpPcbListen)) throw new Error(`listen() failed: ${listener}`);
    listener.accept = (_arg: never, pcb, err) => {
      this.add({ cb: `accept err ${err}` });
      this.pcb = pcb;
      this.attach(pcb!);
      return ERR_OK;
    };
  }

  private attach(pcb: TcpPcb): void {
    pcb.recv = (_arg: never, _pcb, p, err) => {
      this.add({ cb: `recv ${p === null ? -1 : p.tot_len} err ${err}` });
      if (p !== null) this.consume(p);
      return ERR_OK;
    };
    pcb.sent = (_arg: never, _pcb, len) => {
      this.add({ cb: `sent ${len}` });
      return ERR_OK;
    };
  }

  private consume(p: Pbuf): void {
    const bytes = new Uint8Array(p.tot_len);
    pbuf_copy_partial(p, bytes, 0, bytes.length, 0);
    expect(bytes).toEqual(pattern(this.received, bytes.length));
    this.received += bytes.length;
    pbuf_free(p);
    if (this.takesAtOnce) tcp_recved(this.pcb!, bytes.length);
  }

  write(len: number): undefined {
    expect(tcp_write(this.pcb!, pattern(this.written, len), 0, len, 0)).toBe(ERR_OK);
    this.written += len;
    if (!this.outputHeldBack) tcp_output(this.pcb!);
  }

  close(): undefined {
    expect(tcp_close(this.pcb!)).toBe(ERR_OK);
  }

  shutdownTx(): undefined {
    expect(tcp_shutdown(this.pcb!, false, true)).toBe(ERR_OK);
  }

  abort(): undefined {
    tcp_abort(this.pcb!);
  }

  keepalive([idle, intvl, cnt]: readonly [number, number, number]): undefined {
    const pcb = this.pcb!;
    pcb.so_options |= SOF_KEEPALIVE;
    pcb.keep_idle = idle * 1000;
    pcb.keep_intvl = intvl * 1000;
    pcb.keep_cnt = cnt;
  }

  take(len: number): undefined {
    tcp_recved(this.pcb!, len);
  }

  // Prints

  /** The same variables with the values that they have here. @param text "sa=0 sv=3 flags=800" */
  variables(text: string): string {
    const here: Readonly<Record<string, () => number | string>> = {
      tw: () => this.timeWaitPcbs(),
      flags: () => this.pcb!.flags.toString(16).padStart(3, '0'),
    };
    const names = text.split(' ').map((part) => part.split('=')[0]!);
    return names
      .map((name) => {
        const value = here[name]?.() ?? Reflect.get(this.pcb!, name);
        if (value === undefined) throw new Error(`A pcb has no variable named ${name}.`);
        return `${name}=${value}`;
      })
      .join(' ');
  }

  private timeWaitPcbs(): number {
    let count = 0;
    for (let pcb = this.host.stack.tcp_tw_pcbs; pcb !== null; pcb = pcb.next) count++;
    return count;
  }

  lists(): string {
    const { tcp_active_pcbs, tcp_tw_pcbs } = this.host.stack;
    const show = (list: TcpPcb | null): string => (list === null ? '(nil)' : 'pcb');
    return `active=${show(tcp_active_pcbs)} tw=${show(tcp_tw_pcbs)}`;
  }

  ooseqSegments(): number {
    let count = 0;
    for (let seg = this.pcb!.ooseq; seg !== null; seg = seg.next) count++;
    return count;
  }
}

describe('TCP through the raw API', () => {
  const { scenarios } = read<{ readonly scenarios: readonly TcpScenario[] }>('tcp-golden-traces.json');

  test('30 scenarios are here', () => expect(scenarios.length).toBe(30));

  test.each(scenarios.map((s) => [s.name, s] as const))('%s', (_name, scenario) => {
    const run = new TcpRun(scenario);
    run.replay();
    expect(run.log).toEqual(scenario.events);
  });
});
