/**
 * What must be true of a world whenever no task runs: between any two events, whatever happened before. The checks look
 * into the stacks as a debugger would, and throw an Error that names the board and what is wrong.
 */

import type { Esp32, World } from '../../device/index.ts';
import { Netbuf, Netconn } from '../../sockets/netconn.ts';
import type { LwipSock } from '../../sockets/socket.ts';
import type { Mbox } from '../../sockets/sys_arch.ts';
import { ETHARP_STATE_PENDING } from '../../stack/etharp.ts';
import type { Frame } from '../../stack/frame.ts';
import { Pbuf } from '../../stack/pbuf.ts';
import { TCP_FIN, TCP_SEQ_LEQ, TCP_SEQ_LT, TCP_SYN } from '../../stack/prot/tcp.ts';
import type { Stack } from '../../stack/stack.ts';
import {
  CLOSED,
  LAST_ACK,
  type OoseqSeg,
  SYN_SENT,
  TcpPcb,
  type TcpSeg,
  TF_BACKLOGPEND,
  TF_RTO,
  TIME_WAIT,
  tcp_state_str,
} from '../../stack/tcp_pcb.ts';

/** @throws Error if anything that always holds does not */
export function checkInvariants(world: World): void {
  if (world.scheduler.topPriority >= 0) fail('world', 'a task is ready although nothing runs');
  const next = world.events.peek();
  if (next !== undefined && next.due < world.nowUs) fail('world', `an event is due at ${next.due}, in the past`);
  const held = new Holders();
  for (const board of world.boards) {
    if (!board.isOn || board.stack === undefined) continue;
    checkStack(board.name, board.stack, held);
    checkSockets(board, held);
  }
  held.check();
}

function fail(where: string, what: string): never {
  throw new Error(`Invariant of ${where}: ${what}.`);
}

function claim(condition: boolean, where: string, what: string): void {
  if (!condition) fail(where, what);
}

/** Who holds which frame, by walking everything that can hold one. */
class Holders {
  private readonly counts = new Map<Frame, number>();

  add(frame: Frame): void {
    this.counts.set(frame, (this.counts.get(frame) ?? 0) + 1);
  }

  addChain(p: Pbuf | null): void {
    for (let q = p; q !== null; q = q.next) this.add(q.frame);
  }

  /** A frame in flight has more references than are found here; none has fewer. */
  check(): void {
    for (const [frame, count] of this.counts) {
      claim(frame.refs >= count, 'frames', `a frame has ${count} holders and ${frame.refs} references`);
    }
  }

  has(frame: Frame): boolean {
    return this.counts.has(frame);
  }
}

