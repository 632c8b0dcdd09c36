/**
 * What firmware can call. The snapshot is the list: every function of the headers, implemented or refused; a change of it is
 * a decision. ESP-IDF's own examples are the measure: what they use and is not there has a reason.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ApiEntry, type ApiStatus, headersOf, readApi, sourcesOf } from '../../tools/firmware/api/api.ts';
import { declarationsOf } from '../../tools/firmware/api/declarations.ts';
import { refusalsOf } from '../../tools/firmware/api/refusals.ts';
import { findHome } from '../../tools/firmware/packages.ts';
import { COMPILE_TIMEOUT_MS } from '../support/firmware.ts';

// Everything that there is goes into images, in a configuration with all functions.
jest.setTimeout(5 * COMPILE_TIMEOUT_MS);

interface Surface {
  /** How many of ESP-IDF v5.5's network examples use a function, by group. */
  readonly functions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly headers: Readonly<Record<string, number>>;
}

const surface: Surface = JSON.parse(readFileSync(join(__dirname, 'examples-api.json'), 'utf8'));
const home = findHome();

/** The C library's own, or functions of ESP-IDF that no header here declares. */
const LIBRARY_GROUPS = ['C library'];
const ALSO_LIBRARY = ['closedir', 'opendir', 'readdir', 'stat', 'unlink', 'read', 'write', 'close'];

let api: ApiEntry[] = [];
let byName = new Map<string, ApiEntry>();
beforeAll(async () => {
  const library = LIBRARY_GROUPS.flatMap((group) => Object.keys(surface.functions[group]!));
  // abort() and free() of a module cannot be asked for an address together with their builtins' types: they are functions.
  api = await readApi(
    home,
    [...library, ...ALSO_LIBRARY].filter((name) => name !== 'assert'),
  );
  byName = new Map(api.map((entry) => [entry.name, entry]));
});

test('nothing is declared and not there', () => {
  expect(api.filter(({ status }) => status === 'absent').map(({ name }) => name)).toEqual([]);
});

test('the list is as it was decided', () => {
  const names = (status: ApiStatus): string[] =>
    api
      .filter((entry) => entry.status === status && entry.header !== '' && entry.kind !== 'macro')
      .map(({ name, sentence }) => (sentence === '' ? name : `${name}: ${sentence}`));
  expect({ implemented: names('implemented'), refused: names('refused') }).toMatchSnapshot();
});

/** Why something that examples use is not there. The first that matches counts. */
const REASONS: readonly (readonly [reason: string, names: RegExp])[] = [
  ['TLS and cryptography', /^(?:mbedtls|esp_tls|esp_crt|psa|httpd_ssl|HTTPD_SSL|esp_ds|esp_secure)/],
  [
    'components over sockets, whose sources can be compiled with the program',
    /^(?:httpd|HTTPD|esp_http|esp_mqtt|mdns|cJSON|esp_transport)/,
  ],
  ['IPv6 sockets', /^(?:IPV6|inet6_)/],
  [
    'hardware: Ethernet controllers and their chips',
    /^(?:ETH_|esp_eth_(?:mac|phy|new|driver|del)|get_example_eth|eth_)/,
  ],
  ['hardware: USB consoles', /^esp_console_new_repl_usb/],
  ['files and flash', /^(?:esp_vfs|esp_spiffs|esp_partition|sdmmc|esp_ota)/],
  ['PPP and Thread', /^(?:ESP_NETIF_INHERENT_DEFAULT_(?:PPP|OPENTHREAD)|esp_openthread)/],
];

function reasonFor(name: string): string {
  return REASONS.find(([, names]) => names.test(name))?.[0] ?? 'none';
}

test('what examples use is there, or is not there for a reason', () => {
  const uncovered: (readonly [reason: string, name: string])[] = [];
  let covered = 0;
  for (const names of Object.values(surface.functions)) {
    for (const name of Object.keys(names)) {
      const entry = byName.get(name);
      if (name === 'assert' || entry?.status === 'implemented') covered++;
      else uncovered.push([entry === undefined ? reasonFor(name) : `refused: ${entry.sentence}`, name]);
    }
  }
  expect(uncovered.filter(([reason]) => reason === 'none')).toEqual([]);
  const byReason = [...new Set(uncovered.map(([reason]) => reason))].sort().map((reason) => {
    const names = uncovered.filter(([each]) => each === reason).map(([, name]) => name);
    return `${reason}: ${names.sort().join(' ')}`;
  });
  expect([`covered: ${covered}`, ...byReason]).toMatchSnapshot();
});

