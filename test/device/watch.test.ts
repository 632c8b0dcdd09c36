import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  type Expectation,
  FIONBIO,
  type Finding,
  type Os,
  SO_KEEPALIVE,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
} from '../../device/index.ts';
import {
  A_IP,
  acceptOne,
  connectTo,
  listenOn,
  type Pair,
  pair,
  pattern,
  recvAll,
  type Steps,
} from '../support/worlds.ts';

const SECOND = 1_000_000;

type Program = (os: Os) => Steps<unknown>;

/** Run programs on two watched boards. */
function watched(a: Record<string, Program>, b: Record<string, Program> = {}, prepare: (p: Pair) => void = () => {}) {
  const p = pair();
  p.world.watch();
  prepare(p);
  for (const [name, program] of Object.entries(a)) p.a.xTaskCreate(program, name);
  for (const [name, program] of Object.entries(b)) p.b.xTaskCreate(program, name, { startUs: 20_000 });
  const report = p.world.runSync({ until: 300 * SECOND, stopWhenIdle: false });
  return { ...p, report, findings: report.findings.map(brief), hints: report.hints.map(brief) };
}

function brief({ kind, board, task, call, text }: Finding): string[] {
  return [kind, board, task, call, text];
}

/** Accepts one connection, reads it to the end and closes. */
function* reader(os: Os): Steps<void> {
  const s = yield* acceptOne(os, 80);
  yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 60, tv_usec: 0 });
  yield* recvAll(os, s);
  yield* os.close(s);
}

describe('a watched world', () => {
  test('has nothing to say about programs that do everything right', () => {
    const run = watched(
      { server: reader },
      {
        *client(os) {
          const s = yield* connectTo(os, A_IP, 80);
          yield* os.send(s, pattern(5000));
          yield* os.close(s);
        },
      },
    );
    expect([run.findings, run.hints]).toEqual([[], []]);
  });

  test('tells of descriptors whose task has ended', () => {
    const run = watched({
      *main(os) {
        yield* os.socket(AF_INET, SOCK_DGRAM);
      },
      *later(os) {
        yield* os.delayMs(59_000);
        yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.delayMs(300_000);
      },
    });
    const text =
      'Descriptor 54 is still open: task main, which made it, has ended, and nobody has used it for a minute.';
    expect(run.findings).toEqual([['leak', 'a', 'main', '', text]]);
  });

  test('tells of descriptors whose connection is gone, unless somebody waits with them', () => {
    const run = watched(
      {
        *main(os) {
          const l = yield* listenOn(os, 80);
          yield* os.accept(l);
          yield* os.accept(l);
        },
      },
      {
        *main(os) {
          const s = yield* connectTo(os, A_IP, 80);
          yield* os.delayMs(100);
          yield* os.send(s, 'unread');
          yield* os.close(s);
        },
      },
      ({ world }) => world.inflict({ kind: 'rst', match: { from: 'b', data: true } }),
    );
    expect(run.findings.map(([kind, , task, , text]) => [kind, task, text])).toEqual([
      ['leak', 'main', 'Descriptor 55 is still open: its connection is gone, and nobody has used it for a minute.'],
    ]);
  });

  test('tells of calls on closed descriptors', () => {
    const run = watched({
      *main(os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.close(s);
        yield* os.close(s);
        yield* os.sendto(61, 'x', 1, 0, sockaddr_in(A_IP, 9)); // Was never open: EBADF says it all.
      },
    });
    const text = 'Task main called close(54) after it had closed the descriptor at 0.000000 s.';
    expect(run.findings).toEqual([['closedDescriptor', 'a', 'main', 'close(54)', text]]);
    expect(run.trace.notes.map((n) => [n.board, n.text])).toEqual([['a', `finding: ${text}`]]);
  });

  test('tells of descriptors that have become another socket', () => {
    const run = watched({
      *worker(os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.delayMs(1000);
        yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
      },
      *boss(os) {
        yield* os.delayMs(100);
        yield* os.close(54);
        const mine = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.delayMs(2000);
        yield* os.close(mine);
      },
    });
    const text =
      'Task worker called sendto(54), a descriptor that task boss had closed at 0.100000 s and that is another socket now, opened by task boss.';
    expect(run.findings).toEqual([['reusedDescriptor', 'a', 'worker', 'sendto(54)', text]]);
  });

  test('tells of a second close that hits another task’s socket, and not of descriptors that are handed over', () => {
    const handOver = (second: Program) =>
      watched({
        *acceptor(os) {
          yield* os.socket(AF_INET, SOCK_DGRAM);
          yield* os.delayMs(1000);
          yield* os.socket(AF_INET, SOCK_DGRAM);
          yield* os.delayMs(2000);
        },
        *worker(os) {
          yield* os.delayMs(100);
          yield* os.sendto(54, 'x', 1, 0, sockaddr_in(A_IP, 9));
          yield* os.close(54);
          yield* os.delayMs(1400);
          yield* second(os);
        },
      }).findings.map(([kind]) => kind);
    const use: Program = function* (os) {
      yield* os.sendto(54, 'x', 1, 0, sockaddr_in(A_IP, 9));
      yield* os.close(54);
    };
    const closeAgain: Program = function* (os) {
      yield* os.close(54);
    };
    expect(handOver(closeAgain)).toEqual(['reusedDescriptor']);
    expect(handOver(use)).toEqual([]);
  });

  test('tells of stuck tasks, and when a run takes too long', () => {
    const { world, a } = pair();
    a.xTaskCreate(function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.connect(s, sockaddr_in(A_IP, 9));
      yield* os.recv(s, new Uint8Array(1));
    }, 'main');
    world.expectFinding({ kind: 'stuck', task: 'main', call: 'recv' });
    const { outcome, findings } = world.runSync();
    expect(outcome).toBe('hang');
    expect(findings).toEqual([
      {
        kind: 'stuck',
        tUs: world.nowUs,
        board: 'a',
        task: 'main',
        call: 'recv(54)',
        text: expect.stringMatching(
          /^Task main is stuck in recv\(54\): it waits for data .*, and nothing can happen any more\.$/,
        ),
        isExpected: true,
      },
    ]);

    const long = pair();
    long.world.watch({ timeLimitUs: 3 * SECOND });
    long.a.xTaskCreate(function* (os) {
      for (;;) yield* os.delayMs(100);
    }, 'main');
    const report = long.world.runSync({ until: 60 * SECOND });
    expect(report.findings.map(brief)).toEqual([
      ['timeLimit', '', '', '', 'After 3.000000 s these tasks have not ended: main of a in delayMs().'],
    ]);
    expect(() => long.world.watch({ timeLimitUs: -1 })).toThrow('timeLimitUs must be a time in microseconds, not -1.');
  });

  test('tells of hazards, with the call that ran into them', () => {
    const run = watched({
      *main(os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.bind(s, sockaddr_in('0.0.0.0', 81));
        const second = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(second, sockaddr_in('0.0.0.0', 82));
      },
    });
    expect(run.findings.map(([kind, , task, call]) => [kind, task, call])).toEqual([
      ['hazard', 'main', expect.stringMatching(/^bind\(5[45]\)$/)],
    ]);
  });

  test('an expectation fits by kind, board, task, call and text', () => {
    const isExpected = (expectation: Expectation) => {
      const { world, a } = pair();
      world.watch();
      world.expectFinding(expectation);
      a.xTaskCreate(function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.close(s);
        yield* os.close(s);
      }, 'main');
      return world.runSync().findings[0]?.isExpected;
    };
    for (const yes of [
      {},
      { kind: 'closedDescriptor' },
      { board: 'a', task: 'main', call: 'close', text: 'after it' },
    ] as const) {
      expect(isExpected(yes)).toBe(true);
    }
    for (const no of [{ kind: 'leak' }, { board: 'b' }, { task: 'x' }, { call: 'clos' }, { text: 'y' }] as const) {
      expect(isExpected(no)).toBe(false);
    }
  });
});

