/**
 * The tasks of a scenario as programs of a board: every op becomes the socket calls it stands for, and every call
 * becomes a record in the form of the trace files. Times and running numbers come from the trace of the world.
 */

import type { Call, esp_netif_ip_info_t, hostent, Os } from '../../device/index.ts';
import type { CallRecord, Trace } from '../../device/trace.ts';
import * as lwip from '../../sockets/index.ts';
import {
  type DhcpOp,
  type Endpoint,
  type EspOp,
  type LoopOptions,
  type Op,
  type Payload,
  POLL_EVENTS,
  type SocketRef,
  toTimeval,
} from './ops.ts';
import {
  addrinfoFields,
  dnsServers,
  errnoInTraces,
  espErr,
  type Fields,
  fromSockaddr,
  hostFields,
  ntoa,
  optionInTraces,
  pattern,
  received,
  type SocketVariable,
} from './records.ts';
import type { GoldenRecord, HostSpec, TaskSpec } from './scenario.ts';

/** What the tasks of a host share. */
export class HostReplay {
  readonly variables = new Map<string, SocketVariable>();
  /** It has a DHCP client or server, so that records show the esp_err_t of every op of esp_netif. */
  readonly isManaged: boolean;

  constructor({ kind }: HostSpec) {
    this.isManaged = kind !== 'static';
  }
}

/** A part of a program: yields wherever a call waits. */
type Steps<T> = Generator<void, T, void>;

function toSockaddr([ip, port]: Endpoint): lwip.sockaddr_in {
  const quad = ip === 'broadcast' ? '255.255.255.255' : ip === 'any' || ip === 'unspec' ? '0.0.0.0' : ip;
  const name = lwip.sockaddr_in(quad, port);
  if (ip === 'unspec') name.sin_family = lwip.AF_UNSPEC;
  return name;
}

const ESP_CALLS: Readonly<Record<EspOp, (os: Os) => Call<number>>> = {
  dhcp_start: (os) => os.esp_netif_dhcpc_start(os.board.esp_netif),
  dhcp_stop: (os) => os.esp_netif_dhcpc_stop(os.board.esp_netif),
  dhcps_start: (os) => os.esp_netif_dhcps_start(os.board.esp_netif),
  dhcps_stop: (os) => os.esp_netif_dhcps_stop(os.board.esp_netif),
  sta_connected: (os) => os.staConnected(),
  sta_disconnected: (os) => os.staDisconnected(),
};

/** One task of a scenario at work. */
export class TaskReplay {
  /** Index of the op at work; the number of ops once the task is done. */
  op = 0;
  /** The calls so far, with the place of each in the trace. */
  readonly calls: { readonly at: number; readonly fields: Fields }[] = [];
  /** Number of calls that the op has made. */
  private k = 0;
  readonly task: TaskSpec;
  private readonly host: HostReplay;
  private readonly trace: Trace;

  constructor(task: TaskSpec, host: HostReplay, trace: Trace) {
    this.task = task;
    this.host = host;
    this.trace = trace;
  }

  /** The program that xTaskCreate() is given. */
  *run(os: Os): Steps<void> {
    for (const op of this.task.ops) {
      this.k = 0;
      yield* this.perform(os, op);
      this.op++;
    }
  }

  /**
   * The record of a call in the form of the trace files.
   * @param renumber turns a running number of the trace into one that counts recorded calls and frames only
   */
  static toGolden(fields: Fields, call: CallRecord, renumber: (n: number) => number): GoldenRecord {
    const { task, op, k, fn, ...rest } = fields;
    const blocked = call.n1 < 0;
    return {
      task,
      op,
      k,
      t0_us: call.t0Us,
      t1_us: blocked ? null : call.t1Us,
      n0: renumber(call.n0),
      n1: blocked ? null : renumber(call.n1),
      fn,
      ...rest,
    };
  }

  private socket(ref: SocketRef): SocketVariable {
    if (typeof ref === 'number') return { fd: ref, sent: 0, received: 0 };
    return this.host.variables.get(ref) ?? { fd: -1, sent: 0, received: 0 };
  }

  private assign(name: string, fd: number): void {
    this.host.variables.set(name, { fd, sent: 0, received: 0 });
  }

