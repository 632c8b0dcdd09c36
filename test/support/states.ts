/** One board with a connection in a given TCP state, and a scripted peer that is only frames: host a of support/frames.ts. */

import {
  AF_INET,
  type Esp32,
  type Lan,
  MSG_DONTWAIT,
  type Os,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  World,
} from '../../device/index.ts';
import { type TcpPcb, tcp_state_str } from '../../stack/tcp_pcb.ts';
import { arpFrame, IP, type TcpOptions, tcpFrame } from './frames.ts';
import { type Steps, start } from './worlds.ts';

export const STATES = [
  'LISTEN',
  'SYN_SENT',
  'SYN_RCVD',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
] as const;

/** What a program does with its connection: nothing, not even reading; sending back what comes; sending without reading. */
export const APPS = ['idle', 'echo', 'send'] as const;
type App = (typeof APPS)[number];
type Phase = 'wait' | 'talk' | 'close';

export type StateName = (typeof STATES)[number];

export const ACK = 0x10;
export const FIN = 0x01;
const SYN = 0x02;

/** First sequence numbers, close to the wrap: that of the peer, and that of the board. */
const PEER_ISN = 0xffff_fc00;
const BOARD_ISN = 0xffff_fe00;
const FRAME_GAP_US = 1000;

/** A board under test and what its peer knows of it. */
export class Bench {
  readonly world: World;
  readonly board: Esp32;
  /** The peer's next sequence number, and the next one that it expects; unsigned. */
  seq = PEER_ISN;
  ack = 0;
  /** Everything that was on the wire, from either side. */
  readonly wire: { readonly tUs: number; readonly bytes: Uint8Array }[] = [];
  private readonly lan: Lan;

  /**
   * @param name state that the connection between port 80 of the board and port 5000 of the peer is in
   * @param app what the board's program does with the connection from now on, as long as it is open
   * @param alt with reassembly, SO_LINGER and SO_RCVBUF, and going on after a hazard
   */
  constructor(name: StateName, app: App = 'idle', alt = false) {
    this.world = new World({ hazards: alt ? 'continue' : 'stop' });
    const { world } = this;
    this.lan = world.lan({ latencyUs: 0 });
    world.record({ keep: false }).onFrame(({ tUs, bytes }) => this.wire.push({ tUs, bytes: bytes.slice() }));
    const on = alt ? 1 : 0;
    this.board = world.esp32('b', {
      lan: this.lan,
      opt: { IP_REASSEMBLY: on, LWIP_SO_LINGER: on, LWIP_SO_RCVBUF: on },
      ip: `${IP.b.join('.')}/24`,
      mac: '02:00:00:00:00:02',
      garp: false,
      LWIP_HOOK_TCP_ISN: () => BOARD_ISN,
    });
    let phase: Phase = 'wait';
    start(this.board, { priority: 4 }, (os) => (name === 'SYN_SENT' ? connect(os) : serve(os, app, () => phase)));
    start(this.board, { name: 'udp' }, udpReceiver);
    this.inject(arpFrame(1, IP.a, IP.b, { destMac: [255, 255, 255, 255, 255, 255] }));
    this.reach(name, () => {
      phase = 'close';
      this.run(20_000);
    });
    if (phase === 'wait') phase = 'talk';
  }

  private reach(name: StateName, close: () => void): void {
    if (name === 'LISTEN') return;
    if (name === 'SYN_SENT') {
      this.run(20_000);
      this.ack = BOARD_ISN;
      return;
    }
    this.send({ flags: SYN });
    this.seq++;
    this.ack = BOARD_ISN + 1;
    if (name === 'SYN_RCVD') return;
    this.send({ flags: ACK });
    const fin = (acknowledges: boolean) => {
      this.send({ flags: FIN | ACK, ack: acknowledges ? this.ack : BOARD_ISN + 1 });
      this.seq++;
    };
    if (name === 'CLOSE_WAIT' || name === 'LAST_ACK') fin(true);
    if (name === 'ESTABLISHED' || name === 'CLOSE_WAIT') return;
    close();
    this.ack++;
    if (name === 'FIN_WAIT_2' || name === 'TIME_WAIT') this.send({ flags: ACK });
    if (name === 'CLOSING') fin(false);
    if (name === 'TIME_WAIT') fin(true);
  }

  /** A segment of the connection from the peer; what is left out is as it should be. */
  send(o: TcpOptions): void {
    const ack = ((o.flags ?? ACK) & ACK) === 0 ? 0 : this.ack;
    this.inject(tcpFrame({ seq: this.seq >>> 0, ack: ack >>> 0, ...o }));
  }

  /** The peer has received all that the board has sent. */
  acknowledge(): void {
    const pcb = this.board.stack.tcp_active_pcbs;
    if (pcb !== null) this.ack = pcb.snd_nxt >>> 0;
    this.send({ flags: ACK });
  }

  /** Any frame, now; then the world goes on for a millisecond. */
  inject(bytes: Uint8Array): void {
    this.wire.push({ tUs: this.world.nowUs, bytes });
    this.lan.inject({ tUs: this.world.nowUs, to: 'b', bytes });
    this.run(FRAME_GAP_US);
  }

  run(us: number): void {
    this.world.runSync({ until: this.world.nowUs + us, stopWhenIdle: false });
  }

  /** State of the connection; LISTEN if there is none but a listener, CLOSED if there is nothing. */
  get state(): string {
    const { tcp_active_pcbs, tcp_tw_pcbs, tcp_listen_pcbs } = this.board.stack;
    const pcb: TcpPcb | null = tcp_active_pcbs ?? tcp_tw_pcbs;
    if (pcb !== null) return tcp_state_str[pcb.state]!;
    return tcp_listen_pcbs === null ? 'CLOSED' : 'LISTEN';
  }
}

function* serve(os: Os, app: App, phase: () => Phase): Steps<void> {
  const l = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(l, sockaddr_in('0.0.0.0', 80));
  yield* os.listen(l, 4);
  const s = yield* os.accept(l);
  const buffer = new Uint8Array(1000);
  while (phase() !== 'close') {
    const talks = phase() === 'talk';
    if (talks && app === 'echo')
      yield* os.send(s, buffer, Math.max(0, yield* os.recv(s, buffer, 700, MSG_DONTWAIT)), MSG_DONTWAIT);
    if (talks && app === 'send') yield* os.send(s, buffer, 700, MSG_DONTWAIT);
    yield* os.vTaskDelay(1);
  }
  yield* os.close(s);
}

function* connect(os: Os): Steps<void> {
  const s = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
  yield* os.vTaskDelay(1);
  yield* os.connect(s, sockaddr_in(IP.a.join('.'), 5000));
  yield* os.recv(s, new Uint8Array(100));
}

function* udpReceiver(os: Os): Steps<void> {
  const s = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
  for (const buffer = new Uint8Array(2000); ; ) yield* os.recv(s, buffer);
}
