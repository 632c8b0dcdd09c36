import { describe, expect, test } from '@jest/globals';
import { AF_INET, type FaultPlan, type FaultSpec, SOCK_STREAM, World } from '../../../device/index.ts';
import { A_IP, acceptOne, connectTo, outcome, pair, pattern, start } from '../../support/worlds.ts';

/** Board a sends 300 bytes and closes; b reads 100 at a time to the end. */
function stream(plan: FaultSpec | FaultSpec[]) {
  const p = pair();
  const { faults } = p.world.inflict(plan);
  const sender = start(p.a, function* (os) {
    const s = yield* acceptOne(os, 80);
    const sent = [yield* outcome(os, os.send(s, pattern(300))), yield* outcome(os, os.send(s, pattern(300)))];
    yield* os.close(s);
    return sent;
  });
  const receiver = start(p.b, { startUs: 20_000 }, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    if (s < 0) return [yield* outcome(os, os.socket(AF_INET, SOCK_STREAM))];
    yield* os.close(s);
    const c = yield* connectTo(os, A_IP, 80);
    const got: (number | string)[] = [];
    for (let i = 0; i < 12; i++) {
      const n = yield* outcome(os, os.recv(c, new Uint8Array(100)));
      got.push(n);
      if (n === 0) break;
    }
    return got;
  });
  p.world.runSync();
  return { ...p, faults, sent: sender.value, got: receiver.value };
}

describe('a planned fault on calls', () => {
  test.each<[string, FaultSpec | FaultSpec[], (number | string)[], (number | string)[]]>([
    ['nothing', [], [300, 300], [100, 100, 100, 100, 100, 100, 0]],
    ['the first send fails', { kind: 'callFails', fn: 'send', errno: 'ENOMEM' }, ['ENOMEM', 300], [100, 100, 100, 0]],
    [
      'the second',
      { kind: 'callFails', fn: 'send', nth: 2, errno: 'ECONNRESET' },
      [300, 'ECONNRESET'],
      [100, 100, 100, 0],
    ],
    [
      'a storm',
      { kind: 'callFails', fn: ['recv', 'read'], board: 'b', nth: 2, count: 3, errno: 'EAGAIN' },
      [300, 300],
      [100, 'EWOULDBLOCK', 'EWOULDBLOCK', 'EWOULDBLOCK', 100, 100, 100, 100, 100, 0],
    ],
    [
      'by number, with another result',
      { kind: 'callFails', fn: 'send', errno: 118, ret: 7 },
      [7, 300],
      [100, 100, 100, 0],
    ],
    [
      'of another board',
      { kind: 'callFails', fn: 'recv', board: 'a', errno: 5 },
      [300, 300],
      [100, 100, 100, 100, 100, 100, 0],
    ],
    ['a short write', { kind: 'shortTransfer', fn: 'send', bytes: 5 }, [5, 300], [5, 100, 100, 100, 0]],
    [
      'short reads',
      { kind: 'shortTransfer', fn: 'recv', nth: 2, count: 2, bytes: 7 },
      [300, 300],
      [100, 7, 7, 100, 86, 100, 100, 100, 0],
    ],
    [
      'the first verdict',
      [
        { kind: 'callFails', fn: 'send', errno: 'ENOMEM' },
        { kind: 'callFails', fn: 'send', errno: 'EIO', count: 2 },
      ],
      ['ENOMEM', 'EIO'],
      [0],
    ],
  ])('%s', (_name, plan, sent, got) => {
    const run = stream(plan);
    expect([run.sent, run.got]).toEqual([sent, got]);
  });

  test('a call loses time before it begins', () => {
    const { world, a } = pair();
    world.inflict({ kind: 'slowCall', fn: 'socket', task: 'main', us: 1234 });
    const at = start(a, function* (os) {
      yield* os.socket(AF_INET, SOCK_STREAM);
      return world.nowUs;
    });
    world.runSync();
    expect(at.value).toBe(1234);
  });

  test('an async program meets them as well, and the trace has them', async () => {
    const { world, a, trace } = pair();
    world.inflict({ kind: 'callFails', fn: 'socket', errno: 'ENFILE' });
    const got: number[] = [];
    a.xTaskCreate(async (os) => {
      got.push(await os.socket(AF_INET, SOCK_STREAM), os.errno);
    }, 'main');
    await world.run();
    expect(got).toEqual([-1, 23]);
    expect(trace.calls[0]).toMatchObject({ fn: 'socket', ret: -1, errno: 23 });
    expect(trace.notes.map((n) => [n.board, n.text])).toEqual([['a', 'callFails: socket']]);
  });
});