function checkStack(board: string, stack: Stack, held: Holders): void {
  const ports = new Map<number, number>();
  const takes = (port: number) => ports.set(port, (ports.get(port) ?? 0) + 1);
  const seen = new Set<unknown>();
  const once = (pcb: object, list: string) => {
    claim(!seen.has(pcb), board, `a pcb is twice in the lists, the second time in ${list}`);
    seen.add(pcb);
  };
  for (let pcb = stack.tcp_active_pcbs; pcb !== null; pcb = pcb.next) {
    once(pcb, 'tcp_active_pcbs');
    takes(pcb.local_port);
    checkActive(nameOf(board, pcb), pcb, held);
  }
  for (let pcb = stack.tcp_tw_pcbs; pcb !== null; pcb = pcb.next) {
    once(pcb, 'tcp_tw_pcbs');
    takes(pcb.local_port);
    const name = nameOf(board, pcb);
    claim(pcb.state === TIME_WAIT, name, 'it is in tcp_tw_pcbs');
    claim(pcb.unsent === null && pcb.unacked === null && pcb.ooseq === null, name, 'it still has a queue');
    checkIndexed(name, pcb);
  }
  if (!stack.tcp_bound_list_is_circular) {
    for (let pcb = stack.tcp_bound_pcbs; pcb !== null; pcb = pcb.next) {
      once(pcb, 'tcp_bound_pcbs');
      takes(pcb.local_port);
      claim(pcb.state === CLOSED && pcb.local_port !== 0, nameOf(board, pcb), 'it is in tcp_bound_pcbs');
    }
  }
  for (let pcb = stack.tcp_listen_pcbs; pcb !== null; pcb = pcb.next) {
    once(pcb, 'tcp_listen_pcbs');
    takes(pcb.local_port);
    let pending = 0;
    for (let p = stack.tcp_active_pcbs; p !== null; p = p.next) {
      if (p.listener === pcb && (p.flags & TF_BACKLOGPEND) !== 0) pending++;
    }
    claim(pcb.accepts_pending === pending, board, `a listener counts ${pcb.accepts_pending} of ${pending} pending`);
  }
  for (const [port, count] of ports) {
    claim(
      port === 0 || stack.tcp_index.isPortTaken(port),
      board,
      `port ${port} is used ${count} times and counted as free`,
    );
  }
  const hasTcp = stack.tcp_active_pcbs !== null || stack.tcp_tw_pcbs !== null;
  claim(!hasTcp || stack.tcpip_tcp_timer_active, board, 'there are connections and no TCP timer');
  for (let pcb = stack.udp_pcbs; pcb !== null; pcb = pcb.next) once(pcb, 'udp_pcbs');
  for (let pcb = stack.raw_pcbs; pcb !== null; pcb = pcb.next) once(pcb, 'raw_pcbs');
  checkQueues(board, stack, held);
}

function checkQueues(board: string, stack: Stack, held: Holders): void {
  const { opt } = stack;
  claim(stack.arp_table.length <= opt.ARP_TABLE_SIZE, board, 'the ARP table has grown');
  for (const e of stack.arp_table) {
    if (e === undefined) continue;
    claim(e.q.length <= opt.ARP_QUEUE_LEN, board, 'too many packets wait for ARP');
    claim(e.q.length === 0 || e.state === ETHARP_STATE_PENDING, board, 'packets wait for an address that is known');
    for (const frame of e.q) {
      claim(frame.queued > 0, board, 'a packet waits for ARP and is not marked so');
      held.add(frame);
    }
  }
  const fragments = (stack.reassembly ?? []).flatMap((d) => d.fragments);
  claim(fragments.length <= opt.IP_REASS_MAX_PBUFS, board, 'too many fragments are kept');
  for (const f of fragments) held.add(f.frame);
  for (let netif = stack.netif_list; netif !== null; netif = netif.next) {
    claim(netif.loop.length === 0, board, 'packets are left in a loop queue');
  }
}

function nameOf(board: string, pcb: TcpPcb): string {
  return `${board}, TCP port ${pcb.local_port} (${tcp_state_str[pcb.state]})`;
}

