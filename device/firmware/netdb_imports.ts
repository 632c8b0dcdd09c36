/** Name resolution for C. Its results are C's own memory: here they are found and written down. */

import {
  type AddrinfoHints,
  type addrinfo,
  type hostent,
  lwip_freeaddrinfo,
  lwip_getaddrinfo,
  lwip_gethostbyname,
  type Op,
} from '../../sockets/index.ts';
import { callArgs, noteAddrinfo, noteHost } from '../describe_call.ts';
import type { Task } from '../freertos.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';

/** Offsets in struct found. */
const FOUND_PORT = 4;
const FOUND_ADDRESS = 8;

/** Module espb. */
export function netdbImports(on: Running): HostFunctions {
  return {
    getaddrinfo: (nodeAt, serviceAt, hintsAt, foundAt) => {
      const node = nodeAt === 0 ? null : on.machine.memory.string(nodeAt);
      const service = serviceAt === 0 ? null : on.machine.memory.string(serviceAt);
      const hints = hintsAt === 0 ? null : hintsOf(on.machine.memory, hintsAt);
      const res: { value: addrinfo | null } = { value: null };
      const op = getaddrinfo(on.machine, on.machine.task, node, service, hints, res, foundAt);
      const args = on.machine.isTraced && callArgs.getaddrinfo(node, service, hints);
      return on.machine.call('getaddrinfo', -1, op, args, on.machine.isTraced && noteAddrinfo(res));
    },
    gethostbyname: (nameAt, foundAt, isReentrant) => {
      const name = on.machine.memory.string(nameAt);
      const result: { value: hostent | null } = { value: null };
      const op = gethostbyname(on.machine, on.machine.task, name, result, foundAt);
      const fn = isReentrant === 0 ? 'gethostbyname' : 'gethostbyname_r';
      return on.machine.call(fn, -1, op, on.machine.isTraced && callArgs.gethostbyname(name), (record) => {
        record.ret = result.value === null ? -1 : 0;
        noteHost(record, result.value);
      });
    },
  };
}

/** A name of the board's own table stands for its address. */
function known(m: Machine, name: string): string {
  return m.host.hosts.get(name.toLowerCase()) ?? name;
}

function hintsOf(memory: Memory, at: number): AddrinfoHints {
  return {
    ai_flags: memory.word(at),
    ai_family: memory.word(at + 4),
    ai_socktype: memory.word(at + 8),
    ai_protocol: memory.word(at + 12),
  };
}

function* getaddrinfo(
  m: Machine,
  task: Task,
  node: string | null,
  service: string | null,
  hints: AddrinfoHints | null,
  res: { value: addrinfo | null },
  foundAt: number,
): Op<number> {
  const name = node === null ? null : known(m, node);
  const error = yield* lwip_getaddrinfo(m.sockets, task, name, service, hints, res);
  if (res.value !== null) {
    const { ai_addr } = res.value;
    const port = 'sin6_family' in ai_addr ? ai_addr.sin6_port : ai_addr.sin_port;
    const address = 'sin6_family' in ai_addr ? ai_addr.sin6_addr.s6_addr : ai_addr.sin_addr.s_addr;
    putFound(m.memory, foundAt, res.value.ai_family, port, address);
    lwip_freeaddrinfo(m.sockets, res.value);
  }
  return error;
}

function* gethostbyname(
  m: Machine,
  task: Task,
  name: string,
  result: { value: hostent | null },
  foundAt: number,
): Op<number> {
  result.value = yield* lwip_gethostbyname(m.sockets, task, known(m, name));
  const found = result.value;
  if (found === null) return 0;
  const address = found.h_addr_list[0]!;
  putFound(m.memory, foundAt, found.h_addrtype, 0, 's_addr' in address ? address.s_addr : address.s6_addr);
  return 1;
}

function putFound(memory: Memory, at: number, family: number, port: number, address: number | Uint8Array): void {
  memory.setWord(at, family);
  memory.setWord(at + FOUND_PORT, port);
  if (typeof address === 'number') memory.setWord(at + FOUND_ADDRESS, address);
  else memory.bytes(at + FOUND_ADDRESS, address.length).set(address);
}
