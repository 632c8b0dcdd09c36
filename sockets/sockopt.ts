/** Socket options, handled in the tcpip thread. Source: lwIP sockets.c lwip_getsockopt_impl(), lwip_setsockopt_impl() */

import { ERR_OK } from '../stack/err.ts';
import { igmp_joingroup, igmp_leavegroup } from '../stack/igmp.ts';
import { NETIF_NO_INDEX, netif_find } from '../stack/netif.ts';
import { SOF_BROADCAST, SOF_KEEPALIVE, SOF_REUSEADDR } from '../stack/pcb.ts';
import { LISTEN, TcpPcb, TF_NODELAY } from '../stack/tcp_pcb.ts';
import { checkPcbIsThere } from './api_msg.ts';
import {
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_ACCEPTCONN,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_NO_CHECK,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDTIMEO,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPALIVE,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from './constants.ts';
import { EADDRNOTAVAIL, EINVAL, ENODEV, ENOMEM, ENOPROTOOPT, err_to_errno } from './errno.ts';
import { optionName } from './names.ts';
import { NETCONN_TCP, NETCONN_UDP, type Netconn, netconn_err } from './netconn.ts';
import type { timeval } from './select.ts';
import { htonl, type in_addr } from './sockaddr.ts';
import type { LwipSock } from './socket.ts';
import type { Sockets } from './sockets.ts';

export interface linger {
  l_onoff: number;
  /** Seconds. */
  l_linger: number;
}

export interface ip_mreq {
  /** Both in network order, as from inet_addr(). */
  imr_multiaddr: in_addr;
  imr_interface: in_addr;
}

/** The value of an option: int, struct timeval, linger, ip_mreq, in_addr, or an interface's name. */
export type SockoptValue = number | timeval | linger | ip_mreq | in_addr | string;

/** getsockopt() puts the value here. */
export interface SockoptOut {
  value: SockoptValue;
}

const SIZEOF_INT = 4;
const SIZEOF_TIMEVAL = 16;
const SIZEOF_LINGER = 8;
const SIZEOF_IFREQ = 6;
const SIZEOF_IP_MREQ = 8;
const SIZEOF_IN_ADDR = 4;
const SIZEOF_U8 = 1;

/** sizeof() of an option's argument, the optlen that a C program passes. */
export function sizeofOption(level: number, optname: number): number {
  if (level === SOL_SOCKET) {
    if (optname === SO_SNDTIMEO || optname === SO_RCVTIMEO) return SIZEOF_TIMEVAL;
    if (optname === SO_LINGER) return SIZEOF_LINGER;
    if (optname === SO_BINDTODEVICE) return SIZEOF_IFREQ;
  }
  if (level === IPPROTO_IP && (optname === IP_ADD_MEMBERSHIP || optname === IP_DROP_MEMBERSHIP)) return SIZEOF_IP_MREQ;
  return SIZEOF_INT;
}

/** The struct that an option takes, by the names of its fields; null for int, 'name' for an interface's name. */
function fieldsOf(level: number, optname: number): readonly string[] | 'name' | null {
  if (level === SOL_SOCKET) {
    if (optname === SO_SNDTIMEO || optname === SO_RCVTIMEO) return ['tv_sec', 'tv_usec'];
    if (optname === SO_LINGER) return ['l_onoff', 'l_linger'];
    if (optname === SO_BINDTODEVICE) return 'name';
  }
  if (level === IPPROTO_IP) {
    if (optname === IP_MULTICAST_IF) return ['s_addr'];
    if (optname === IP_ADD_MEMBERSHIP || optname === IP_DROP_MEMBERSHIP) return ['imr_multiaddr', 'imr_interface'];
  }
  return null;
}

/**
 * In C the compiler does not see what an option points to; here a value of the wrong kind is refused. Options that
 * lwIP does not know take anything, as it refuses them itself.
 * @throws TypeError naming the option and what it takes
 */
export function checkOptionValue(level: number, optname: number, value: SockoptValue): void {
  const name = optionName(level, optname);
  if (typeof name === 'number') return;
  const fields = fieldsOf(level, optname);
  if (fields === 'name') {
    if (typeof value !== 'string') throw new TypeError(`${name} takes the name of an interface, not ${String(value)}.`);
  } else if (fields === null) {
    if (!Number.isInteger(value)) throw new TypeError(`${name} takes a whole number, not ${describeValue(value)}.`);
  } else if (
    typeof value !== 'object' ||
    !fields.every((f) => isField(new Map<string, unknown>(Object.entries(value)).get(f)))
  ) {
    throw new TypeError(`${name} takes { ${fields.join(', ')} }, not ${describeValue(value)}.`);
  }
}

function isField(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Number.isInteger(value);
  return 's_addr' in value && Number.isInteger(value.s_addr);
}

function describeValue(value: SockoptValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A pcb of whatever kind. */
function pcbOf(conn: Netconn) {
  return conn.tcp ?? conn.udp ?? conn.raw;
}

/** EINVAL if the argument is too short or the pcb is gone; then ENOPROTOOPT if the socket is of another type. */
function check(conn: Netconn, optlen: number, size: number, type = 0): number {
  checkPcbIsThere(conn);
  if (optlen < size || pcbOf(conn) === null) return EINVAL;
  return type !== 0 && conn.type !== type ? ENOPROTOOPT : 0;
}

/** SO_BROADCAST is for UDP; SO_REUSEADDR can be left out of lwIP. */
function hasFlagOption(conn: Netconn, optname: number): boolean {
  if (optname === SO_BROADCAST) return conn.type === NETCONN_UDP;
  return optname !== SO_REUSEADDR || conn.stack.opt.SO_REUSE !== 0;
}

function sofBit(optname: number): number {
  switch (optname) {
    case SO_BROADCAST:
      return SOF_BROADCAST;
    case SO_KEEPALIVE:
      return SOF_KEEPALIVE;
    default:
      return SOF_REUSEADDR;
  }
}

/** @returns errno, 0 if `out` was filled in */
export function getsockopt(sock: LwipSock, level: number, optname: number, out: SockoptOut, optlen: number): number {
  const conn = sock.conn!;
  switch (level) {
    case SOL_SOCKET:
      return getSocketOption(conn, optname, out, optlen);
    case IPPROTO_IP:
      return getIpOption(conn, optname, out, optlen);
    case IPPROTO_TCP:
      return getTcpOption(conn, optname, out, optlen);
    default:
      return ENOPROTOOPT;
  }
}

function getSocketOption(conn: Netconn, optname: number, out: SockoptOut, optlen: number): number {
  const opt = conn.stack.opt;
  switch (optname) {
    case SO_ACCEPTCONN: {
      const err = check(conn, optlen, SIZEOF_INT, NETCONN_TCP);
      if (err === 0) out.value = conn.tcp!.state === LISTEN ? 1 : 0;
      return err;
    }
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_REUSEADDR: {
      if (!hasFlagOption(conn, optname)) return ENOPROTOOPT;
      const err = check(conn, optlen, SIZEOF_INT);
      if (err === 0) out.value = pcbOf(conn)!.so_options & sofBit(optname);
      return err;
    }
    case SO_TYPE:
      if (optlen < SIZEOF_INT) return EINVAL;
      out.value = conn.type === NETCONN_TCP ? SOCK_STREAM : conn.type === NETCONN_UDP ? SOCK_DGRAM : SOCK_RAW;
      return 0;
    case SO_ERROR:
      if (optlen < SIZEOF_INT) return EINVAL;
      out.value = err_to_errno(netconn_err(conn));
      return 0;
    case SO_SNDTIMEO:
    case SO_RCVTIMEO: {
      if (optlen < SIZEOF_TIMEVAL) return EINVAL;
      const ms = optname === SO_SNDTIMEO ? conn.send_timeout : conn.recv_timeout;
      out.value = { tv_sec: Math.trunc(ms / 1000), tv_usec: (ms % 1000) * 1000 };
      return 0;
    }
    case SO_RCVBUF:
      if (opt.LWIP_SO_RCVBUF === 0) return ENOPROTOOPT;
      if (optlen < SIZEOF_INT) return EINVAL;
      out.value = conn.recv_bufsize;
      return 0;
    case SO_LINGER:
      if (opt.LWIP_SO_LINGER === 0) return ENOPROTOOPT;
      if (optlen < SIZEOF_LINGER) return EINVAL;
      out.value = { l_onoff: conn.linger >= 0 ? 1 : 0, l_linger: Math.max(conn.linger, 0) };
      return 0;
    case SO_NO_CHECK: {
      const err = check(conn, optlen, SIZEOF_INT, NETCONN_UDP);
      if (err === 0) out.value = conn.udp!.noChecksum ? 1 : 0;
      return err;
    }
    default:
      return ENOPROTOOPT;
  }
}

function getIpOption(conn: Netconn, optname: number, out: SockoptOut, optlen: number): number {
  let err: number;
  switch (optname) {
    case IP_TTL:
      err = check(conn, optlen, SIZEOF_INT);
      if (err === 0) out.value = pcbOf(conn)!.ttl;
      return err;
    case IP_TOS:
      err = check(conn, optlen, SIZEOF_INT);
      if (err === 0) out.value = pcbOf(conn)!.tos;
      return err;
    case IP_MULTICAST_TTL:
      err = check(conn, optlen, SIZEOF_U8, NETCONN_UDP);
      if (err === 0) out.value = conn.udp!.mcast_ttl;
      return err;
    case IP_MULTICAST_IF:
      err = check(conn, optlen, SIZEOF_IN_ADDR, NETCONN_UDP);
      if (err === 0) out.value = { s_addr: htonl(conn.udp!.mcast_ip4) };
      return err;
    case IP_MULTICAST_LOOP:
      err = check(conn, optlen, SIZEOF_U8);
      if (err === 0) out.value = conn.udp?.multicastLoop === true ? 1 : 0;
      return err;
    default:
      return ENOPROTOOPT;
  }
}

/** The connection whose TCP options are asked for, or an errno. */
function tcpOf(conn: Netconn, optlen: number): TcpPcb | number {
  const err = check(conn, optlen, SIZEOF_INT, NETCONN_TCP);
  if (err !== 0) return err;
  return conn.tcp instanceof TcpPcb ? conn.tcp : EINVAL;
}

function getTcpOption(conn: Netconn, optname: number, out: SockoptOut, optlen: number): number {
  const pcb = tcpOf(conn, optlen);
  if (typeof pcb === 'number') return pcb;
  switch (optname) {
    case TCP_NODELAY:
      out.value = (pcb.flags & TF_NODELAY) !== 0 ? 1 : 0;
      return 0;
    case TCP_KEEPALIVE:
      out.value = pcb.keep_idle;
      return 0;
    case TCP_KEEPIDLE:
      out.value = Math.trunc(pcb.keep_idle / 1000);
      return 0;
    case TCP_KEEPINTVL:
      out.value = Math.trunc(pcb.keep_intvl / 1000);
      return 0;
    case TCP_KEEPCNT:
      out.value = pcb.keep_cnt;
      return 0;
    default:
      return ENOPROTOOPT;
  }
}

/** @returns errno, 0 if the option was set */
export function setsockopt(
  sockets: Sockets,
  sock: LwipSock,
  level: number,
  optname: number,
  value: SockoptValue,
  optlen: number,
): number {
  const conn = sock.conn!;
  switch (level) {
    case SOL_SOCKET:
      return setSocketOption(conn, optname, value, optlen);
    case IPPROTO_IP:
      return setIpOption(sockets, sock, conn, optname, value, optlen);
    case IPPROTO_TCP:
      return setTcpOption(conn, optname, value as number, optlen);
    default:
      return ENOPROTOOPT;
  }
}

function setSocketOption(conn: Netconn, optname: number, value: SockoptValue, optlen: number): number {
  const opt = conn.stack.opt;
  switch (optname) {
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_REUSEADDR: {
      if (!hasFlagOption(conn, optname)) return ENOPROTOOPT;
      const err = check(conn, optlen, SIZEOF_INT);
      if (err !== 0) return err;
      const pcb = pcbOf(conn)!;
      if (value !== 0) pcb.so_options |= sofBit(optname);
      else pcb.so_options &= ~sofBit(optname);
      return 0;
    }
    case SO_SNDTIMEO:
    case SO_RCVTIMEO: {
      if (optlen < SIZEOF_TIMEVAL) return EINVAL;
      const { tv_sec, tv_usec } = value as timeval;
      const ms = tv_sec * 1000 + Math.trunc(tv_usec / 1000);
      if (ms < 0) return EINVAL;
      if (optname === SO_SNDTIMEO) conn.send_timeout = ms;
      else conn.recv_timeout = ms;
      return 0;
    }
    case SO_RCVBUF:
      if (opt.LWIP_SO_RCVBUF === 0) return ENOPROTOOPT;
      if (optlen < SIZEOF_INT) return EINVAL;
      conn.recv_bufsize = value as number;
      return 0;
    case SO_LINGER:
      return opt.LWIP_SO_LINGER === 0 ? ENOPROTOOPT : setLinger(conn, value as linger, optlen);
    case SO_NO_CHECK: {
      const err = check(conn, optlen, SIZEOF_INT, NETCONN_UDP);
      if (err === 0) conn.udp!.noChecksum = value !== 0;
      return err;
    }
    case SO_BINDTODEVICE:
      return bindToDevice(conn, value as string, optlen);
    default:
      return ENOPROTOOPT;
  }
}

function setLinger(conn: Netconn, value: linger, optlen: number): number {
  if (optlen < SIZEOF_LINGER) return EINVAL;
  if (value.l_onoff === 0) {
    conn.linger = -1;
    return 0;
  }
  if (value.l_linger < 0) return EINVAL;
  conn.linger = Math.min(value.l_linger, 0x7fff);
  return 0;
}

function bindToDevice(conn: Netconn, name: string, optlen: number): number {
  if (optlen < SIZEOF_IFREQ) return EINVAL;
  let index = NETIF_NO_INDEX;
  if (name !== '') {
    const netif = netif_find(conn.stack, name);
    if (netif === undefined) return ENODEV;
    index = netif.index;
  }
  const pcb = pcbOf(conn);
  if (pcb !== null) pcb.netif_idx = index;
  return 0;
}

function setIpOption(
  sockets: Sockets,
  sock: LwipSock,
  conn: Netconn,
  optname: number,
  value: SockoptValue,
  optlen: number,
): number {
  let err: number;
  switch (optname) {
    case IP_TTL:
      err = check(conn, optlen, SIZEOF_INT);
      if (err === 0) pcbOf(conn)!.ttl = (value as number) & 0xff;
      return err;
    case IP_TOS:
      err = check(conn, optlen, SIZEOF_INT);
      if (err === 0) pcbOf(conn)!.tos = (value as number) & 0xff;
      return err;
    case IP_MULTICAST_TTL:
      err = check(conn, optlen, SIZEOF_U8, NETCONN_UDP);
      if (err === 0) conn.udp!.mcast_ttl = (value as number) & 0xff;
      return err;
    case IP_MULTICAST_IF:
      err = check(conn, optlen, SIZEOF_IN_ADDR, NETCONN_UDP);
      if (err === 0) conn.udp!.mcast_ip4 = htonl((value as in_addr).s_addr) | 0;
      return err;
    case IP_MULTICAST_LOOP:
      err = check(conn, optlen, SIZEOF_U8, NETCONN_UDP);
      if (err === 0) conn.udp!.multicastLoop = value !== 0;
      return err;
    case IP_ADD_MEMBERSHIP:
    case IP_DROP_MEMBERSHIP:
      err = check(conn, optlen, SIZEOF_IP_MREQ, NETCONN_UDP);
      return err !== 0 ? err : changeMembership(sockets, sock, optname === IP_ADD_MEMBERSHIP, value as ip_mreq);
    default:
      return ENOPROTOOPT;
  }
}

/** Memberships are remembered per socket (ten in all), so that close() leaves the groups. */
function changeMembership(sockets: Sockets, sock: LwipSock, join: boolean, mreq: ip_mreq): number {
  const group = htonl(mreq.imr_multiaddr.s_addr) | 0;
  const netif = htonl(mreq.imr_interface.s_addr) | 0;
  const { stack } = sockets.tcpip;
  let err: number;
  if (join) {
    if (!sockets.memberships.register(sock.s, netif, group)) return ENOMEM;
    err = igmp_joingroup(stack, netif, group);
  } else {
    err = igmp_leavegroup(stack, netif, group);
    sockets.memberships.unregister(sock.s, netif, group);
  }
  return err === ERR_OK ? 0 : EADDRNOTAVAIL;
}

function setTcpOption(conn: Netconn, optname: number, value: number, optlen: number): number {
  const pcb = tcpOf(conn, optlen);
  if (typeof pcb === 'number') return pcb;
  switch (optname) {
    case TCP_NODELAY:
      if (value !== 0) pcb.flags |= TF_NODELAY;
      else pcb.flags &= ~TF_NODELAY;
      return 0;
    case TCP_KEEPALIVE:
      pcb.keep_idle = value >>> 0;
      return 0;
    case TCP_KEEPIDLE:
      pcb.keep_idle = (1000 * value) >>> 0;
      return 0;
    case TCP_KEEPINTVL:
      pcb.keep_intvl = (1000 * value) >>> 0;
      return 0;
    case TCP_KEEPCNT:
      pcb.keep_cnt = value >>> 0;
      return 0;
    default:
      return ENOPROTOOPT;
  }
}

/** A socket joined a group on an interface. Source: lwIP struct lwip_socket_multicast_pair */
export interface Membership {
  readonly s: number;
  readonly netif: number;
  readonly group: number;
}

/** Which sockets joined which groups, so that close() can leave them. Source: lwIP socket_ipv4_multicast_memberships */
export class Memberships {
  private readonly slots: (Membership | undefined)[] = [];
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  register(s: number, netif: number, group: number): boolean {
    for (let i = 0; i < this.max; i++) {
      if (this.slots[i] !== undefined) continue;
      this.slots[i] = { s, netif, group };
      return true;
    }
    return false;
  }

  unregister(s: number, netif: number, group: number): void {
    const i = this.slots.findIndex((m) => m?.s === s && m.netif === netif && m.group === group);
    if (i >= 0) this.slots[i] = undefined;
  }

  /** Take out the next membership of a closing socket, in table order. */
  takeNext(s: number): Membership | undefined {
    const i = this.slots.findIndex((m) => m?.s === s);
    if (i < 0) return undefined;
    const found = this.slots[i];
    this.slots[i] = undefined;
    return found;
  }
}