  /**
   * Make one call and record it.
   * @param args what the record shows of the arguments
   * @param start makes the call
   * @param finish completes the record with what the call filled in
   * @returns what the call returned
   */
  private *call(
    os: Os,
    fn: string,
    args: Fields,
    start: () => Call<number> | Steps<number>,
    finish?: (ret: number, fields: Fields) => void,
  ): Steps<number> {
    const fields: Fields = { task: this.task.name, op: this.op, k: this.k++, fn, ...args, ret: null };
    this.calls.push({ at: this.trace.calls.length, fields });
    os.errno = 0;
    const ret = yield* start();
    fields.ret = ret;
    if (ret < 0 || (ret === 0 && os.errno !== 0 && (fn.startsWith('recv') || fn.startsWith('read')))) {
      fields.errno = errnoInTraces(os.errno);
      fields.eno = os.errno;
    }
    finish?.(ret, fields);
    return ret;
  }

  private *perform(os: Os, op: Op): Steps<void> {
    switch (op.op) {
      case 'socket': {
        const { domain, type, proto } = op;
        this.assign(op.v, yield* this.call(os, op.op, { domain, type, proto }, () => os.socket(domain, type, proto)));
        return;
      }
      case 'bind': {
        const { fd } = this.socket(op.v);
        yield* this.call(os, op.op, { fd, addr: op.addr }, () => os.bind(fd, toSockaddr(op.addr), op.addrlen));
        return;
      }
      case 'connect': {
        const { fd } = this.socket(op.v);
        yield* this.call(os, op.op, { fd, addr: op.addr }, () => os.connect(fd, toSockaddr(op.addr)));
        return;
      }
      case 'listen': {
        const { fd } = this.socket(op.v);
        yield* this.call(os, op.op, { fd, backlog: op.backlog }, () => os.listen(fd, op.backlog));
        return;
      }
      case 'accept': {
        const { fd } = this.socket(op.v);
        const peer = lwip.sockaddr_in();
        const ret = yield* this.call(
          os,
          op.op,
          { fd },
          () => (op.noaddr ? os.accept(fd) : os.accept(fd, peer)),
          (s, fields) => {
            if (s >= 0 && !op.noaddr) fields.addr = fromSockaddr(peer);
          },
        );
        this.assign(op.into, ret);
        return;
      }
      case 'close': {
        const { fd } = this.socket(op.v);
        yield* this.call(os, op.op, { fd }, () => os.close(fd));
        return;
      }
      case 'getsockname':
      case 'getpeername': {
        const { fd } = this.socket(op.v);
        const name = lwip.sockaddr_in();
        yield* this.call(
          os,
          op.op,
          { fd },
          () => (op.op === 'getsockname' ? os.getsockname(fd, name) : os.getpeername(fd, name)),
          (ret, fields) => {
            if (ret >= 0) fields.addr = fromSockaddr(name);
          },
        );
        return;
      }
      case 'shutdown': {
        const { fd } = this.socket(op.v);
        yield* this.call(os, op.op, { fd, how: op.how }, () => os.shutdown(fd, op.how));
        return;
      }
      case 'send':
      case 'write':
        yield* this.send(os, op.op, op.v, op.data, op.flags);
        return;
      case 'sendto':
        yield* this.sendto(os, op);
        return;
      case 'recv':
      case 'read':
      case 'recvfrom':
        yield* this.recv(os, op.op, op.v, new Uint8Array(op.len), op.flags);
        return;
      case 'sendall': {
        let left = op.total;
        while (left > 0) {
          const ret = yield* this.send(os, 'send', op.v, { size: Math.min(op.chunk, left) }, op.loop.flags);
          if (ret >= 0) {
            left -= ret;
            yield* pause(os, op.loop);
          } else if (op.loop.onEagainSleepMs > 0 && os.errno === lwip.EAGAIN) {
            yield* os.delayMs(op.loop.onEagainSleepMs);
          } else return;
        }
        return;
      }
      case 'recvn':
      case 'recvall': {
        let left = op.op === 'recvn' ? op.total : Number.POSITIVE_INFINITY;
        while (left > 0) {
          const mem = new Uint8Array(Math.min(op.chunk, left));
          const ret = yield* this.recv(os, 'recv', op.v, mem, op.loop.flags);
          if (ret <= 0) return;
          left -= ret;
          yield* pause(os, op.loop);
        }
        return;
      }
      case 'echo':
        while (true) {
          const mem = new Uint8Array(op.chunk);
          let left = yield* this.recv(os, 'recv', op.v, mem, 0);
          if (left <= 0) return;
          const end = left;
          while (left > 0) {
            const ret = yield* this.send(os, 'send', op.v, { bytes: mem.subarray(end - left, end) }, 0);
            if (ret < 0) return;
            left -= ret;
          }
        }
      case 'writev':
      case 'sendmsg':
        yield* this.gather(os, op);
        return;
      case 'readv':
      case 'recvmsg':
        yield* this.scatter(os, op);
        return;
      case 'setsockopt': {
        const { fd } = this.socket(op.v);
        const { level, optname, spelling } = op.opt;
        const { value } = op.value;
        yield* this.call(os, op.op, { fd, opt: spelling, val: op.value.spelling }, () =>
          os.setsockopt(fd, level, optname, value, op.optlen),
        );
        return;
      }
      case 'getsockopt':
        yield* this.getsockopt(os, op);
        return;
      case 'fcntl': {
        const { fd } = this.socket(op.v);
        yield* this.call(os, op.op, { fd, cmd: op.cmd, val: op.value }, () => os.fcntl(fd, op.cmd, op.value));
        return;
      }
      case 'ioctl': {
        const { fd } = this.socket(op.v);
        const argp = { value: op.value };
        yield* this.call(
          os,
          op.op,
          { fd, cmd: op.name, val: op.value },
          () => os.ioctl(fd, op.request, argp),
          (_, fields) => {
            fields.val = argp.value;
          },
        );
        return;
      }
      case 'select':
        yield* this.select(os, op);
        return;
      case 'poll':
      case 'lwip_poll':
        yield* this.poll(os, op);
        return;
      case 'sleep_ms':
        yield* this.call(os, op.op, { ms: op.ms }, () => os.delayMs(op.ms));
        return;
      case 'yield':
        yield* this.call(os, op.op, {}, () => os.taskYIELD());
        return;
      case 'repeat':
        for (let i = 0; i < op.times; i++) for (const inner of op.ops) yield* this.perform(os, inner);
        return;
      case 'link_down':
      case 'link_up': {
        const option = { cableOnly: op.cableOnly };
        yield* this.call(os, op.op, { cable_only: op.cableOnly ? 1 : 0 }, () =>
          op.op === 'link_down' ? os.linkDown(option) : os.linkUp(option),
        );
        return;
      }
      case 'netif_down':
      case 'netif_up':
        yield* this.call(os, op.op, {}, () => (op.op === 'netif_down' ? os.netifDown() : os.netifUp()));
        return;
      case 'set_ip':
        yield* this.setIp(os, op);
        return;
      case 'dhcp_start':
      case 'dhcp_stop':
      case 'dhcps_start':
      case 'dhcps_stop':
      case 'sta_connected':
      case 'sta_disconnected':
        yield* this.call(os, op.op, {}, () => ESP_CALLS[op.op](os), espErr);
        return;
      case 'dhcps_option':
        yield* this.call(os, op.op, { opt: op.spelling }, () => os.dhcpsOption(op.options), espErr);
        return;
      case 'set_hostname':
        yield* this.call(
          os,
          op.op,
          { name: op.name },
          () => os.esp_netif_set_hostname(os.board.esp_netif, op.name),
          espErr,
        );
        return;
      case 'dhcp_release_and_stop':
      case 'dhcp_renew':
      case 'dhcp_inform':
        yield* this.dhcp(os, op.op);
        return;
      case 'wait_ip':
        yield* this.waitIp(os, op.ms);
        return;
      case 'get_ip':
        yield* this.getIp(os);
        return;
      case 'set_dns':
        yield* this.call(os, op.op, { idx: op.index, ip: op.ip }, () => os.dns_setserver(op.index, op.ip));
        return;
      case 'dns_clear_cache':
        yield* this.call(os, op.op, {}, () => os.dns_clear_cache());
        return;
      case 'gethostbyname':
        yield* this.gethostbyname(os, op.name);
        return;
      case 'getaddrinfo':
        yield* this.getaddrinfo(os, op);
        return;
    }
  }