describe('a planned order', () => {
  /** Three tasks of one priority note their turns. */
  function order(plan: FaultPlan) {
    const { world, a } = pair();
    const { faults } = world.inflict(plan);
    const turns: string[] = [];
    for (const name of ['x', 'y', 'z']) {
      a.xTaskCreate(function* (os) {
        for (let i = 0; i < 3; i++) {
          turns.push(name);
          yield* os.delayMs(10);
        }
      }, name);
    }
    world.runSync();
    return { turns: turns.join(''), faults };
  }

  test('comes from its seed, and is otherwise that of creation', () => {
    expect(order([]).turns).toBe('xyzxyzxyz');
    const orders = new Set([1, 2, 3, 4, 5].map((seed) => order([{ kind: 'schedule', seed }]).turns));
    expect(orders.size).toBeGreaterThan(2);
    expect(order([{ kind: 'schedule', seed: 1 }]).turns).toBe(order([{ kind: 'schedule', seed: 1 }]).turns);
    for (const turns of orders) expect([...turns].sort().join('')).toBe('xxxyyyzzz');
  });

  test('swaps at numbered choices, and tells how many there were', () => {
    const none = order([{ kind: 'schedule', swaps: [] }]);
    expect(none.turns).toBe('xyzxyzxyz');
    const choices = none.faults[0]!.matches;
    expect(choices).toBeGreaterThan(3);
    const swapped = Array.from({ length: choices }, (_, i) => order([{ kind: 'schedule', swaps: [i + 1] }]));
    expect(new Set(swapped.map(({ turns }) => turns)).size).toBeGreaterThan(3);
    for (const { faults } of swapped) expect(faults[0]?.applied).toBe(1);
  });

  test('of tasks alone', () => {
    const { world, a } = pair();
    world.inflict({ kind: 'schedule', of: 'tasks', swaps: [1] });
    const turns: string[] = [];
    a.xTaskCreate(
      function* (os) {
        for (const name of ['y', 'z']) {
          yield* os.xTaskCreate(function* () {
            yield* [];
            turns.push(name);
          }, name);
        }
      },
      'parent',
      { priority: 6 },
    );
    world.runSync();
    expect(turns).toEqual(['z', 'y']);
  });
});

describe('a plan', () => {
  const world = (): World => {
    const w = new World();
    w.esp32('a', { lan: w.lan(), ip: A_IP });
    return w;
  };

  test('is plain data', () => {
    const plan: FaultPlan = [
      { kind: 'drop', match: { proto: 'tcp', flags: 'S', to: 'server', dstPort: 80 }, nth: 1 },
      { kind: 'powerOff', board: 'a', after: { call: 'accept', nth: 2 } },
    ];
    const restored = JSON.parse(JSON.stringify(plan)) as FaultPlan;
    expect(
      world()
        .inflict(restored)
        .faults.map(({ spec }) => spec),
    ).toEqual(plan);
  });

  test.each<[string, unknown]>([
    ['Fault 0 of the plan has the unknown kind "lose"; there are drop,', { kind: 'lose' }],
    ['Fault 1 of the plan is a delay whose us is missing.', [{ kind: 'drop' }, { kind: 'delay' }]],
    [
      'Fault 0 of the plan is a delay whose us must be a whole number of at least 0, not -1.',
      { kind: 'delay', us: -1 },
    ],
    [
      'Fault 0 of the plan is a drop whose chance must be a probability from 0 to 1, not 2.',
      { kind: 'drop', chance: 2 },
    ],
    ['Fault 0 of the plan is a drop whose ms is unknown; there are', { kind: 'drop', ms: 2 }],
    ['Fault 0 of the plan is a powerOff that needs atUs or after', { kind: 'powerOff', board: 'a' }],
    ['The plan has a fault on board "x", which does not exist.', { kind: 'powerOff', board: 'x', atUs: 1 }],
    ['A frame cannot be matched by "flag"; there are lan, from, to,', { kind: 'drop', match: { flag: 'S' } }],
    ['"SX" has "X", which is no flag', { kind: 'drop', match: { flags: 'SX' } }],
    ['"ftp" is no protocol', { kind: 'drop', match: { proto: 'ftp' } }],
    ['"EFOO" is no errno of newlib', { kind: 'callFails', fn: 'send', errno: 'EFOO' }],
    ['whose bytes must be bytes in hexadecimal', { kind: 'inject', to: 'a', atUs: 0, bytes: 'xyz' }],
    ['whose burst must be an object whose leave is missing', { kind: 'drop', burst: { enter: 0.5 } }],
    ['Fault 0 of the plan is no object.', [null]],
  ])('%s', (message, plan) => {
    const w = world();
    expect(() => w.inflict(plan as FaultSpec)).toThrow(message);
    expect([w.framePlan.isActive, w.callTaps.isActive]).toEqual([false, false]);
  });
});
