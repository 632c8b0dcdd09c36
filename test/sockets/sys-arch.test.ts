import { describe, expect, test } from '@jest/globals';
import { AF_INET, SOCK_DGRAM, sockaddr_in } from '../../device/index.ts';
import { Mbox, type Sys, type SysThread, WaitList } from '../../sockets/sys_arch.ts';
import { fc, property } from '../support/fast-check.ts';
import { A_IP, pair, start } from '../support/worlds.ts';

function thread(name: string, priority: number): SysThread {
  return { name, priority, waitNext: null, waitingIn: null } as unknown as SysThread;
}

function names(list: WaitList): string[] {
  const found: string[] = [];
  for (let t = list.head; t !== null; t = t.waitNext) found.push(t.name);
  return found;
}

describe('those who wait', () => {
  const step = fc.oneof(fc.record({ priority: fc.nat(3) }), fc.record({ leaves: fc.nat() }));

  property('stand by priority, and equals by arrival', 200, [fc.array(step, { maxLength: 40 })], (steps) => {
    const list = new WaitList();
    const model: SysThread[] = [];
    for (const [i, s] of steps.entries()) {
      if ('priority' in s) {
        const t = thread(`${i}`, s.priority);
        const behind = model.findIndex((other) => other.priority < t.priority);
        model.splice(behind < 0 ? model.length : behind, 0, t);
        list.add(t);
        expect(t.waitingIn).toBe(list);
      } else if (model.length > 0) {
        const [t] = model.splice(s.leaves % model.length, 1);
        list.remove(t!);
        expect([t!.waitingIn, t!.waitNext]).toEqual([null, null]);
      }
      expect(names(list)).toEqual(model.map((t) => t.name));
    }
  });
});

describe('a mailbox', () => {
  property(
    'is a queue of limited length',
    200,
    [fc.integer({ min: 1, max: 6 }), fc.array(fc.boolean(), { maxLength: 60 })],
    (size, steps) => {
      const mbox = new Mbox<number>(size);
      const model: number[] = [];
      for (const [i, posts] of steps.entries()) {
        if (posts) {
          expect(mbox.trypost(i, {} as Sys)).toBe(model.length < size);
          if (model.length < size) model.push(i);
        } else {
          expect(mbox.tryfetch()).toBe(model.shift());
        }
        expect(mbox.count).toBe(model.length);
      }
    },
  );

  test('wakes its first receiver, who may run at once', () => {
    const mbox = new Mbox<string>(2);
    const calls: string[] = [];
    const sys = {
      wake: (list: WaitList) => calls.push(`wake ${list.head!.name}`),
      preemptIfHigher: () => calls.push('switch'),
    } as unknown as Sys;
    mbox.trypost('a', sys);
    expect(calls).toEqual([]);
    mbox.receivers.add(thread('low', 1));
    mbox.receivers.add(thread('high', 2));
    mbox.trypost('b', sys);
    expect(calls).toEqual(['wake high', 'switch']);
    expect(mbox.trypost('c', sys)).toBe(false);
    expect(calls.length).toBe(2);
  });
});

describe('the mailbox of the tcpip thread', () => {
  test('holds 32 messages; who cannot put one in waits', () => {
    const { world, a } = pair();
    const results: number[] = [];
    start(a, { priority: 22 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (let i = 0; i < 50; i++) {
        yield* os.xTaskCreate(
          function* (child) {
            results.push(yield* child.bind(s, sockaddr_in(A_IP, 1000 + i)));
          },
          `task${i}`,
          { priority: 20 },
        );
      }
    });
    expect(world.runSync().outcome).toBe('ended');
    expect(results).toEqual(new Array(50).fill(0));
  });

  test('loses frames when it is full', () => {
    const { world, a, b } = pair();
    start(b, { startUs: 5000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (let i = 0; i < 40; i++) yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
      yield* os.delayMs(40);
      for (let i = 0; i < 40; i++) yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
    });
    start(a, { priority: 19, startUs: 30_000 }, function* (os) {
      while (world.nowUs < 70_000) yield* os.taskYIELD();
    });
    world.runSync();
    // Three of the first forty waited for ARP and went, the others found its queue full; of the second forty 32 arrived.
    expect(a.stack.stats.udp_proterr).toBe(3 + 32);
  });
});