describe('hints', () => {
  function* connected(os: Os, then: (os: Os, s: number) => Steps<unknown>): Steps<void> {
    const s = yield* connectTo(os, A_IP, 80);
    yield* os.ioctl(s, FIONBIO, { value: 1 });
    yield* then(os, s);
    yield* os.close(s);
  }

  test.each<[string, (os: Os, s: number) => Steps<unknown>, string[]]>([
    [
      'a short write that is left alone',
      function* (os, s) {
        yield* os.send(s, pattern(8000));
      },
      ['send(54) took 5760 of 8000 bytes, and task main did not send the rest.'],
    ],
    [
      'a short write that is followed by something else',
      function* (os, s) {
        yield* os.send(s, pattern(8000));
        yield* os.delayMs(100);
        yield* os.send(s, pattern(2241));
      },
      ['send(54) took 5760 of 8000 bytes, and task main did not send the rest.'],
    ],
    [
      'a short write that is continued',
      function* (os, s) {
        yield* os.send(s, pattern(8000));
        yield* os.delayMs(100);
        yield* os.send(s, pattern(2240));
      },
      [],
    ],
    [
      'an errno that nobody reads',
      function* (os, s) {
        yield* os.recv(s, new Uint8Array(1));
        yield* os.recv(s, new Uint8Array(1));
        yield* os.recv(s, new Uint8Array(1));
      },
      ['recv(54) failed, and task main went on without a look at errno.'],
    ],
    [
      'an errno that is read',
      function* (os, s) {
        if ((yield* os.recv(s, new Uint8Array(1))) < 0 && os.errno === 11) yield* os.delayMs(10);
      },
      [],
    ],
    [
      'a wait without a time-out',
      function* (os, s) {
        yield* os.ioctl(s, FIONBIO, { value: 0 });
        yield* os.select(64, null, null, null, { tv_sec: 0, tv_usec: 10 });
        yield* os.poll([{ fd: s, events: 1, revents: 0 }], -1);
      },
      ['Task main waits in poll() without a time-out: if the peer vanishes, it waits for ever.'],
    ],
    [
      'a wait with keepalive',
      function* (os, s) {
        yield* os.ioctl(s, FIONBIO, { value: 0 });
        yield* os.setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, 1);
        yield* os.recv(s, new Uint8Array(1));
      },
      [],
    ],
    [
      'recv() without either',
      function* (os, s) {
        yield* os.ioctl(s, FIONBIO, { value: 0 });
        yield* os.recv(s, new Uint8Array(1));
      },
      ['Task main waits in recv(54) without a time-out: if the peer vanishes, it waits for ever.'],
    ],
  ])('%s', (_name, then, expected) => {
    const run = watched(
      {
        *server(os) {
          const s = yield* acceptOne(os, 80);
          yield* os.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 60, tv_usec: 0 });
          yield* os.delayMs(20);
          yield* recvAll(os, s, 1);
          yield* os.delayMs(500);
          yield* os.send(s, pattern(2));
          yield* os.delayMs(500);
          yield* os.close(s);
        },
      },
      { main: (os) => connected(os, then) },
    );
    expect(run.hints.filter(([, , task]) => task === 'main').map((h) => h[4])).toEqual(expected);
    expect(run.findings).toEqual([]);
    expect(run.trace.notes).toEqual([]);
  });
});
