/** When is a world at rest? What do its tasks wait for? */

import { NETCONN_TCP } from '../sockets/netconn.ts';
import type { LwipSock } from '../sockets/socket.ts';
import { dhcp_is_under_way } from '../stack/dhcp.ts';
import { dns_is_under_way } from '../stack/dns.ts';
import { etharp_has_pending } from '../stack/etharp.ts';
import { SOF_KEEPALIVE } from '../stack/pcb.ts';
import { ip4addr_ntoa } from '../stack/prot/ip4.ts';
import { sntp_is_under_way } from '../stack/sntp.ts';
import type { Stack } from '../stack/stack.ts';
import {
  CLOSE_WAIT,
  CLOSED,
  ESTABLISHED,
  LISTEN,
  SYN_RCVD,
  TcpPcb,
  TF_ACK_DELAY,
  TF_CLOSEPEND,
  tcp_state_str,
} from '../stack/tcp_pcb.ts';
import type { Esp32 } from './esp32.ts';
import type { Task } from './freertos.ts';

/** A task that has not ended. */
export interface BlockedTask {
  readonly board: string;
  readonly task: string;
  /** The call it is in, as "recv(54)"; '' if it is in none. */
  readonly call: string;
  /** What would end the wait, in words. */
  readonly waitsFor: string;
  /** It waits for a peer to come, as servers do for ever. */
  readonly isServing: boolean;
}

/**
 * Does a stack have something under way that could, by itself or through what it sends, end a task's wait? Cyclic ARP,
 * TIME_WAIT, and the timers of connections that have nothing to send do not count.
 */
export function stackCouldWakeSomebody(stack: Stack): boolean {
  if (etharp_has_pending(stack) || stack.igmp_timer_running || dhcp_is_under_way(stack)) return true;
  if (dns_is_under_way(stack) || sntp_is_under_way(stack)) return true;
  if (stack.reassembly !== null && stack.reassembly.length > 0) return true;
  for (let n = stack.netif_list; n !== null; n = n.next) if (n.loop.length > 0) return true;
  for (let pcb = stack.tcp_active_pcbs; pcb !== null; pcb = pcb.next) if (isUnderWay(pcb)) return true;
  return false;
}

function isUnderWay(pcb: TcpPcb): boolean {
  if (pcb.unsent !== null || pcb.unacked !== null || pcb.state <= SYN_RCVD) return true;
  if ((pcb.flags & (TF_ACK_DELAY | TF_CLOSEPEND)) !== 0) return true;
  // One answered probe shows that the peer lives; the next thousand would show the same.
  const isProbed = (pcb.so_options & SOF_KEEPALIVE) !== 0 && (pcb.state === ESTABLISHED || pcb.state === CLOSE_WAIT);
  return isProbed && !pcb.keepaliveAnswered;
}

/** All tasks that have not ended, in order of creation. */
export function blockedTasks(boards: readonly Esp32[]): BlockedTask[] {
  return boards.flatMap(blockedTasksOf);
}

/** The tasks of the system never end; while they have nothing to do, nobody waits for them. */
function hasNotEnded(task: Task): boolean {
  return task.state !== 'done' && !(task.state === 'blocked' && task.isDaemon !== null && task.isDaemon());
}

function blockedTasksOf(board: Esp32): BlockedTask[] {
  const blocked = board.tasks.filter(hasNotEnded).map((t) => describe(board, t));
  // Who waits for another task of its board serves as well if one of them does, from whom everything else follows.
  const serves = blocked.some((b) => b.isServing);
  return serves ? blocked.map((b) => (isWaitForTask(b) ? { ...b, isServing: true } : b)) : blocked;
}

function describe(board: Esp32, task: Task): BlockedTask {
  const call = task.body.callInProgress;
  // Its wait is over, but a task of higher priority has not let it run.
  const isReady = task.state === 'ready';
  const sock = call !== null && call.fd >= 0 ? board.sockets.open(call.fd) : null;
  return {
    board: board.name,
    task: task.name,
    call: call === null ? '' : `${call.fn}(${call.fd >= 0 ? call.fd : ''})`,
    waitsFor: call === null || isReady ? 'the processor' : waitsFor(call.fn, sock),
    isServing: call !== null && !isReady && isServing(board, call.fn, sock),
  };
}