  private *setIp(os: Os, { ip, netmask, gw }: Extract<Op, { op: 'set_ip' }>): Steps<void> {
    const finish = this.host.isManaged ? espErr : undefined;
    yield* this.call(os, 'set_ip', { ip }, () => os.setIp(ip, netmask, gw), finish);
  }

  /** lwIP's own DHCP functions: what they give is no result in the sense of errno. */
  private *dhcp(os: Os, fn: DhcpOp): Steps<void> {
    let err = 0;
    const start = function* (): Steps<number> {
      err = yield* os[fn]();
      return 0;
    };
    yield* this.call(os, fn, {}, start, (_, fields) => {
      fields.err_t = err;
    });
  }

  private *waitIp(os: Os, ms: number): Steps<void> {
    const start = () => os.waitIp(ms);
    yield* this.call(os, 'wait_ip', { timeout_ms: ms }, start, (ret, fields) => {
      if (ret !== 0) return;
      const { ip, netmask, gw } = os.board.esp_netif.esp_netif_get_ip_info();
      Object.assign(fields, { ip: ntoa(ip), mask: ntoa(netmask), gw: ntoa(gw), dns: dnsServers(os) });
    });
  }

  private *getIp(os: Os): Steps<void> {
    const info: esp_netif_ip_info_t = { ip: { addr: 0 }, netmask: { addr: 0 }, gw: { addr: 0 } };
    const start = () => os.esp_netif_get_ip_info(os.board.esp_netif, info);
    yield* this.call(os, 'get_ip', {}, start, (_, fields) => {
      const [ip, mask, gw] = [info.ip, info.netmask, info.gw].map(({ addr }) => lwip.inet_ntoa({ s_addr: addr }));
      Object.assign(fields, { ip, mask, gw, dns: dnsServers(os) });
    });
  }

