/** How firmware dies: what is printed, where it happened, and that the rest of the world goes on. */
import { beforeAll, expect, jest, test } from '@jest/globals';
import type { Firmware } from '../../device/index.ts';
import { boot, COMPILE_TIMEOUT_MS, compile, consoleOf } from '../support/firmware.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

let firmware: Firmware;
beforeAll(async () => {
  firmware = await compile(['panics.c']);
});

const GURU = (reason: string) => `Guru Meditation Error: Core  0 panic'ed (${reason}). Exception was unhandled.`;

/** Way to die, reason, what the message must contain, the innermost frames of the backtrace. */
const WAYS: readonly (readonly [string, string, RegExp | string, readonly RegExp[]])[] = [
  ['abort', 'abort', 'abort() was called on core 0', [/^abort$/, /^die_abort at .*panics\.c:\d+$/, /^app_main at /]],
  ['assert', 'assert', /^assert failed: die_assert .*panics\.c:\d+ \(zero == 1\)$/, [/^die_assert at /]],
  [
    'error_check',
    'ESP_ERROR_CHECK',
    /^ESP_ERROR_CHECK failed: esp_err_t 0x103 \(ESP_ERR_INVALID_STATE\)\nfile: ".*panics\.c" line \d+\nfunc: die_error_check\nexpression: /,
    [/^die_error_check at /],
  ],
  ['divide', 'IntegerDivideByZero', GURU('IntegerDivideByZero'), [/^die_divide at /]],
  ['load', 'LoadProhibited', /EXCVADDR: 0x00000000 at .*panics\.c:\d+$/, [/^die_load at /]],
  ['store', 'StoreProhibited', /EXCVADDR: 0x00000000 at .*panics\.c:\d+$/, [/^die_store at /]],
  ['wild', 'LoadStoreError', GURU('LoadStoreError'), [/^die_wild at /]],
  ['call', 'InstrFetchProhibited', GURU('InstrFetchProhibited'), [/^die_call at /]],
  ['double_free', 'Heap', /is free already \(double free\)/, [/^free$/, /^die_double_free at /]],
  ['overrun', 'Heap', /^CORRUPT HEAP: Bad tail/, [/^free$/, /^die_overrun at /]],
  ['free_middle', 'Heap', /^CORRUPT HEAP: Bad head/, [/^free$/, /^die_free_middle at /]],
  ['stack', 'StackOverflow', '***ERROR*** A stack overflow in task small has been detected.', [/^big at /]],
  ['recursion', 'StackOverflow', '***ERROR*** A stack overflow in task main has been detected.', [/^for_ever at /]],
  ['return', 'abort', 'FreeRTOS: FreeRTOS Task "returner" should not return, Aborting now!', []],
  ['mutex', 'assert', /task "giver" gives a mutex that task "main" holds/, [/^xQueueGenericSend$/, /^give_task at /]],
  ['null_queue', 'assert', /^assert failed: xQueueReceive\(\)/, [/^xQueueReceive$/, /^die_null_queue at /]],
  ['delete_twice', 'assert', /the task has been deleted already/, [/^vTaskDelete$/, /^die_delete_twice at /]],
  ['exit', 'abort', /^exit\(3\) was called/, [/^exit$/, /^die_exit at /]],
  ['critical', 'abort', /xSemaphoreTake\(\) would wait inside a critical section/, [/^xQueueSemaphoreTake$/]],
  ['above_tcpip', 'abort', 'abort() was called on core 0', [/^abort$/, /^die_above_tcpip_task at /]],
];

test.each(WAYS)('%s', (way, reason, message, frames) => {
  const { world, board } = boot(firmware);
  const trace = world.record();
  board.stdin(`${way}\n`);
  const other = world.esp32('other', { lan: world.lans[0]!, ip: '192.168.4.2' });
  let ticks = 0;
  other.xTaskCreate(function* (os) {
    yield* os.vTaskDelay(100);
    ticks = os.xTaskGetTickCount();
  }, 'other');

  const { outcome } = world.runSync();

  const panic = board.panic!;
  expect(panic.reason).toBe(reason);
  if (typeof message === 'string') expect(panic.message.startsWith(message)).toBe(true);
  else expect(panic.message).toMatch(message);
  frames.forEach((frame, i) => {
    expect(panic.backtrace[i]).toMatch(frame);
  });
  expect(consoleOf(board).join('\n')).toContain(`\n${panic.message}\n`.trimEnd());
  expect(trace.notes.map(({ text }) => text)).toEqual([`panic: ${panic.message.split('\n')[0]}`]);
  // The board has stopped, nothing else has.
  expect(board.isOn).toBe(false);
  expect({ outcome, ticks }).toEqual({ outcome: 'ended', ticks: 100 });
});

test('a board that has panicked starts again when it is powered off and on', () => {
  const { world, board } = boot(firmware);
  board.stdin('abort\nexit\n');
  world.at(1_000_000, () => {
    expect(board.panic?.reason).toBe('abort');
    board.powerOff();
  });
  world.at(2_000_000, () => board.powerOn());
  world.runSync();
  expect(board.panic).toMatchObject({ tUs: 2_000_000, task: 'main', message: expect.stringMatching(/^exit/) });
});
