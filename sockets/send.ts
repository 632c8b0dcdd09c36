/** Sending, step by step as lwIP does it. Source: lwIP sockets.c, api_lib.c */

import { FRAME_TRANSPORT } from '../stack/frame.ts';
import { rawFrame } from '../stack/raw.ts';
import { UDP_PAYLOAD, udpFrame } from '../stack/udp.ts';
import type { ApiMsg } from './api_msg.ts';
import { lwip_netconn_do_send, lwip_netconn_do_write } from './api_msg.ts';
import { AF_INET6, IOV_MAX, MSG_DONTWAIT, MSG_MORE } from './constants.ts';
import { EINVAL, EIO, EMSGSIZE, ENOMEM, EOPNOTSUPP } from './errno.ts';
import { NETCONN_TCP, NETCONN_UDP, type Netconn } from './netconn.ts';
import type { Result } from './polled_op.ts';
import { isInet, ntohl, ntohs, sa_family, type sockaddr, type sockaddr_in } from './sockaddr.ts';
import { onSocket } from './socket_call.ts';
import { resultOf, type Sockets } from './sockets.ts';
import type { Op, SysThread } from './sys_arch.ts';

/** struct msghdr; iov_base and iov_len are one Uint8Array. */
export interface msghdr {
  msg_name: sockaddr_in | null;
  msg_iov: Uint8Array[];
  msg_flags: number;
}

const NO_ADDRESS = 0;

export function lwip_send(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  data: Uint8Array,
  size: number,
  flags: number,
): Op<number> {
  return lwip_sendto(sockets, thread, s, data, size, flags, null);
}

export function lwip_sendto(
  sockets: Sockets,
  thread: SysThread,
  s: number,
  data: Uint8Array,
  size: number,
  flags: number,
  to: sockaddr | null,
): Op<number> {
  const part = size === data.length ? data : data.subarray(0, size);
  return onSocket(sockets, thread, s, ({ conn }) => {
    if (conn!.type === NETCONN_TCP) return write(sockets, thread, conn!, [part], flags);
    return sendDatagram(sockets, thread, conn!, [part], to);
  });
}

export function lwip_sendmsg(sockets: Sockets, thread: SysThread, s: number, msg: msghdr, flags: number): Op<number> {
  return onSocket(sockets, thread, s, ({ conn }) => {
    const count = msg.msg_iov.length;
    if (count === 0 || count > IOV_MAX) return sockets.fail(thread, EMSGSIZE);
    if ((flags & ~(MSG_DONTWAIT | MSG_MORE)) !== 0) return sockets.fail(thread, EOPNOTSUPP);
    if (conn!.type === NETCONN_TCP) return write(sockets, thread, conn!, msg.msg_iov, flags);
    return sendDatagram(sockets, thread, conn!, msg.msg_iov, msg.msg_name);
  });
}

export function lwip_writev(sockets: Sockets, thread: SysThread, s: number, iov: Uint8Array[]): Op<number> {
  return lwip_sendmsg(sockets, thread, s, { msg_name: null, msg_iov: iov, msg_flags: 0 }, 0);
}

/** Source: lwIP netconn_write_vectors_partly() */
function write(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  vector: readonly Uint8Array[],
  flags: number,
): Result {
  const parts = sockets.transferLimit === Number.POSITIVE_INFINITY ? vector : firstBytes(vector, sockets.transferLimit);
  let total = 0;
  for (const part of parts) total += part.length;
  if (total === 0) return 0;
  const msg = sockets.msg(thread, conn);
  msg.vector = parts.length === 1 ? parts : parts.filter((part) => part.length > 0);
  msg.vectorIndex = 0;
  msg.vectorOffset = 0;
  msg.offset = 0;
  msg.total = total;
  msg.apiflags = flags;
  if (conn.send_timeout !== 0) msg.time_started = sockets.sys.sys_now();
  return sockets.post(thread, lwip_netconn_do_write, msg, written);
}

function written(msg: ApiMsg): number {
  return resultOf(msg, msg.offset);
}

/** Not more than so many bytes of a vector. */
function firstBytes(vector: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  return vector.map((part) => {
    const first = part.subarray(0, left);
    left -= first.length;
    return first;
  });
}

function sendDatagram(
  sockets: Sockets,
  thread: SysThread,
  conn: Netconn,
  vector: readonly Uint8Array[],
  to: sockaddr | null,
): Result {
  let size = 0;
  for (const part of vector) size += part.length;
  if (size > 0xffff) return sockets.fail(thread, EMSGSIZE);
  if (to !== null && !isInet(to)) return sockets.fail(thread, sa_family(to) === AF_INET6 ? EINVAL : EIO);
  if (sockets.tcpip.stack.lacks('pbuf')) return sockets.fail(thread, ENOMEM);
  const isUdp = conn.type === NETCONN_UDP;
  const frame = isUdp ? udpFrame(sockets.tcpip.stack, size) : rawFrame(sockets.tcpip.stack, size);
  let at = isUdp ? UDP_PAYLOAD : FRAME_TRANSPORT;
  for (const part of vector) {
    frame.bytes.set(part, at);
    at += part.length;
  }
  const msg = sockets.msg(thread, conn);
  msg.frame = frame;
  msg.addr = to === null ? NO_ADDRESS : ntohl(to.sin_addr.s_addr) | 0;
  msg.port = to === null ? 0 : ntohs(to.sin_port);
  msg.n = size;
  return sockets.post(thread, lwip_netconn_do_send, msg, sent);
}

function sent(msg: ApiMsg): number {
  return resultOf(msg, msg.n);
}
