/** Options and modes of sockets: getsockopt, setsockopt, ioctl, fcntl. Source: lwIP sockets.c */

import { TcpPcb, TF_FIN } from '../stack/tcp_pcb.ts';
import type { ApiMsg } from './api_msg.ts';
import { F_GETFL, F_SETFL, FIONBIO, FIONREAD, O_NONBLOCK, O_RDWR, O_WRONLY } from './constants.ts';
import { EBADF, ENOSYS } from './errno.ts';
import { NETCONN_FLAG_NON_BLOCKING, NETCONN_TCP, Netbuf, type Netconn } from './netconn.ts';
import type { LwipSock } from './socket.ts';
import { onSocket } from './socket_call.ts';
import type { Sockets } from './sockets.ts';
import { getsockopt, type SockoptOut, type SockoptValue, setsockopt } from './sockopt.ts';
import type { Op, SysThread } from './sys_arch.ts';
import type { TcpipThread } from './tcpip.ts';

export function lwip_getsockopt(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  level: number,
  optname: number,
  out: SockoptOut,
  optlen: number,
): Op<number> {
  return option(sockets, thread, s, (sock) => getsockopt(sock, level, optname, out, optlen));
}

export function lwip_setsockopt(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  level: number,
  optname: number,
  value: SockoptValue,
  optlen: number,
): Op<number> {
  return option(sockets, thread, s, (sock) => setsockopt(sockets, sock, level, optname, value, optlen));
}

/** @param action in the tcpip thread; returns an errno */
function option(sockets: Sockets, thread: SysThread, s: number, action: (sock: LwipSock) => number): Op<number> {
  return onSocket(sockets, thread, s, (sock) => {
    const run = (msg: ApiMsg, tcpip: TcpipThread): void => {
      msg.n = sockets.open(s) === null ? EBADF : action(sock);
      tcpip.ack(msg.thread);
    };
    return sockets.post(thread, run, sockets.msg(thread, sock.conn!), zeroOrErrno);
  });
}

function zeroOrErrno({ n: errno, thread }: ApiMsg): number {
  if (errno === 0) return 0;
  thread.errno = errno;
  return -1;
}

export function lwip_ioctl(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  cmd: number,
  argp: { value: number },
): Op<number> {
  return onSocket(sockets, thread, s, (sock) => {
    if (cmd >>> 0 === FIONBIO) setNonBlocking(sock.conn!, argp.value !== 0);
    else if (cmd >>> 0 === FIONREAD && sockets.tcpip.stack.opt.LWIP_SO_RCVBUF !== 0) argp.value = readable(sock);
    else return sockets.fail(thread, ENOSYS);
    return 0;
  });
}

export function lwip_fcntl(sockets: Sockets, thread: SysThread, s: number, cmd: number, val: number): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => {
    if (cmd === F_GETFL) return (conn!.nonBlocking ? O_NONBLOCK : 0) | accessMode(conn!);
    if (cmd !== F_SETFL || (val & ~(O_NONBLOCK | O_RDWR | O_WRONLY)) !== 0) return sockets.fail(thread, ENOSYS);
    setNonBlocking(conn!, (val & O_NONBLOCK) !== 0);
    return 0;
  });
}

function setNonBlocking(conn: Netconn, on: boolean): void {
  if (on) conn.flags |= NETCONN_FLAG_NON_BLOCKING;
  else conn.flags &= ~NETCONN_FLAG_NON_BLOCKING;
}

/** FIONREAD: bytes queued, and what is left of a chunk. */
function readable(sock: LwipSock): number {
  const last = sock.lastdata;
  const left = last === null ? 0 : last instanceof Netbuf ? last.p.tot_len : last.tot_len;
  return Math.max(sock.conn!.recv_avail, 0) + left;
}

/** Access bits of F_GETFL: those of newlib, which a half-closed or dead connection has lost. */
function accessMode(conn: Netconn): number {
  if (conn.type !== NETCONN_TCP) return O_RDWR;
  if (conn.tcp === null) return 0;
  return conn.tcp instanceof TcpPcb && (conn.tcp.flags & TF_FIN) !== 0 ? 0 : O_RDWR;
}
