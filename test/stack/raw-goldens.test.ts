/**
 * What Espressif's core did when it was driven through its raw API by a script and a scripted peer, without sockets and
 * without an operating system. Every packet and every callback has to come from our core too, at the same millisecond
 * and in the same order.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dhcp_start } from '../../stack/dhcp.ts';
import { dns_gethostbyname_addrtype, dns_setserver, LWIP_DNS_ADDRTYPE_IPV4 } from '../../stack/dns.ts';
import { etharp_add_static_entry, etharp_gratuitous } from '../../stack/etharp.ts';
import { igmp_joingroup, igmp_leavegroup } from '../../stack/igmp.ts';
import { ERR_OK, type Pbuf, pbuf_copy_partial, pbuf_free } from '../../stack/index.ts';
import { netif_set_addr } from '../../stack/netif.ts';
import { SOF_KEEPALIVE } from '../../stack/pcb.ts';
import { parseEthAddr } from '../../stack/prot/ethernet.ts';
import {
  tcp_abort,
  tcp_bind,
  tcp_close,
  tcp_connect,
  tcp_listen_with_backlog,
  tcp_recved,
  tcp_shutdown,
} from '../../stack/tcp.ts';
import { tcp_output, tcp_write } from '../../stack/tcp_out.ts';
import { TcpPcb, TcpPcbListen } from '../../stack/tcp_pcb.ts';
import { UDP_PAYLOAD, UdpPcb, udp_bind, udp_sendto, udpFrame } from '../../stack/udp.ts';
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

/** What the application does, by the text of the act. */
const DEEDS: readonly (readonly [RegExp, (run: TcpRun, ...groups: string[]) => void])[] = [
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

/** What the script looks at: the same text, with what is found here. */
const PRINTS: readonly (readonly [RegExp, (run: TcpRun, ...groups: string[]) => string])[] = [
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
    for (const [text, print] of PRINTS) {
      const match = text.exec(act);
      if (match === null) continue;
      this.add({ act: print(this, ...match) });
      return;
    }
    this.add({ act });
    if (REMARKS.has(act)) return;
    for (const [text, deed] of DEEDS) {
      const match = text.exec(act);
      if (match === null) continue;
      deed(this, ...match.slice(1));
      return;
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

  connect(): void {
    this.pcb = new TcpPcb(this.host.stack);
    this.pcb.errf = (_arg: never, err) => this.add({ cb: `err ${err}` });
    tcp_connect(this.pcb, address(PEER.ip), 80, (_arg: never, pcb, err) => {
      this.add({ cb: `connected err ${err}` });
      this.attach(pcb);
      return ERR_OK;
    });
  }

  listen(port: number, backlog: number): void {
    const bound = new TcpPcb(this.host.stack);
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

  write(len: number): void {
    expect(tcp_write(this.pcb!, pattern(this.written, len), 0, len, 0)).toBe(ERR_OK);
    this.written += len;
    if (!this.outputHeldBack) tcp_output(this.pcb!);
  }

  close(): void {
    expect(tcp_close(this.pcb!)).toBe(ERR_OK);
  }

  shutdownTx(): void {
    expect(tcp_shutdown(this.pcb!, false, true)).toBe(ERR_OK);
  }

  abort(): void {
    tcp_abort(this.pcb!);
  }

  keepalive([idle, intvl, cnt]: readonly [number, number, number]): void {
    const pcb = this.pcb!;
    pcb.so_options |= SOF_KEEPALIVE;
    pcb.keep_idle = idle * 1000;
    pcb.keep_intvl = intvl * 1000;
    pcb.keep_cnt = cnt;
  }

  take(len: number): void {
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

// Other protocols

interface PacketEvent {
  readonly t?: number;
  readonly dir?: 'tx' | 'rx';
  /** The whole frame; '' where only a description was kept. */
  readonly hex?: string;
  /** What is in the frame, for the reader. */
  readonly what?: string;
  readonly note?: string;
}

interface Capture {
  readonly title: string;
  readonly events: readonly PacketEvent[];
}

/** A capture being replayed: the frames that arrive are the recorded ones. */
class PacketRun {
  readonly log: PacketEvent[] = [];
  readonly host: BareStack;
  private readonly arrivals: PacketEvent[];

  constructor(capture: Capture) {
    this.arrivals = capture.events.filter((e) => e.dir === 'rx');
    this.host = new BareStack({
      peerIsKnown: !capture.title.includes('ARP'),
      rand: (n) => (n === 1 ? 65_200 - 0xc000 : randomOf(capture.title, n)),
      onFrame: (bytes) => this.log.push(this.seen('tx', bytes)),
    });
  }

  private seen(dir: 'tx' | 'rx', bytes: Uint8Array): PacketEvent {
    const hex = Buffer.from(bytes).toString('hex');
    const what = arpText(bytes) ?? udpText(bytes);
    return { t: this.host.nowMs, dir, hex, ...(what === undefined ? {} : { what }) };
  }

  /** The next recorded frame arrives. */
  arrival(): void {
    const bytes = Uint8Array.from(Buffer.from(this.arrivals.shift()!.hex!, 'hex'));
    this.log.push(this.seen('rx', bytes));
    this.host.input(bytes);
  }

  note(note: string): void {
    this.log.push({ note });
  }

  udpPcb(port: number): UdpPcb {
    const pcb = new UdpPcb(this.host.stack);
    expect(udp_bind(pcb, 0, port)).toBe(ERR_OK);
    return pcb;
  }

  udpSend(pcb: UdpPcb, text: string, port: number): number {
    const frame = udpFrame(this.host.stack, text.length);
    frame.bytes.set(Buffer.from(text), UDP_PAYLOAD);
    const err = udp_sendto(pcb, frame, address(PEER.ip), port);
    frame.release();
    return err;
  }
}

/** The transaction of DHCP; port and transaction of a question to a name server; ticks of 100 ms until a group is reported again. */
function randomOf(title: string, n: number): number {
  if (title.startsWith('DNS') && n > 2) return 0x6b9b;
  return title.startsWith('DHCP') || title.startsWith('DNS') ? 0x2781e4 : 1;
}

/** "ARP op1 192.168.1.10(01) -> 192.168.1.2 dst ff:ff": addresses, last byte of the sender's MAC, ends of the destination's. */
function arpText(bytes: Uint8Array): string | undefined {
  if (bytes[12] !== 0x08 || bytes[13] !== 0x06) return undefined;
  const hex = (at: number): string => bytes[at]!.toString(16).padStart(2, '0');
  const ip = (at: number): string => bytes.subarray(at, at + 4).join('.');
  return `ARP op${bytes[21]} ${ip(28)}(${hex(27)}) -> ${ip(38)} dst ${hex(0)}:${hex(5)}`;
}

/** "IP336 id=0 ttl=64 tos=0 fo=0000 0.0.0.0>255.255.255.255 UDP 68>67 len=316 sum=5595" */
function udpText(bytes: Uint8Array): string | undefined {
  if (bytes[12] !== 0x08 || bytes[13] !== 0x00 || bytes[23] !== 17) return undefined;
  const view = Buffer.from(bytes);
  const hex = (at: number): string => view.readUInt16BE(at).toString(16).padStart(4, '0');
  const ip = (at: number): string => bytes.subarray(at, at + 4).join('.');
  const header = `IP${view.readUInt16BE(16)} id=${view.readUInt16BE(18)} ttl=${bytes[22]} tos=${bytes[15]} fo=${hex(20)}`;
  const ports = `${view.readUInt16BE(34)}>${view.readUInt16BE(36)} len=${view.readUInt16BE(38)} sum=${hex(40)}`;
  return `${header} ${ip(26)}>${ip(30)} UDP ${ports}`;
}

/** A DHCP client starts at `ms` on an interface without address. */
function startDhcp({ host }: PacketRun, ms: number): void {
  netif_set_addr(host.netif, 0, 0, 0);
  host.netif.hostname = 'espressif';
  host.runTo(ms);
  expect(dhcp_start(host.netif)).toBe(ERR_OK);
}

const GROUP = '239.1.2.3';

/** What the application did in each capture. */
const SCRIPTS: Readonly<Record<string, (run: PacketRun) => void>> = {
  'DHCP: DISCOVER, OFFER, REQUEST, ACK, ARP check, bind (hook adds option 61 as IDF does; 2.1.3-esp timing)': (run) => {
    startDhcp(run, 100);
    run.host.runTo(110);
    run.arrival();
    run.host.runTo(120);
    run.arrival();
    run.host.runTo(4100);
    run.note(`bound ip ${(run.host.netif.ip_addr >>> 0).toString(16).padStart(8, '0')}`);
  },

  'DHCP: no server': (run) => {
    startDhcp(run, 0);
    run.host.runTo(99_999);
  },

  'DNS A query example.com, two silent servers: retries and server switch': (run) => {
    const { stack } = run.host;
    etharp_add_static_entry(stack, address('192.168.1.3'), parseEthAddr('02:00:00:00:00:03'));
    dns_setserver(stack, 0, address(PEER.ip));
    dns_setserver(stack, 1, address('192.168.1.3'));
    const found = (addr: unknown) => run.note(`dns cb ${addr === null ? 'NULL' : String(addr)}`);
    const ret = dns_gethostbyname_addrtype(stack, 'example.com', { value: 0 }, found, LWIP_DNS_ADDRTYPE_IPV4);
    run.note(`ret ${ret}`);
    run.host.runTo(20_000);
  },

  'ICMP echo request (TOS 0x10, DF) and the reply': (run) => run.arrival(),

  'gratuitous ARP; ARP request for a UDP datagram, reply, datagram; answer to an ARP request': (run) => {
    etharp_gratuitous(run.host.netif);
    run.udpSend(run.udpPcb(5000), 'hello', 7);
    run.arrival();
    run.arrival();
  },

  'RST for a closed TCP port; SYN': (run) => {
    run.arrival();
    run.note('connect to P:80');
    tcp_connect(new TcpPcb(run.host.stack), address(PEER.ip), 80, () => ERR_OK);
  },

  'port unreachable for a UDP datagram with 64 payload bytes; protocol unreachable for protocol 99': (run) => {
    run.arrival();
    run.arrival();
  },

  'IGMP: two reports on join (second after a random 1..4 x 100 ms), leave': (run) => {
    const { stack } = run.host;
    run.note(`join ${igmp_joingroup(stack, 0, address(GROUP))}`);
    run.host.runTo(5000);
    run.note('leave');
    igmp_leavegroup(stack, 0, address(GROUP));
  },

  'ARP: five datagrams to a silent host (queue of 3), retries': (run) => {
    const pcb = run.udpPcb(5000);
    for (let i = 0; i < 5; i++) run.note(`send ${i} -> ${run.udpSend(pcb, 'hello', 7)}`);
    run.host.runTo(4999);
  },
};

describe('packets of the other protocols', () => {
  const { captures } = read<{ readonly captures: readonly Capture[] }>('packet-goldens.json');

  test('every capture is replayed', () => {
    expect(captures.map((c) => c.title).sort()).toEqual(Object.keys(SCRIPTS).sort());
  });

  test.each(captures.map((c) => [c.title, c] as const))('%s', (title, capture) => {
    const run = new PacketRun(capture);
    SCRIPTS[title]!(run);
    expect(run.log.length).toBe(capture.events.length);
    for (const [i, { t, dir, hex, what, note }] of capture.events.entries()) {
      if (note !== undefined) expect(run.log[i]).toEqual({ note });
      else if (hex !== '') expect(run.log[i]).toMatchObject({ t, dir, hex });
      else expect(run.log[i]).toMatchObject({ t, dir, what });
    }
  });
});
