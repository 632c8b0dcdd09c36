/** FreeRTOS, the C library and lwIP's calls as firmware sees them: each part is a function of test/firmware/c/checks. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Firmware } from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

/** Everything that must hold is checked in C; what does not is logged. */
const PARTS = [
  'tasks',
  'suspend',
  'critical',
  'deep',
  'queues',
  'semaphores',
  'mutexes',
  'queue_sets',
  'event_groups',
  'notifications',
  'timers',
  'esp_timer',
  'streams',
  'heap',
  'errno',
  'clock',
  'sockets',
  'netdb',
  'events',
  'netif',
];

describe.each(['0', 's'] as const)('compiled with -O%s', (optimize) => {
  let firmware: Firmware;
  beforeAll(async () => {
    firmware = await compile(['checks'], { optimize });
  });

  function run(part: string) {
    const { world, board } = boot(firmware, { hosts: { 'peer.local': '192.168.4.9' } });
    board.stdin(`${part}\n`);
    world.at(1_000_000, () => board.stdin('typed\nz'));
    const report = world.runSync({ until: 60_000_000 });
    return { board, report, log: board.log };
  }

  test.each(PARTS)('%s', (part) => {
    const { log, report, board } = run(part);
    expect(board.panic).toBeNull();
    expect(log.map(({ level, tag, text }) => ({ level, tag, text }))).toEqual([
      { level: 'I', tag: 'check', text: `${part} done` },
    ]);
    expect(report.outcome).toBe('ended');
  });

  test('log lines are data: level, tag, text, task and time', () => {
    expect(run('log').log.map(({ n: _, ...line }) => line)).toEqual([
      { tUs: 0, level: 'E', tag: 'tag', text: 'an error 1', task: 'main' },
      { tUs: 0, level: 'W', tag: 'tag', text: 'a warning', task: 'main' },
      { tUs: 0, level: 'I', tag: 'tag', text: 'µ: text', task: 'main' },
      { tUs: 0, level: 'I', tag: 'other', text: 'shown', task: 'main' },
      { tUs: 0, level: 'I', tag: 'tag', text: 'shown again', task: 'main' },
      { tUs: 0, level: 'I', tag: 'hex', text: '48 65 6c 6c 6f ', task: 'main' },
      { tUs: 0, level: 'I', tag: 'char', text: 'Hello', task: 'main' },
      { tUs: 0, level: 'I', tag: 'check', text: 'log done', task: 'main' },
    ]);
  });

  test('printf() and its like print lines; stdin is what is typed, when it is typed', () => {
    expect(run('stdio').log.map(({ tUs, level, text }) => `${tUs} ${level} ${text}`)).toEqual([
      '0  one line 1',
      '0  another',
      '0  to stderr',
      '0  x',
      '0  perror: Invalid argument',
      '1000000 I stdio done',
    ]);
  });
});
