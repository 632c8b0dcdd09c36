/** `lwip-twin config`, called as a function: what it prints for which files. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { World } from '../device/index.ts';
import { config, configurationNotes } from '../tools/cli/config.ts';
import { UsageError } from '../tools/cli/usage-error.ts';

const dir = mkdtempSync(join(tmpdir(), 'lwip-twin-config-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
/** Path of a new file with these lines. */
function file(...lines: string[]): string {
  const path = join(dir, `sdkconfig${files++}`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe('config', () => {
  test('prints every value beside its default and marks what differs', () => {
    const rows = config([file('CONFIG_LWIP_TCP_MSS=536')]).split('\n');
    const row = (name: string) => rows.find((line) => line.includes(`${name} `))!.split(/ {2,}/);
    expect(row('CONFIG_LWIP_TCP_MSS')).toEqual(['*', 'CONFIG_LWIP_TCP_MSS', '536', '1440', expect.any(String)]);
    expect(row('CONFIG_LWIP_SO_LINGER').slice(0, 4)).toEqual(['', 'CONFIG_LWIP_SO_LINGER', 'n', 'n']);
    expect(row('CONFIG_LWIP_TCP_RCV_SCALE').slice(2, 4)).toEqual(['-', '-']);
    expect(row('TCP_SND_QUEUELEN').slice(0, 4)).toEqual(['*', 'TCP_SND_QUEUELEN', '43', '16']);
    expect(rows.every((line) => line === line.trimEnd())).toBe(true);
  });

  test('--changed leaves out what is as by default; of several files the last counts', () => {
    const text = config([
      file('CONFIG_LWIP_TCP_MSL=1', 'CONFIG_LWIP_IPV6=n'),
      file('CONFIG_LWIP_TCP_MSL=2000'),
      '--changed',
    ]);
    expect(text.split('\n').filter((line) => line.startsWith('*'))).toEqual([
      '*  CONFIG_LWIP_TCP_MSL  2000   60000    ms; TIME_WAIT lasts twice this',
    ]);
    expect(text).toMatch(/sdkconfig\d+:2: CONFIG_LWIP_IPV6 has no effect\. IPv6 is not modelled\.\n$/);
  });

  test('--json', () => {
    const path = file('CONFIG_LWIP_LOCAL_HOSTNAME="oven"');
    const report = JSON.parse(config([path, '--json', '--changed'])) as unknown;
    expect(report).toEqual({
      symbols: [
        {
          symbol: 'CONFIG_LWIP_LOCAL_HOSTNAME',
          value: 'oven',
          default: 'espressif',
          changed: true,
          place: `${path}:1`,
          effect: expect.any(String),
        },
      ],
      derived: [],
      notes: [],
    });
  });

  test.each([
    [[], "'config' needs the name of an sdkconfig file."],
    [['--jsn', 'x'], "'config' has no option '--jsn', only --changed and --json."],
    [[join(dir, 'absent')], 'absent'],
    [[file('CONFIG_LWIP_TCP_MSS=7')], 'sdkconfig0:1: CONFIG_LWIP_TCP_MSS must be from 536 to 1460, not 7.'],
    [
      [file('CONFIG_LWIP_MAX_SOCKETS=99')],
      'sdkconfig1:1: CONFIG_LWIP_MAX_SOCKETS is modelled from 1 to 61, not for 99.',
    ],
  ])('%j is refused', (words, message) => {
    expect(() => config(words)).toThrow(UsageError);
    expect(() => config(words)).toThrow(message);
  });
});

test('a run tells of settings that have no effect, once for all boards that have them', () => {
  const world = new World();
  const lan = world.lan();
  for (const n of [1, 2]) {
    const sdkconfig = { CONFIG_LWIP_IPV6: false, CONFIG_LWIP_TCP_MSS: 536 };
    world.esp32(`b${n}`, { lan, ip: `192.168.4.${n}`, sdkconfig });
  }
  world.esp32('other', { lan, ip: '192.168.4.3' });
  expect([...configurationNotes(world)]).toEqual(['sdkconfig: CONFIG_LWIP_IPV6 has no effect. IPv6 is not modelled.']);
});
