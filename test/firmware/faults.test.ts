/** Fault plans and watchers on C firmware: the same as for programs in TypeScript. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { FaultPlan, Firmware } from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';
import { acceptOne, recvAll } from '../support/worlds.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

let firmware: Firmware;
beforeAll(async () => {
  firmware = await compile(['misfortunes.c']);
});

/** The client against an echo of its ten bytes. */
function run(plan: FaultPlan) {
  const { world, board } = boot(firmware);
  world.watch();
  const { faults } = world.inflict(plan);
  world.esp32('server', { lan: world.lans[0]!, ip: '192.168.4.2' }).xTaskCreate(function* (os) {
    const s = yield* acceptOne(os, 3333);
    yield* os.send(s, yield* recvAll(os, s, 10));
    yield* recvAll(os, s);
    yield* os.close(s);
  }, 'main');
  const report = world.runSync({ until: 60_000_000 });
  const said = board.log.filter(({ tag, level }) => tag === 'client' && level === 'I').map(({ text }) => text);
  return { report, said, faults, board };
}

const FINE = ['socket = 54', 'connect = 0', 'send = 10', 'recv = 10', 'close = 0', 'close = -1, errno 9'];

describe('C firmware', () => {
  test.each<[string, FaultPlan, string[]]>([
    ['nothing', [], FINE],
    [
      'no descriptor',
      [{ kind: 'callFails', fn: 'socket', board: 'board', errno: 'ENFILE' }],
      ['socket = -1, errno 23', ...FINE],
    ],
    ['no pcb', [{ kind: 'noMemory', board: 'board', of: 'pcb' }], ['socket = -1, errno 105', ...FINE]],
    [
      'a short write',
      [{ kind: 'shortTransfer', fn: 'send', board: 'board', bytes: 4 }],
      [...FINE.slice(0, 2), 'send = 4'],
    ],
    [
      'a short read',
      [{ kind: 'shortTransfer', fn: 'recv', board: 'board', bytes: 3 }],
      [...FINE.slice(0, 3), 'recv = 3', ...FINE.slice(4)],
    ],
    [
      'a RST instead of the answer',
      [{ kind: 'rst', match: { from: 'server', data: true } }],
      [...FINE.slice(0, 3), 'recv = -1, errno 104', ...FINE.slice(4)],
    ],
    [
      'a power loss: it begins anew',
      [{ kind: 'reboot', board: 'board', after: { call: 'recv', board: 'board' } }],
      [...FINE.slice(0, 3), 'socket = 54', 'connect = -1, errno 104'],
    ],
  ])('meets %s', (_name, plan, expected) => {
    const { said, faults } = run(plan);
    expect(said.map((text) => text.replace(', errno 0', '')).slice(0, expected.length)).toEqual(expected);
    for (const fault of faults) expect(fault.matched).toBe(true);
  });

  test('is watched: closed descriptors, waits without an end, errors that it logs', () => {
    const { report, board } = run([]);
    expect(report.findings.map(({ kind, task, call }) => [kind, task, call])).toEqual([
      ['closedDescriptor', 'main', 'close(54)'],
    ]);
    expect(report.hints.filter((h) => h.board === board.name).map(({ kind, text }) => [kind, text])).toEqual([
      ['noTimeout', 'Task main waits in recv(54) without a time-out: if the peer vanishes, it waits for ever.'],
      ['errorLog', 'The firmware logged an error: client: out of ideas'],
    ]);
  });

  test('that has died is found', () => {
    const { world, board } = boot(firmware);
    world.inflict({ kind: 'callFails', fn: 'socket', board: 'board', errno: 'ENFILE', count: 'all' });
    const { findings } = world.runSync();
    expect(findings.map(({ kind, board: name, task, text }) => [kind, name, task, text])).toEqual([
      ['panic', 'board', 'main', expect.stringMatching(/^abort\(\) was called .* in abort/)],
    ]);
    expect(board.panic).not.toBe(null);
  });
});