/** What other tasks of the board can end: FreeRTOS's waits, by the name of the call. */
const TASK_WAITS: Readonly<Record<string, string>> = {
  xQueueReceive: 'an item in a queue',
  xQueuePeek: 'an item in a queue',
  xQueueSend: 'room in a queue',
  xQueueSelectFromSet: 'a queue of a set',
  xSemaphoreTake: 'a semaphore',
  xEventGroupWaitBits: 'bits of an event group',
  xEventGroupSync: 'bits of an event group',
  xTaskNotifyWait: 'a notification',
  ulTaskNotifyTake: 'a notification',
  xStreamBufferReceive: 'bytes in a stream buffer',
  xStreamBufferSend: 'room in a stream buffer',
  vTaskSuspend: 'a task that resumes it',
};

function isWaitForTask({ call, waitsFor }: BlockedTask): boolean {
  return waitsFor !== 'the processor' && call.slice(0, -2) in TASK_WAITS;
}

function waitsFor(fn: string, sock: LwipSock | null): string {
  const where = sock === null ? '' : ` (${describeSocket(sock)})`;
  switch (fn) {
    case 'accept':
      return `a connection${where}`;
    case 'connect':
      return `the peer's answer${where}`;
    case 'recv':
    case 'read':
    case 'readv':
    case 'recvfrom':
    case 'recvmsg':
      return `data${where}`;
    case 'send':
    case 'write':
    case 'writev':
    case 'sendto':
    case 'sendmsg':
      return `room in the send buffer${where}`;
    case 'close':
    case 'shutdown':
      return `its data to be acknowledged${where}`;
    case 'select':
    case 'poll':
    case 'lwip_poll':
      return 'a descriptor to become ready';
    case 'gethostbyname':
    case 'gethostbyname_r':
    case 'getaddrinfo':
      return 'the address of a host';
    case 'esp_netif_sntp_sync_wait':
      return 'the time';
    case 'waitEvent':
      return 'an event';
    case 'example_connect':
    case 'waitIp':
      return 'an address';
    case 'stdin':
      return 'a line on stdin';
    default:
      return TASK_WAITS[fn] ?? 'time to pass';
  }
}

function describeSocket(sock: LwipSock): string {
  const conn = sock.conn!;
  if (conn.type !== NETCONN_TCP) {
    const { udp } = conn;
    return udp === null ? 'raw socket' : `UDP port ${udp.local_port}`;
  }
  const { tcp } = conn;
  if (tcp === null) return 'connection gone';
  if (!(tcp instanceof TcpPcb)) return `listening on port ${tcp.local_port}`;
  const state = tcp_state_str[tcp.state];
  return tcp.state === CLOSED ? state! : `${state} with ${ip4addr_ntoa(tcp.remote_ip)}:${tcp.remote_port}`;
}

/** A listening socket, or one that is connected to nobody. */
function isUnconnected(sock: LwipSock): boolean {
  const conn = sock.conn!;
  if (conn.type !== NETCONN_TCP) return conn.udp === null || !conn.udp.connected;
  return conn.tcp !== null && (conn.tcp.state === LISTEN || conn.tcp.state === CLOSED);
}

/** A wait that servers are in for ever: for a peer to come. */
export function isServing(board: Esp32, fn: string, sock: LwipSock | null): boolean {
  switch (fn) {
    case 'accept':
      return true;
    case 'recv':
    case 'read':
    case 'recvfrom':
    case 'recvmsg':
    case 'readv':
      return sock !== null && isUnconnected(sock);
    case 'esp_netif_sntp_sync_wait':
      return board.esp_sntp.sntp.isAnswered;
    case 'select':
    case 'poll':
    case 'lwip_poll':
      return board.sockets.openSockets().every((s) => s.select_waiting === 0 || isUnconnected(s));
    default:
      return false;
  }
}