function checkActive(name: string, pcb: TcpPcb, held: Holders): void {
  const { opt } = pcb.stack;
  claim(pcb.state >= SYN_SENT && pcb.state <= LAST_ACK, name, 'it is in tcp_active_pcbs');
  claim(pcb.prev === null ? pcb.stack.tcp_active_pcbs === pcb : pcb.prev.next === pcb, name, 'its list is broken');
  checkIndexed(name, pcb);
  // A FIN that was put on the last unsent segment is sent beyond SND.LBB.
  claim(TCP_SEQ_LEQ(pcb.lastack, pcb.snd_nxt), name, `SND.UNA ${pcb.lastack} is beyond SND.NXT ${pcb.snd_nxt}`);
  claim(TCP_SEQ_LEQ(pcb.snd_nxt, (pcb.snd_lbb + 1) | 0), name, 'more was sent than was ever queued');
  claim(pcb.rcv_wnd >= 0 && pcb.rcv_wnd <= opt.TCP_WND, name, `RCV.WND is ${pcb.rcv_wnd}`);
  claim(pcb.rcv_ann_wnd >= 0 && pcb.rcv_ann_wnd <= 0xffff, name, `the announced window is ${pcb.rcv_ann_wnd}`);
  claim(pcb.snd_wnd >= 0 && pcb.snd_wnd <= 0xffff, name, `SND.WND is ${pcb.snd_wnd}`);
  claim(pcb.cwnd >= 1 && pcb.ssthresh >= 1, name, `cwnd is ${pcb.cwnd}, ssthresh ${pcb.ssthresh}`);
  claim(pcb.mss >= 1 && pcb.mss <= opt.TCP_MSS, name, `the MSS is ${pcb.mss}`);
  claim(pcb.nrtx <= 255 && pcb.persist_backoff <= 7, name, 'a retry counter ran over');
  const [unsent, unacked] = [segments(pcb.unsent), segments(pcb.unacked)];
  const count = unsent.length + unacked.length;
  claim(pcb.snd_queuelen === count, name, `snd_queuelen is ${pcb.snd_queuelen} with ${count} segments`);
  const queued = [...unsent, ...unacked].reduce((n, seg) => n + seg.len, 0);
  claim(pcb.snd_buf + queued === opt.TCP_SND_BUF, name, `snd_buf is ${pcb.snd_buf} with ${queued} bytes queued`);
  claim(pcb.unackedTail === (unacked.at(-1) ?? null), name, 'unackedTail is not the last of unacked');
  // A time-out puts unacked in front of unsent, where a segment of a fast retransmission may wait for room in the window.
  if ((pcb.flags & TF_RTO) === 0) checkOrder(name, 'unsent', unsent);
  checkOrder(name, 'unacked', unacked);
  for (const seg of [...unsent, ...unacked]) held.add(seg.frame);
  checkOoseq(name, pcb, held);
  held.addChain(pcb.refused_data);
}

function checkIndexed(name: string, pcb: TcpPcb): void {
  let p = pcb.stack.tcp_index.chain(pcb.remote_ip, pcb.remote_port, pcb.local_port);
  while (p !== null && p !== pcb) p = p.index_next;
  claim(p === pcb, name, 'it is not in the index');
}

function segments(head: TcpSeg | null): TcpSeg[] {
  const list: TcpSeg[] = [];
  for (let seg = head; seg !== null; seg = seg.next) list.push(seg);
  return list;
}

function seqLength(seg: { readonly len: number; readonly flags: number }): number {
  return seg.len + ((seg.flags & (TCP_SYN | TCP_FIN)) !== 0 ? 1 : 0);
}

function checkOrder(name: string, queue: string, list: readonly TcpSeg[]): void {
  for (const [i, seg] of list.entries()) {
    const next = list[i + 1];
    // The head that tcp_split_unsent_seg() cut keeps its FIN, which then overlaps the rest.
    const end = (seg.seqno + seg.len) | 0;
    const places = () => list.map((x) => `${(x.seqno - list[0]!.seqno) | 0}+${x.len}`).join(' ');
    claim(next === undefined || TCP_SEQ_LEQ(end, next.seqno), name, `${queue} is out of order: ${places()}`);
    claim(seqLength(seg) > 0, name, `${queue} holds an empty segment`);
  }
}

function checkOoseq(name: string, pcb: TcpPcb, held: Holders): void {
  let parts = 0;
  for (let seg: OoseqSeg | null = pcb.ooseq; seg !== null; seg = seg.next) {
    claim(TCP_SEQ_LT(pcb.rcv_nxt, seg.seqno), name, 'ooseq holds what is in order');
    claim(seg.len === seg.p.tot_len, name, `a segment of ooseq has ${seg.len} bytes and a chain of ${seg.p.tot_len}`);
    const end = (seg.seqno + seg.len) | 0;
    claim(seg.next === null || TCP_SEQ_LEQ(end, seg.next.seqno), name, 'ooseq is out of order');
    held.addChain(seg.p);
    for (let p: Pbuf | null = seg.p; p !== null; p = p.next) parts++;
  }
  claim(parts <= pcb.stack.opt.TCP_OOSEQ_MAX_PBUFS, name, `ooseq holds ${parts} parts`);
}

