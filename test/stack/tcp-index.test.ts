import { describe, expect, test } from '@jest/globals';
import { PcbIndex } from '../../stack/tcp_index.ts';
import type { TcpPcb } from '../../stack/tcp_pcb.ts';
import { fc, property } from '../support/fast-check.ts';

/** The fields that the index looks at. */
function connection(remote_ip: number, remote_port: number, local_port: number): TcpPcb {
  return { remote_ip, remote_port, local_port, index_next: null } as unknown as TcpPcb;
}

function found(index: PcbIndex, remote_ip: number, remote_port: number, local_port: number): TcpPcb[] {
  const list: TcpPcb[] = [];
  for (let p = index.chain(remote_ip, remote_port, local_port); p !== null; p = p.index_next) {
    if (p.remote_ip === remote_ip && p.remote_port === remote_port && p.local_port === local_port) list.push(p);
  }
  return list;
}

const few = {
  ip: fc.constantFrom(0x0a000001, 0x0a000002, -1),
  port: fc.constantFrom(80, 81, 0xffff),
  local: fc.constantFrom(1, 2),
};
const many = { ip: fc.integer(), port: fc.nat(0xffff), local: fc.nat(0xffff) };
const tuple = fc.oneof(...[few, many].map((x) => fc.tuple(x.ip, x.port, x.local)));
/** Enter a connection, or take out the n-th that is in. */
const step = fc.oneof(fc.record({ add: tuple }), fc.record({ remove: fc.nat() }));

describe('the index of connections', () => {
  property('agrees with a list', 200, [fc.array(step, { maxLength: 60 })], (steps) => {
    const index = new PcbIndex();
    const list: TcpPcb[] = [];
    for (const s of steps) {
      if ('add' in s) {
        const pcb = connection(...s.add);
        list.push(pcb);
        index.add(pcb);
      } else if (list.length > 0) {
        index.remove(list.splice(s.remove % list.length, 1)[0]!);
      }
      for (const p of list) {
        const same = list.filter(
          (q) => q.remote_ip === p.remote_ip && q.remote_port === p.remote_port && q.local_port === p.local_port,
        );
        expect(new Set(found(index, p.remote_ip, p.remote_port, p.local_port))).toEqual(new Set(same));
      }
    }
    expect(found(index, 1, 1, 1)).toEqual([]);
  });

  test('finds nothing while it is empty', () => {
    expect(new PcbIndex().chain(1, 2, 3)).toBeNull();
  });

  property('knows a port as long as somebody has it', 200, [fc.array(fc.tuple(fc.nat(3), fc.boolean()))], (steps) => {
    const index = new PcbIndex();
    const counts = [0, 0, 0, 0];
    for (const [port, takes] of steps) {
      if (takes) index.takePort(port);
      else if (counts[port]! > 0) index.givePort(port);
      else continue;
      counts[port]! += takes ? 1 : -1;
    }
    // Port 0 is "none" and is never taken.
    expect(counts.map((_, port) => index.isPortTaken(port))).toEqual(counts.map((n, port) => port !== 0 && n > 0));
  });
});
