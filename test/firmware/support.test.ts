/** The plain C of device/firmware/src: what it answers, and that it reads and writes addresses as the stack does. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Firmware } from '../../device/index.ts';
import { ip4addr_aton, ip4addr_ntoa } from '../../stack/prot/ip4.ts';
import { ip6addr_aton, ip6addr_ntoa, ipaddr_aton, ipaddr_ntoa } from '../../stack/prot/ip6.ts';
import { fc } from '../support/fast-check.ts';
import { boot, COMPILE_TIMEOUT_MS, compile } from '../support/firmware.ts';

jest.setTimeout(COMPILE_TIMEOUT_MS);

let firmware: Firmware;
beforeAll(async () => {
  firmware = await compile(['support']);
});

function run(lines: readonly string[]) {
  const { world, board } = boot(firmware);
  board.stdin(`${lines.join('\n')}\n`);
  world.runSync({ until: 10_000_000 });
  expect(board.panic).toBeNull();
  return board.log.map(({ level, tag, text }) => (tag === '' ? text : `${level} ${tag}: ${text}`));
}

test.each(['nvs', 'names', 'mac', 'lists', 'uri', 'zone'])('%s', (part) => {
  expect(run([part])).toEqual([`I check: ${part} done`]);
});

test('what a board cannot do, it says', () => {
  expect(run(['refused'])).toEqual([
    'E lwip-twin: esp_light_sleep_start() is refused: the board does not sleep; use vTaskDelay() or esp_restart().',
    'E lwip-twin: esp_pm_configure() is refused: there is no power management, as without CONFIG_PM_ENABLE.',
    'I check: refused done',
  ]);
});

test('a console: commands, and the loop that reads them', () => {
  expect(run(['console', 'add 1 2', 'add 9 1', '', 'sub 1', 'greet', 'help add'])).toEqual([
    'hello big world',
    '',
    "Type 'help' to get the list of commands.",
    '> sum 3',
    '> sum 10',
    'Command returned non-zero error code: 0x104 (ESP_ERR_INVALID_SIZE)',
    '> > Unrecognized command',
    '> hello you',
    '> add <n>...',
    '  Adds numbers',
    '',
  ]);
});

test('argtable3: options, numbers, words, and what is wrong with them', () => {
  expect(run(['argtable'])).toEqual([
    "0: v0 h'10.0.0.1'",
    "0: v1 c5 w0.50 h'host'",
    "0: v1 c3 c16 h'host'",
    "0: v0 w-1.50 h'two words'",
    "0: v0 h'-c'",
    '1:',
    'ping: missing option <host>',
    '1:',
    'ping: unexpected argument "b"',
    '3:',
    'ping: invalid argument "x" to option -c <n>',
    'ping: unexpected argument "-q"',
    'ping: too many errors to display',
    '1:',
    'ping: excess option -c <n>',
    ' [-v] [-c <n>] [--wait=<s>] <host>',
    '-v, --verbose: say more',
    '-c, --count=<n>: how often',
    '--wait=<s>: between two',
    '<host>: whom',
    'I check: argtable done',
  ]);
});

describe('addresses', () => {
  /** What print_addresses() must print. */
  function expected(text: string): string[] {
    const ip4 = ip4addr_aton(text);
    const ip6 = ip6addr_aton(text);
    const any = ipaddr_aton(text);
    return [
      `inet_addr ${((ip4 ?? -1) >>> 0).toString(16).padStart(8, '0')}`,
      `inet_aton ${ip4 === undefined ? 0 : 1}`,
      `inet_ntoa ${ip4 === undefined ? '-' : ip4addr_ntoa(ip4)}`,
      `inet_pton6 ${ip6 === undefined ? 0 : 1}`,
      `inet_ntop6 ${ip6 === undefined ? '-' : ip6addr_ntoa(ip6)}`,
      `ipaddr_aton ${any === undefined ? '-' : ipaddr_ntoa(any)}`,
    ];
  }

  function check(texts: readonly string[]): void {
    expect(run(texts.map((text) => `=${text}`))).toEqual(texts.flatMap(expected));
  }

  test('in all notations', () => {
    check([
      '192.168.4.1',
      '0',
      '255.255.255.255',
      '1.2.3',
      '1.2',
      '127.1',
      '0x7f.1',
      '017.0.0.1',
      '08.0.0.1',
      '256.1.1.1',
      '1.2.3.4.5',
      '1.2.3.',
      '.1.2.3',
      '1.2.3.4 x',
      '1.2.3.4x',
      '',
      ' 1.2.3.4',
      '4294967295',
      '4294967296',
      '0x',
      '::',
      '::1',
      'fe80::1',
      'FE80::30AD:E57B:C212:68AD',
      '2001:db8::56af:97ff:fefb:2195',
      '::ffff:1.2.3.4',
      '1::2::3',
      '1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      ':::',
      'fe80::1%st1',
      '64:ff9b::192.0.2.33',
      '1:2',
      ':1',
      '1:0:0:2:0:0:0:3',
      '0:0:1::',
      '::1:0:0',
      '::1.2.3',
      '1:2:3:4:5:6:1.2.3.4',
      'g::',
    ]);
  });

  test('as the stack does, whatever the text', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF'), maxLength: 5 });
    const part = fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), hex, fc.constantFrom('0x1f', '010', ''));
    const ip4 = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.'));
    const ip6 = fc.array(fc.oneof(hex, fc.constant('')), { maxLength: 9 }).map((parts) => parts.join(':'));
    const text = fc.oneof(
      ip4,
      ip6,
      fc.tuple(ip6, ip4).map(([a, b]) => `${a}:${b}`),
      fc.tuple(ip4, fc.constantFrom(' ', 'x', '%1')).map(([a, b]) => a + b),
    );
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), check), { numRuns: 20 });
  });
});
