/** Socket calls of a program, with C's names, arguments and results. */

import {
  checkOptionValue,
  type fd_set,
  IPPROTO_IP,
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
  lwip_readv,
  lwip_recvfrom,
  lwip_recvmsg,
  lwip_select,
  lwip_send,
  lwip_sendmsg,
  lwip_sendto,
  lwip_setsockopt,
  lwip_shutdown,
  lwip_socket,
  lwip_writev,
  type msghdr,
  poll,
  type pollfd,
  SIZEOF_SOCKADDR_IN,
  type SockoptOut,
  type SockoptValue,
  sizeofOption,
  type sockaddr,
  type sockaddr_in,
  type timeval,
} from '../sockets/index.ts';
import type { Call } from './call.ts';
import { addressOnSuccess, callArgs, dataReceived, dataSent } from './describe_call.ts';
import { OsFreertos } from './os_freertos.ts';
import { utf8 } from './utf8.ts';

/** Data to send: bytes, or text, which goes out as UTF-8. */
export type Data = Uint8Array | string;

export abstract class OsSockets extends OsFreertos {
  /** @returns a descriptor (54..63), or -1: EINVAL, ENOBUFS, ENFILE */
  socket(domain: number, type: number, protocol = IPPROTO_IP): Call<number> {
    return this.begin(
      'socket',
      -1,
      this.traced && callArgs.socket(domain, type, protocol),
      lwip_socket(this.sockets, this.task, domain, type, protocol),
    );
  }

  /** @returns 0, or -1: EBADF, EINVAL, EADDRINUSE, ... */
  bind(s: number, name: sockaddr, namelen = SIZEOF_SOCKADDR_IN): Call<number> {
    return this.begin(
      'bind',
      s,
      this.traced && callArgs.named(s, name),
      lwip_bind(this.sockets, this.task, s, name, namelen),
    );
  }

  /** Make a TCP socket passive. @param backlog connections that may wait for accept() */
  listen(s: number, backlog: number): Call<number> {
    return this.begin('listen', s, this.traced && [s, backlog], lwip_listen(this.sockets, this.task, s, backlog));
  }

  /** Wait for a connection. @param addr filled with the peer's address  @returns a new descriptor, or -1 */
  accept(s: number, addr: sockaddr_in | null = null): Call<number> {
    const op = lwip_accept(this.sockets, this.task, s, addr);
    return this.begin('accept', s, this.traced && [s], op, this.traced && addressOnSuccess(addr));
  }

  /** @returns 0, or -1: ECONNRESET if refused, ECONNABORTED if nobody answers, EINPROGRESS if non-blocking */
  connect(s: number, name: sockaddr, namelen = SIZEOF_SOCKADDR_IN): Call<number> {
    const args = this.traced && callArgs.named(s, name);
    return this.begin('connect', s, args, lwip_connect(this.sockets, this.task, s, name, namelen));
  }

  /** @param how SHUT_RD, SHUT_WR or SHUT_RDWR */
  shutdown(s: number, how: number): Call<number> {
    return this.begin(
      'shutdown',
      s,
      this.traced && callArgs.shutdown(s, how),
      lwip_shutdown(this.sockets, this.task, s, how),
    );
  }

  close(s: number): Call<number> {
    return this.begin('close', s, this.traced && [s], lwip_close(this.sockets, this.task, s));
  }

  /** @returns bytes taken, or -1 */
  send(s: number, data: Data, size = byteLength(data), flags = 0): Call<number> {
    const bytes = toBytes(data);
    checkLength('send', bytes, size);
    const op = lwip_send(this.sockets, this.task, s, bytes, size, flags);
    const { traced } = this;
    return this.begin('send', s, traced && callArgs.transfer(s, size, flags), op, traced && dataSent(bytes));
  }

  write(s: number, data: Data, size = byteLength(data)): Call<number> {
    const bytes = toBytes(data);
    checkLength('write', bytes, size);
    return this.begin(
      'write',
      s,
      this.traced && [s, size],
      lwip_send(this.sockets, this.task, s, bytes, size, 0),
      this.traced && dataSent(bytes),
    );
  }

  /** @param to null: the connected peer */
  sendto(s: number, data: Data, size: number, flags: number, to: sockaddr | null): Call<number> {
    const bytes = toBytes(data);
    checkLength('sendto', bytes, size);
    const op = lwip_sendto(this.sockets, this.task, s, bytes, size, flags, to);
    const { traced } = this;
    return this.begin('sendto', s, traced && callArgs.sendto(s, size, flags, to), op, traced && dataSent(bytes));
  }

  sendmsg(s: number, msg: msghdr, flags = 0): Call<number> {
    return this.begin(
      'sendmsg',
      s,
      this.traced && callArgs.message(s, flags),
      lwip_sendmsg(this.sockets, this.task, s, msg, flags),
    );
  }

  writev(s: number, iov: Uint8Array[]): Call<number> {
    return this.begin('writev', s, this.traced && [s, iov.length], lwip_writev(this.sockets, this.task, s, iov));
  }

  /** @returns bytes received; 0 if the peer has closed; -1: ECONNRESET, EWOULDBLOCK, ENOTCONN, ... */
  recv(s: number, mem: Uint8Array, len = mem.length, flags = 0): Call<number> {
    checkLength('recv', mem, len);
    const op = lwip_recvfrom(this.sockets, this.task, s, mem, len, flags, null);
    const { traced } = this;
    return this.begin('recv', s, traced && callArgs.transfer(s, len, flags), op, traced && dataReceived(mem, null));
  }