  private *gethostbyname(os: Os, name: string): Steps<void> {
    let host: hostent | null = null;
    const start = function* (): Steps<number> {
      host = yield* os.gethostbyname(name);
      return host === null ? -1 : 0;
    };
    yield* this.call(os, 'gethostbyname', { name }, start, (_, fields) => {
      Object.assign(fields, hostFields(host, os.h_errno));
    });
  }

  private *getaddrinfo(os: Os, op: Extract<Op, { op: 'getaddrinfo' }>): Steps<void> {
    const { node, service, hints } = op;
    const res: { value: lwip.addrinfo | null } = { value: null };
    const start = () => os.getaddrinfo(node, service, hints, res);
    yield* this.call(os, 'getaddrinfo', { node, service, hints: op.spelling }, start, (ret, fields) => {
      Object.assign(fields, addrinfoFields(ret, res.value));
    });
    os.freeaddrinfo(res.value);
  }

  private bytesOf(s: SocketVariable, data: Payload): Uint8Array {
    return 'bytes' in data ? data.bytes : pattern(s.sent, data.size);
  }

  private *send(os: Os, fn: 'send' | 'write', v: SocketRef, payload: Payload, flags: number): Steps<number> {
    const s = this.socket(v);
    const data = this.bytesOf(s, payload);
    const args = { fd: s.fd, len: data.length, ...(flags !== 0 && { flags }) };
    const ret = yield* this.call(os, fn, args, () =>
      fn === 'send' ? os.send(s.fd, data, data.length, flags) : os.write(s.fd, data, data.length),
    );
    if (ret > 0) s.sent += ret;
    return ret;
  }

  private *sendto(os: Os, op: Extract<Op, { op: 'sendto' }>): Steps<void> {
    const s = this.socket(op.v);
    const data = this.bytesOf(s, op.data);
    const { flags, to } = op;
    const args = { fd: s.fd, len: data.length, to, ...(flags !== 0 && { flags }) };
    const name = to && toSockaddr(to);
    const ret = yield* this.call(os, 'sendto', args, () => os.sendto(s.fd, data, data.length, flags, name));
    if (ret > 0) s.sent += ret;
  }

  private *recv(os: Os, fn: 'recv' | 'read' | 'recvfrom', v: SocketRef, mem: Uint8Array, flags: number): Steps<number> {
    const s = this.socket(v);
    const from = lwip.sockaddr_in();
    const len = mem.length;
    const args = { fd: s.fd, len, ...(flags !== 0 && { flags }) };
    return yield* this.call(
      os,
      fn,
      args,
      () => {
        if (fn === 'recv') return os.recv(s.fd, mem, len, flags);
        return fn === 'read' ? os.read(s.fd, mem, len) : os.recvfrom(s.fd, mem, len, flags, from);
      },
      (ret, fields) => {
        if (ret >= 0 && fn === 'recvfrom') fields.from = fromSockaddr(from);
        received(s, mem, ret, fields);
      },
    );
  }

  /** writev and sendmsg: the parts continue the variable's pattern stream. */
  private *gather(os: Os, op: Extract<Op, { op: 'writev' | 'sendmsg' }>): Steps<void> {
    const s = this.socket(op.v);
    let at = s.sent;
    const parts = op.lens.map((len) => {
      at += len;
      return pattern(at - len, len);
    });
    let ret: number;
    if (op.op === 'writev') {
      ret = yield* this.call(os, op.op, { fd: s.fd, lens: op.lens }, () => os.writev(s.fd, parts));
    } else {
      const { flags, to } = op;
      const args = { fd: s.fd, lens: op.lens, ...(flags !== 0 && { flags }), ...(to && { to }) };
      const msg = { msg_name: to ? toSockaddr(to) : null, msg_iov: parts, msg_flags: 0 };
      ret = yield* this.call(os, op.op, args, () => os.sendmsg(s.fd, msg, flags));
    }
    if (ret > 0) s.sent += ret;
  }

