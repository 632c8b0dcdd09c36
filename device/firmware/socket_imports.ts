/** lwIP's calls for C. Out-parameters are written when a call returns; C has checked its pointers. */

import {
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IPPROTO_IP,
  type ip_mreq,
  lwip_accept,
  lwip_bind,
  lwip_close,
  lwip_connect,
  lwip_fcntl,
  lwip_getpeername,
  lwip_getsockname,
  lwip_getsockopt,
  lwip_ioctl,
  lwip_listen,
  lwip_poll,
  lwip_recvfrom,
  lwip_recvmsg,
  lwip_select,
  lwip_sendmsg,
  lwip_sendto,
  lwip_setsockopt,
  lwip_shutdown,
  lwip_socket,
  type Op,
  poll,
  SO_BINDTODEVICE,
  SO_LINGER,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOL_SOCKET,
  type SockoptOut,
  type SockoptValue,
  sockaddr_in,
  type timeval,
} from '../../sockets/index.ts';
import { addressOnSuccess, callArgs, dataReceived, dataSent } from '../describe_call.ts';
import type { Task } from '../freertos.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';

/** Which of the names of a call the program used. */
const SEND_NAMES = ['send', 'write', 'sendto'] as const;
const RECV_NAMES = ['recv', 'read', 'recvfrom'] as const;
const SENDMSG_NAMES = ['sendmsg', 'writev'] as const;
const RECVMSG_NAMES = ['recvmsg', 'readv'] as const;
const SENDTO = 2;

/** iov_base and iov_len of struct msghdr arrive apart; msg_flags goes back at this offset of the struct. */
const MSGHDR_FLAGS = 24;