  read(s: number, mem: Uint8Array, len = mem.length): Call<number> {
    checkLength('read', mem, len);
    const op = lwip_recvfrom(this.sockets, this.task, s, mem, len, 0, null);
    return this.begin('read', s, this.traced && [s, len], op, this.traced && dataReceived(mem, null));
  }

  /** @param from filled with the sender's address */
  recvfrom(s: number, mem: Uint8Array, len: number, flags: number, from: sockaddr_in | null = null): Call<number> {
    checkLength('recvfrom', mem, len);
    const op = lwip_recvfrom(this.sockets, this.task, s, mem, len, flags, from);
    const { traced } = this;
    return this.begin('recvfrom', s, traced && callArgs.transfer(s, len, flags), op, traced && dataReceived(mem, from));
  }

  recvmsg(s: number, msg: msghdr | null, flags = 0): Call<number> {
    return this.begin(
      'recvmsg',
      s,
      this.traced && callArgs.message(s, flags),
      lwip_recvmsg(this.sockets, this.task, s, msg, flags),
    );
  }

  readv(s: number, iov: Uint8Array[]): Call<number> {
    return this.begin('readv', s, this.traced && [s, iov.length], lwip_readv(this.sockets, this.task, s, iov));
  }

  /** @param value int, or the object that stands for the option's struct  @param optlen as a C program would pass it */
  setsockopt(
    s: number,
    level: number,
    optname: number,
    value: SockoptValue,
    optlen = sizeofOption(level, optname),
  ): Call<number> {
    checkOptionValue(level, optname, value);
    const op = lwip_setsockopt(this.sockets, this.task, s, level, optname, value, optlen);
    const args = this.traced && callArgs.setsockopt(s, level, optname, value);
    return this.begin('setsockopt', s, args, op);
  }

  getsockopt(
    s: number,
    level: number,
    optname: number,
    out: SockoptOut,
    optlen = sizeofOption(level, optname),
  ): Call<number> {
    const op = lwip_getsockopt(this.sockets, this.task, s, level, optname, out, optlen);
    const args = this.traced && callArgs.getsockopt(s, level, optname);
    return this.begin('getsockopt', s, args, op);
  }

  fcntl(s: number, cmd: number, val = 0): Call<number> {
    return this.begin(
      'fcntl',
      s,
      this.traced && callArgs.fcntl(s, cmd, val),
      lwip_fcntl(this.sockets, this.task, s, cmd, val),
    );
  }

  ioctl(s: number, cmd: number, argp: { value: number }): Call<number> {
    return this.begin(
      'ioctl',
      s,
      this.traced && callArgs.ioctl(s, cmd, argp.value),
      lwip_ioctl(this.sockets, this.task, s, cmd, argp),
    );
  }

  /** The sets are changed to what is ready. @param nfds highest descriptor + 1  @param timeout null: for ever */
  select(
    nfds: number,
    readset: fd_set | null,
    writeset: fd_set | null,
    exceptset: fd_set | null,
    timeout: timeval | null,
  ): Call<number> {
    checkTimeval('select', timeout);
    const op = lwip_select(this.sockets, this.task, nfds, readset, writeset, exceptset, timeout);
    return this.begin('select', -1, this.traced && callArgs.select(nfds, readset, writeset, timeout), op);
  }

  /** ESP-IDF's poll(). @param timeout milliseconds, negative for ever */
  poll(fds: pollfd[], timeout: number): Call<number> {
    return this.begin(
      'poll',
      -1,
      this.traced && callArgs.poll(fds, timeout),
      poll(this.sockets, this.task, fds, timeout),
    );
  }

  /** lwIP's own poll(). */
  lwip_poll(fds: pollfd[], timeout: number): Call<number> {
    const args = this.traced && callArgs.poll(fds, timeout);
    return this.begin('lwip_poll', -1, args, lwip_poll(this.sockets, this.task, fds, timeout));
  }

  getsockname(s: number, name: sockaddr_in): Call<number> {
    const op = lwip_getsockname(this.sockets, this.task, s, name);
    return this.begin('getsockname', s, this.traced && [s], op, this.traced && addressOnSuccess(name));
  }

  getpeername(s: number, name: sockaddr_in): Call<number> {
    const op = lwip_getpeername(this.sockets, this.task, s, name);
    return this.begin('getpeername', s, this.traced && [s], op, this.traced && addressOnSuccess(name));
  }
}

function checkTimeval(fn: string, timeout: timeval | null): void {
  if (timeout === null || (Number.isInteger(timeout.tv_sec) && Number.isInteger(timeout.tv_usec))) return;
  throw new TypeError(`${fn}() takes a time-out of whole seconds and microseconds { tv_sec, tv_usec }, or null.`);
}

/** In C a length beyond the buffer reads or writes somebody else's memory; here it is refused. */
function checkLength(fn: string, buffer: Uint8Array, length: number): void {
  if (!Number.isInteger(length) || length < 0 || length > buffer.length) {
    throw new RangeError(`${fn}() was given a buffer of ${buffer.length} bytes and a length of ${length}.`);
  }
}

function byteLength(data: Data): number {
  return toBytes(data).length;
}

function toBytes(data: Data): Uint8Array {
  return typeof data === 'string' ? utf8(data) : data;
}