  private *scatter(os: Os, op: Extract<Op, { op: 'readv' | 'recvmsg' }>): Steps<void> {
    const s = this.socket(op.v);
    const mem = new Uint8Array(op.lens.reduce((sum, len) => sum + len, 0));
    let at = 0;
    const parts = op.lens.map((len) => {
      at += len;
      return mem.subarray(at - len, at);
    });
    if (op.op === 'readv') {
      yield* this.call(
        os,
        op.op,
        { fd: s.fd, lens: op.lens },
        () => os.readv(s.fd, parts),
        (ret, fields) => received(s, mem, ret, fields),
      );
      return;
    }
    const { flags } = op;
    const from = lwip.sockaddr_in();
    const msg = { msg_name: op.from ? from : null, msg_iov: parts, msg_flags: 0 };
    yield* this.call(
      os,
      op.op,
      { fd: s.fd, lens: op.lens, ...(flags !== 0 && { flags }) },
      () => os.recvmsg(s.fd, msg, flags),
      (ret, fields) => {
        if (ret < 0) return;
        fields.msg_flags = msg.msg_flags;
        if (op.from) fields.from = fromSockaddr(from);
        received(s, mem, ret, fields);
      },
    );
  }

  private *getsockopt(os: Os, op: Extract<Op, { op: 'getsockopt' }>): Steps<void> {
    const { fd } = this.socket(op.v);
    const { level, optname, spelling } = op.opt;
    const out: lwip.SockoptOut = { value: 0 };
    yield* this.call(
      os,
      'getsockopt',
      { fd, opt: spelling },
      () => os.getsockopt(fd, level, optname, out, op.optlen),
      (ret, fields) => {
        if (ret < 0) return;
        const { value } = out;
        fields.val = optionInTraces(value);
        if (spelling === 'SO_ERROR' && typeof value === 'number' && value !== 0) {
          fields.val_errno = errnoInTraces(value);
        }
      },
    );
  }

  private *select(os: Os, op: Extract<Op, { op: 'select' }>): Steps<void> {
    const sets = [op.read, op.write, op.except].map((refs) => {
      if (refs === null) return { fds: [], set: null };
      const fds = refs.map((ref) => this.socket(ref).fd);
      const set = new lwip.fd_set();
      for (const fd of fds) lwip.FD_SET(fd, set);
      return { fds, set };
    });
    const [read, write, except] = sets;
    const nfds = op.nfds ?? Math.max(-1, ...sets.flatMap(({ fds }) => fds)) + 1;
    const timeout = op.timeoutMs === null ? null : toTimeval(op.timeoutMs);
    const ready = (list: typeof read) => list?.fds.filter((fd) => list.set && lwip.FD_ISSET(fd, list.set));
    yield* this.call(
      os,
      'select',
      { in_r: read?.fds, in_w: write?.fds, in_e: except?.fds, timeout_ms: op.timeoutMs },
      () => os.select(nfds, read?.set ?? null, write?.set ?? null, except?.set ?? null, timeout),
      (ret, fields) => {
        if (ret < 0) return;
        fields.r = ready(read);
        fields.w = ready(write);
        fields.e = ready(except);
      },
    );
  }

  private *poll(os: Os, op: Extract<Op, { op: 'poll' | 'lwip_poll' }>): Steps<void> {
    const fds = op.fds.map(({ v, bits }) => ({ fd: this.socket(v).fd, events: bits, revents: 0 }));
    const shown = op.fds.map(({ events }, i) => [fds[i]?.fd, events]);
    yield* this.call(
      os,
      op.op,
      { fds: shown, timeout_ms: op.timeoutMs },
      () => (op.op === 'poll' ? os.poll(fds, op.timeoutMs) : os.lwip_poll(fds, op.timeoutMs)),
      (_, fields) => {
        fields.revents = fds.map(({ revents }) =>
          Object.entries(POLL_EVENTS)
            .map(([name, bit]) => ((revents & bit) !== 0 ? `${name} ` : ''))
            .join(''),
        );
      },
    );
  }
}

/** The sleep of a looping op, which the trace files do not record. */
function* pause(os: Os, { sleepMs }: LoopOptions): Steps<void> {
  if (sleepMs > 0) yield* os.delayMs(sleepMs);
}