export function socketImports(on: Running): HostFunctions {
  return {
    socket: (domain, type, protocol) =>
      on.machine.call(
        'socket',
        -1,
        lwip_socket(on.machine.sockets, on.machine.task, domain, type, protocol),
        on.machine.isTraced && callArgs.socket(domain, type, protocol),
      ),
    bind: (s, nameAt, namelen) => {
      const name = on.machine.memory.sockaddr(nameAt);
      const op = lwip_bind(on.machine.sockets, on.machine.task, s, name, namelen);
      return on.machine.call('bind', s, op, on.machine.isTraced && callArgs.named(s, name));
    },
    connect: (s, nameAt, namelen) => {
      const name = on.machine.memory.sockaddr(nameAt);
      const op = lwip_connect(on.machine.sockets, on.machine.task, s, name, namelen);
      return on.machine.call('connect', s, op, on.machine.isTraced && callArgs.named(s, name));
    },
    listen: (s, backlog) =>
      on.machine.call(
        'listen',
        s,
        lwip_listen(on.machine.sockets, on.machine.task, s, backlog),
        on.machine.isTraced && [s, backlog],
      ),
    accept: (s, addrAt) => {
      const name = addrAt === 0 ? null : sockaddr_in();
      const op = withAddress(
        lwip_accept(on.machine.sockets, on.machine.task, s, name),
        on.machine.memory,
        addrAt,
        name,
      );
      return on.machine.call(
        'accept',
        s,
        op,
        on.machine.isTraced && [s],
        on.machine.isTraced && addressOnSuccess(name),
      );
    },
    shutdown: (s, how) =>
      on.machine.call(
        'shutdown',
        s,
        lwip_shutdown(on.machine.sockets, on.machine.task, s, how),
        on.machine.isTraced && callArgs.shutdown(s, how),
      ),
    close: (s) =>
      on.machine.call('close', s, lwip_close(on.machine.sockets, on.machine.task, s), on.machine.isTraced && [s]),
    sendto: (s, dataAt, size, flags, toAt, which) => {
      const data = on.machine.memory.bytes(dataAt, size);
      const to = toAt === 0 ? null : on.machine.memory.sockaddr(toAt);
      const op = lwip_sendto(on.machine.sockets, on.machine.task, s, data, data.length, flags, to);
      const args =
        on.machine.isTraced &&
        (which === SENDTO ? callArgs.sendto(s, data.length, flags, to) : callArgs.transfer(s, data.length, flags));
      return on.machine.call(SEND_NAMES[which]!, s, op, args, on.machine.isTraced && dataSent(data));
    },
    recvfrom: (s, memAt, len, flags, fromAt, which) => {
      const mem = on.machine.memory.bytes(memAt, len);
      const from = fromAt === 0 ? null : sockaddr_in();
      const op = lwip_recvfrom(on.machine.sockets, on.machine.task, s, mem, mem.length, flags, from);
      const withFrom = from === null ? op : withAddress(op, on.machine.memory, fromAt, from);
      const args = on.machine.isTraced && callArgs.transfer(s, mem.length, flags);
      return on.machine.call(RECV_NAMES[which]!, s, withFrom, args, on.machine.isTraced && dataReceived(mem, from));
    },
    sendmsg: (s, nameAt, iovAt, iovlen, flags, which) => {
      const msg = {
        msg_name: nameAt === 0 ? null : on.machine.memory.sockaddr(nameAt),
        msg_iov: on.machine.memory.iovecs(iovAt, iovlen),
        msg_flags: 0,
      };
      const op = lwip_sendmsg(on.machine.sockets, on.machine.task, s, msg, flags);
      const args = on.machine.isTraced && (which === 0 ? callArgs.message(s, flags) : [s, iovlen]);
      return on.machine.call(SENDMSG_NAMES[which]!, s, op, args);
    },
    recvmsg: (s, nameAt, iovAt, iovlen, flags, msgAt) => {
      const op = recvmsg(on.machine, on.machine.task, s, nameAt, on.machine.memory.iovecs(iovAt, iovlen), flags, msgAt);
      const args = on.machine.isTraced && (msgAt !== 0 ? callArgs.message(s, flags) : [s, iovlen]);
      return on.machine.call(RECVMSG_NAMES[msgAt !== 0 ? 0 : 1], s, op, args);
    },
    setsockopt: (s, level, optname, valueAt, optlen) => {
      const value = optionAt(on.machine.memory, level, optname, valueAt, optlen);
      const op = lwip_setsockopt(on.machine.sockets, on.machine.task, s, level, optname, value, optlen);
      return on.machine.call('setsockopt', s, op, on.machine.isTraced && callArgs.setsockopt(s, level, optname, value));
    },
    getsockopt: (s, level, optname, valueAt, optlen) =>
      on.machine.call(
        'getsockopt',
        s,
        getsockopt(on.machine, on.machine.task, s, level, optname, valueAt, optlen),
        on.machine.isTraced && callArgs.getsockopt(s, level, optname),
      ),
    fcntl: (s, cmd, val) =>
      on.machine.call(
        'fcntl',
        s,
        lwip_fcntl(on.machine.sockets, on.machine.task, s, cmd, val),
        on.machine.isTraced && callArgs.fcntl(s, cmd, val),
      ),
    ioctl: (s, cmd, argAt) => {
      const arg = { value: on.machine.memory.word(argAt) };
      const op = ioctl(on.machine, on.machine.task, s, cmd, argAt, arg);
      return on.machine.call('ioctl', s, op, on.machine.isTraced && callArgs.ioctl(s, cmd, arg.value));
    },
    select: (nfds, readAt, writeAt, exceptAt, hasTimeout, tv_sec, tv_usec) =>
      select(on.machine, nfds, [readAt, writeAt, exceptAt], hasTimeout === 0 ? null : { tv_sec, tv_usec }),
    poll: (fdsAt, nfds, timeout, isLwip) => {
      const fds = on.machine.memory.pollfds(fdsAt, nfds);
      const op =
        isLwip === 0
          ? poll(on.machine.sockets, on.machine.task, fds, timeout)
          : lwip_poll(on.machine.sockets, on.machine.task, fds, timeout);
      const done = finally_(op, () => on.machine.memory.setRevents(fdsAt, fds));
      return on.machine.call(
        isLwip === 0 ? 'poll' : 'lwip_poll',
        -1,
        done,
        on.machine.isTraced && callArgs.poll(fds, timeout),
      );
    },
    getsockname: (s, nameAt) => {
      const name = sockaddr_in();
      const op = withAddress(
        lwip_getsockname(on.machine.sockets, on.machine.task, s, name),
        on.machine.memory,
        nameAt,
        name,
      );
      return on.machine.call(
        'getsockname',
        s,
        op,
        on.machine.isTraced && [s],
        on.machine.isTraced && addressOnSuccess(name),
      );
    },
    getpeername: (s, nameAt) => {
      const name = sockaddr_in();
      const op = withAddress(
        lwip_getpeername(on.machine.sockets, on.machine.task, s, name),
        on.machine.memory,
        nameAt,
        name,
      );
      return on.machine.call(
        'getpeername',
        s,
        op,
        on.machine.isTraced && [s],
        on.machine.isTraced && addressOnSuccess(name),
      );
    },
  };
}