function checkSockets(board: Esp32, held: Holders): void {
  for (const task of board.tasks) {
    const isIdle = task.state === 'blocked' || task.state === 'done' || board.starved.includes(task);
    claim(isIdle, board.name, `task ${task.name} is ${task.state}`);
    claim(!task.semToken, board.name, `task ${task.name} left a token in its semaphore`);
  }
  const isAnyoneWaiting = board.tasks.some((t) => t.state !== 'done');
  for (const sock of board.sockets.openSockets()) {
    checkSocket(`${board.name}, descriptor ${sock.s}`, sock, held);
    const isRight = sock.fd_used === 0 || (sock.fd_used > 0 && isAnyoneWaiting);
    claim(isRight, board.name, `descriptor ${sock.s} has ${sock.fd_used} users`);
  }
}

function checkSocket(name: string, sock: LwipSock, held: Holders): void {
  const conn = sock.conn!;
  const { opt } = conn.stack;
  claim(conn.socket === sock.s, name, `its netconn believes to be ${conn.socket}`);
  claim(sock.select_waiting >= 0, name, `${sock.select_waiting} tasks select on it`);
  claim(conn.mbox_threads_waiting >= 0, name, `${conn.mbox_threads_waiting} tasks wait in its mailboxes`);
  let bytes = 0;
  for (const item of items(conn.recvmbox)) bytes += holdItem(item, held);
  if (sock.lastdata !== null) bytes += holdItem(sock.lastdata, held);
  for (const item of items(conn.acceptmbox)) {
    if (!(item instanceof Netconn)) continue;
    claim(item.socket < 0, name, 'a connection that nobody has accepted has a descriptor');
    for (const data of items(item.recvmbox)) holdItem(data, held);
  }
  if (conn.tcp instanceof TcpPcb && conn.tcp.state !== CLOSED) {
    const refused = conn.tcp.refused_data?.tot_len ?? 0;
    const room = opt.TCP_WND - conn.tcp.rcv_wnd;
    claim(bytes + refused <= room, name, `${bytes + refused} unread bytes take ${room} bytes of the window`);
  }
}

function items(mbox: Mbox<unknown> | null): readonly unknown[] {
  if (mbox === null) return [];
  const { slots } = mbox as unknown as { readonly slots: readonly unknown[] | null };
  const list = (slots ?? []).filter((item) => item !== undefined);
  claim(
    list.length === mbox.count && mbox.count <= mbox.size,
    'a mailbox',
    `it holds ${list.length} of ${mbox.size} items`,
  );
  return list;
}

/** @returns its bytes */
function holdItem(item: unknown, held: Holders): number {
  const p = item instanceof Netbuf ? item.p : item instanceof Pbuf ? item : null;
  held.addChain(p);
  return p?.tot_len ?? 0;
}

/**
 * Which frames of a world are alive, counted from now on: those that were allocated and not given back to the pool.
 * At the end of a world in which every program has ended and every connection is gone, none may be left.
 */
export class FrameAudit {
  private readonly alive = new Set<Frame>();

  constructor(world: World) {
    const pool = world.frames;
    const { alive } = this;
    const [alloc, recycle] = [pool.alloc.bind(pool), pool.recycle.bind(pool)];
    pool.alloc = (len) => {
      const frame = alloc(len);
      claim(!alive.has(frame), 'frames', 'a frame was handed out twice');
      alive.add(frame);
      return frame;
    };
    pool.recycle = (frame) => {
      claim(alive.delete(frame), 'frames', 'a frame was given back twice');
      claim(frame.queued === 0, 'frames', 'a frame was given back while it waits for ARP');
      recycle(frame);
    };
  }

  get count(): number {
    return this.alive.size;
  }
}