test('headers that examples include are there, or are not there for a reason', () => {
  const reasons: readonly RegExp[] = [
    /^(?:mbedtls|psa)\/|^(?:esp_tls|esp_crt_bundle|esp_https|esp_secure|rsa_)/,
    /^(?:esp_http_|mqtt_|mdns|cJSON|esp_transport|esp_local_ctrl|protocomm|mb|modbus|lwip\/apps\/netbios)/,
    /^(?:driver\/(?!uart)|soc\/|ethernet_init|tinyusb|tusb|sdmmc)/,
    /^(?:esp_spiffs|esp_vfs_|esp_partition|esp_ota)/,
    /^(?:esp_openthread|openthread|esp_netif_ppp|lwip\/icmp6)/,
  ];
  const ours = new Set(headersOf(home).map(([path]) => path));
  const library =
    /^(?:std\w+|string|time|ctype|math|assert|unistd|inttypes|limits|regex|dirent|sdkconfig|algorithm|cstddef|cstdint|deque|exception|memory|memory_resource|ranges|utility|vector|sys\/(?:types|param|stat))(?:\.h)?$/;
  const missing = Object.keys(surface.headers).filter((header) => !ours.has(header) && !library.test(header));
  expect(missing.filter((header) => !reasons.some((reason) => reason.test(header)))).toEqual([]);
});

describe('no stub pretends', () => {
  /** Functions that do nothing but answer a constant, and why that is the whole truth. */
  const CONSTANT: Record<string, string> = {
    esp_get_idf_version: 'the version of the headers',
    esp_cpu_get_core_id: 'there is one processor',
    xPortGetCoreID: 'there is one processor',
    xTaskGetCoreID: 'there is one processor',
    xPortInIsrContext: 'there are no interrupts',
    xPortCheckIfInISR: 'there are no interrupts',
    esp_rom_get_cpu_ticks_per_us: 'a property of the chip',
    esp_sleep_get_wakeup_cause: 'the board has not slept',
    esp_netif_init: 'the stack runs from the beginning',
    esp_netif_deinit: 'ESP-IDF does not support it either',
    esp_timer_early_init: 'the timers are there from the beginning',
    esp_timer_init: 'the timers are there from the beginning',
    esp_timer_deinit: 'the timers are there to the end',
  };

  test('a function that only answers a constant is one that has nothing else to do', () => {
    const found: string[] = [];
    for (const source of sourcesOf(home)) {
      const bodies = source.matchAll(
        /^(?!static)[\w*][\w *]*?[ *](\w+)\(([^;{}]*)\)\s*\{\s*(?:\(void\)\w+;\s*)*return ([\w"().*& ]+|"[^"]*");\s*\}/gm,
      );
      for (const [, name, parameters, result] of bodies) {
        const uses = [...parameters!.matchAll(/(\w+)(?:,|$)/g)].some(([, parameter]) =>
          new RegExp(`\\b${parameter}\\b`).test(result!),
        );
        if (
          !uses &&
          !/\(/.test(result!) &&
          /^(?:-?\d+|ESP_OK|pdTRUE|pdPASS|pdFALSE|true|false|NULL|[A-Z][A-Z_0-9]+|"[^"]*")$/.test(result!)
        )
          found.push(name!);
      }
    }
    expect(found.filter((name) => byName.get(name)?.status === 'implemented' && !(name in CONSTANT))).toEqual([]);
  });

  test('what is refused says so, in a sentence', () => {
    for (const { name, sentence } of api.filter(({ status }) => status === 'refused')) {
      expect(`${name}: ${sentence}`).toMatch(/^\w+: .{10,}\.$/);
    }
  });
});

describe('how headers and sources are read', () => {
  test('prototypes, inline functions, macros', () => {
    const header = [
      '/* void not_this(void); */',
      '#define MAX(a, b) ((a) > (b) ? (a) : (b))',
      '#define SIZE 4',
      'typedef void (*callback_t)(int);',
      '__BEGIN_DECLS',
      'extern const char *names[];',
      'const char *name_of(int number,',
      '                    int other) __attribute__((pure));',
      'static inline int twice(int n) {',
      '  return plus(n, n);',
      '}',
      '__END_DECLS',
    ].join('\n');
    expect(declarationsOf([['a.h', header]])).toEqual([
      { name: 'MAX', header: 'a.h', kind: 'macro' },
      { name: 'name_of', header: 'a.h', kind: 'function' },
      { name: 'twice', header: 'a.h', kind: 'inline' },
    ]);
  });

  test('refusals: always, and at times', () => {
    const source = [
      '#define NO_SLEEP "it does not sleep."',
      'REFUSED(nap, (int ms), NO_SLEEP)',
      'void doze(void) {\n  REFUSE(NO_SLEEP);\n}',
      'int rest(bool deep) {\n  if (deep) {\n    REFUSE("not deep.");\n    return -1;\n  }\n  return 0;\n}',
      'int wake(void) {\n  return 0;\n}',
    ].join('\n\n');
    expect([...refusalsOf([source])]).toEqual([
      ['nap', { sentence: 'it does not sleep.', always: true }],
      ['doze', { sentence: 'it does not sleep.', always: true }],
      ['rest', { sentence: 'not deep.', always: false }],
    ]);
  });
});