/** The call, and then what C is to find in its out-parameters. */
function* finally_(op: Op<number>, write: (ret: number) => void): Op<number> {
  const ret = yield* op;
  write(ret);
  return ret;
}

function withAddress(op: Op<number>, memory: Memory, address: number, name: sockaddr_in | null): Op<number> {
  if (name === null) return op;
  return finally_(op, (ret) => {
    if (ret >= 0) memory.setSockaddr(address, name);
  });
}

function* recvmsg(
  m: Machine,
  task: Task,
  s: number,
  nameAt: number,
  iov: Uint8Array[],
  flags: number,
  msgAt: number,
): Op<number> {
  const msg = { msg_name: nameAt === 0 ? null : sockaddr_in(), msg_iov: iov, msg_flags: 0 };
  const ret = yield* lwip_recvmsg(m.sockets, task, s, msg, flags);
  if (ret >= 0 && msg.msg_name !== null) m.memory.setSockaddr(nameAt, msg.msg_name);
  if (msgAt !== 0) m.memory.setWord(msgAt + MSGHDR_FLAGS, msg.msg_flags);
  return ret;
}

function* ioctl(m: Machine, task: Task, s: number, cmd: number, argAt: number, arg: { value: number }): Op<number> {
  const ret = yield* lwip_ioctl(m.sockets, task, s, cmd, arg);
  if (ret === 0) m.memory.setWord(argAt, arg.value);
  return ret;
}

function select(m: Machine, nfds: number, sets: readonly [number, number, number], timeout: timeval | null): number {
  const { memory } = m;
  const [read, write, except] = sets.map((at) => memory.fdSet(at)) as [
    ReturnType<Memory['fdSet']>,
    ReturnType<Memory['fdSet']>,
    ReturnType<Memory['fdSet']>,
  ];
  const op = finally_(lwip_select(m.sockets, m.task, nfds, read, write, except, timeout), (ret) => {
    if (ret < 0) return;
    memory.setFdSet(sets[0], read);
    memory.setFdSet(sets[1], write);
    memory.setFdSet(sets[2], except);
  });
  return m.call('select', -1, op, m.isTraced && callArgs.select(nfds, read, write, timeout));
}

// Options

function isTimeout(level: number, optname: number): boolean {
  return level === SOL_SOCKET && (optname === SO_RCVTIMEO || optname === SO_SNDTIMEO);
}

/** The struct, int or byte that an option's argument points to. One that is too short is refused by lwIP itself. */
function optionAt(memory: Memory, level: number, optname: number, at: number, optlen: number): SockoptValue {
  if (isTimeout(level, optname)) return { tv_sec: memory.word(at), tv_usec: memory.word(at + 8) };
  if (level === SOL_SOCKET && optname === SO_LINGER) return { l_onoff: memory.word(at), l_linger: memory.word(at + 4) };
  if (level === SOL_SOCKET && optname === SO_BINDTODEVICE) return memory.string(at).slice(0, optlen);
  if (level === IPPROTO_IP && optname === IP_MULTICAST_IF) return { s_addr: memory.word(at) >>> 0 };
  if (level === IPPROTO_IP && (optname === IP_ADD_MEMBERSHIP || optname === IP_DROP_MEMBERSHIP)) {
    const mreq: ip_mreq = {
      imr_multiaddr: { s_addr: memory.word(at) >>> 0 },
      imr_interface: { s_addr: memory.word(at + 4) >>> 0 },
    };
    return mreq;
  }
  return optlen < 4 ? memory.u8[at >>> 0]! : memory.word(at);
}

function* getsockopt(
  m: Machine,
  task: Task,
  s: number,
  level: number,
  optname: number,
  at: number,
  optlen: number,
): Op<number> {
  const out: SockoptOut = { value: 0 };
  const ret = yield* lwip_getsockopt(m.sockets, task, s, level, optname, out, optlen);
  if (ret === 0) putOption(m.memory, out.value, at, optlen);
  return ret;
}

function putOption(memory: Memory, value: SockoptValue, at: number, optlen: number): void {
  if (typeof value === 'number') {
    if (optlen < 4) memory.u8[at >>> 0] = value;
    else memory.setWord(at, value);
  } else if (typeof value === 'object') {
    if ('tv_sec' in value) {
      memory.setLong(at, value.tv_sec);
      memory.setWord(at + 8, value.tv_usec);
    } else if ('l_onoff' in value) {
      memory.setWord(at, value.l_onoff);
      memory.setWord(at + 4, value.l_linger);
    } else if ('s_addr' in value) memory.setWord(at, value.s_addr);
  }
}
