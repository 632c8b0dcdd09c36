import { describe, expect, test } from '@jest/globals';
import { kconfigSymbols, todaysName } from '../../device/kconfig.ts';
import {
  formatSdkconfig,
  makeSdkconfig,
  parseSdkconfig,
  type SdkconfigSettings,
  sdkconfigHeader,
} from '../../device/sdkconfig.ts';
import { fc, property } from '../support/fast-check.ts';

describe('reading sdkconfig', () => {
  test.each<[string, SdkconfigSettings]>([
    ['CONFIG_LWIP_TCP_MSS=536', { CONFIG_LWIP_TCP_MSS: 536 }],
    ['CONFIG_LWIP_SO_LINGER=y', { CONFIG_LWIP_SO_LINGER: true }],
    ['CONFIG_LWIP_SO_REUSE=n', { CONFIG_LWIP_SO_REUSE: false }],
    ['# CONFIG_LWIP_SO_REUSE is not set', { CONFIG_LWIP_SO_REUSE: false }],
    ['CONFIG_LWIP_LOCAL_HOSTNAME="a \\"b\\" \\\\ c"', { CONFIG_LWIP_LOCAL_HOSTNAME: 'a "b" \\ c' }],
    ['CONFIG_EXAMPLE_ADDR=0x1F', { CONFIG_EXAMPLE_ADDR: 31 }],
    ['CONFIG_EXAMPLE_OFFSET=-12', { CONFIG_EXAMPLE_OFFSET: -12 }],
    ['CONFIG_EXAMPLE_EMPTY=""', { CONFIG_EXAMPLE_EMPTY: '' }],
    ['CONFIG_EXAMPLE_HASH="a # b"', { CONFIG_EXAMPLE_HASH: 'a # b' }],
    ['# a comment\r\n\r\nCONFIG_LWIP_TCP_MSL=1000\r\n', { CONFIG_LWIP_TCP_MSL: 1000 }],
    ['CONFIG_LWIP_TCP_MSS=536\nCONFIG_LWIP_TCP_MSS=600', { CONFIG_LWIP_TCP_MSS: 600 }],
    ['CONFIG_LWIP_TCP_MSS=536\n# CONFIG_LWIP_TCP_MSS is not set', {}],
    ['CONFIG_TCP_MSS=536', { CONFIG_LWIP_TCP_MSS: 536 }],
    ['CONFIG_MAIN_TASK_STACK_SIZE=4096', { CONFIG_ESP_MAIN_TASK_STACK_SIZE: 4096 }],
    // What ESP-IDF's tools repeat under old names is not read.
    [
      'CONFIG_LWIP_TCP_MSS=536\n# Deprecated options for backward compatibility\nCONFIG_TCP_MSS=1440\n# End of deprecated options',
      { CONFIG_LWIP_TCP_MSS: 536 },
    ],
  ])('%j', (text, settings) => {
    expect(parseSdkconfig(text).settings).toEqual(settings);
  });

  test('of several layers the later counts', () => {
    const defaults = parseSdkconfig('CONFIG_LWIP_TCP_MSS=536\nCONFIG_LWIP_TCP_MSL=1000\n', 'sdkconfig.defaults');
    const config = parseSdkconfig('CONFIG_LWIP_TCP_MSS=600\n', 'sdkconfig', defaults);
    expect(config.settings).toEqual({ CONFIG_LWIP_TCP_MSL: 1000, CONFIG_LWIP_TCP_MSS: 600 });
    expect(config.place('CONFIG_LWIP_TCP_MSS')).toBe('sdkconfig:1');
    expect(config.place('CONFIG_LWIP_TCP_MSL')).toBe('sdkconfig.defaults:2');
    expect(defaults.value('CONFIG_LWIP_TCP_MSS')).toBe(536);
  });

  test.each([
    ['CONFIG_LWIP_TCP_MSS=1461', 'sdkconfig:1: CONFIG_LWIP_TCP_MSS must be from 536 to 1460, not 1461.'],
    ['\nCONFIG_LWIP_TCP_MSS=535', 'sdkconfig:2: CONFIG_LWIP_TCP_MSS must be from 536 to 1460, not 535.'],
    ['CONFIG_LWIP_TCP_MSS="536"', 'sdkconfig:1: CONFIG_LWIP_TCP_MSS must be a whole number, not "536".'],
    ['CONFIG_LWIP_TCP_MSS=0x218', 'sdkconfig:1: CONFIG_LWIP_TCP_MSS must be a whole number, not 0x218.'],
    ['CONFIG_LWIP_TCP_MSS=y', 'sdkconfig:1: CONFIG_LWIP_TCP_MSS must be a whole number, not y.'],
    ['CONFIG_LWIP_TCP_MSS=', 'sdkconfig:1: CONFIG_LWIP_TCP_MSS must be a whole number, not nothing.'],
    ['CONFIG_TCP_MSS=12', 'sdkconfig:1: CONFIG_LWIP_TCP_MSS must be from 536 to 1460, not 12.'],
    ['CONFIG_LWIP_SO_LINGER=1', 'sdkconfig:1: CONFIG_LWIP_SO_LINGER must be y or n, not 1.'],
    ['CONFIG_LWIP_SO_LINGER=m', 'sdkconfig:1: CONFIG_LWIP_SO_LINGER must be y or n, not m.'],
    [
      'CONFIG_LWIP_LOCAL_HOSTNAME=esp',
      'sdkconfig:1: CONFIG_LWIP_LOCAL_HOSTNAME must be a string in double quotes, not esp.',
    ],
    [
      'CONFIG_EXAMPLE_X=abc',
      'sdkconfig:1: CONFIG_EXAMPLE_X must be y, n, a whole number or a string in double quotes, not abc.',
    ],
    [
      'CONFIG_EXAMPLE_X=9007199254740993',
      'sdkconfig:1: CONFIG_EXAMPLE_X must be y, n, a whole number or a string in double quotes, not 9007199254740993.',
    ],
    ['LWIP_TCP_MSS=536', "sdkconfig:1: 'LWIP_TCP_MSS=536' is neither CONFIG_NAME=VALUE nor a comment."],
    ['CONFIG_X = y', "sdkconfig:1: 'CONFIG_X = y' is neither CONFIG_NAME=VALUE nor a comment."],
    ['CONFIG_EXAMPLE_S="abc', 'a whole number or a string in double quotes, not "abc.'],
    ['CONFIG_LWIP_TCP_WND_DEFAULT=70000', 'CONFIG_LWIP_TCP_WND_DEFAULT must be from 2440 to 65535, not 70000.'],
    ['CONFIG_A=?\nCONFIG_B=?', 'sdkconfig:2: CONFIG_B'],
  ])('%j is refused', (text, message) => {
    expect(() => parseSdkconfig(text)).toThrow(message);
  });

  test('a range depends on other symbols', () => {
    const psram = 'CONFIG_SPIRAM=y\nCONFIG_SPIRAM_TRY_ALLOCATE_WIFI_LWIP=y\nCONFIG_LWIP_WND_SCALE=y\n';
    const config = parseSdkconfig(`${psram}CONFIG_LWIP_TCP_WND_DEFAULT=70000\n`);
    expect(config.value('CONFIG_LWIP_TCP_WND_DEFAULT')).toBe(70_000);
  });

  test.each<[SdkconfigSettings, string]>([
    [{ CONFIG_LWIP_TCP_MSS: 12 }, 'sdkconfig: CONFIG_LWIP_TCP_MSS must be from 536 to 1460, not 12.'],
    [{ CONFIG_LWIP_TCP_MSS: 536.5 }, 'sdkconfig: CONFIG_LWIP_TCP_MSS must be a whole number, not 536.5.'],
    [{ LWIP_TCP_MSS: 536 }, "sdkconfig: 'LWIP_TCP_MSS' is not a symbol; they begin with CONFIG_."],
    [{ CONFIG_EXAMPLE_TEXT: 'two\nlines' }, 'CONFIG_EXAMPLE_TEXT must be'],
    [{ CONFIG_LWIP_SO_LINGER: 1 }, 'sdkconfig: CONFIG_LWIP_SO_LINGER must be y or n, not 1.'],
  ])('settings %j are refused', (settings, message) => {
    expect(() => makeSdkconfig(settings)).toThrow(message);
  });
});

describe('values', () => {
  test.each<[SdkconfigSettings, string, unknown]>([
    [{}, 'LWIP_TCP_SYNMAXRTX', 12],
    [{}, 'LWIP_TCP_RTO_TIME', 1500],
    [{ CONFIG_LWIP_TCP_HIGH_SPEED_RETRANSMISSION: false }, 'LWIP_TCP_SYNMAXRTX', 6],
    [{ CONFIG_LWIP_TCP_HIGH_SPEED_RETRANSMISSION: false }, 'LWIP_TCP_RTO_TIME', 3000],
    [{}, 'LWIP_DHCP_OPTIONS_LEN', 69],
    [{ CONFIG_LWIP_DHCP_DISABLE_VENDOR_CLASS_ID: false }, 'LWIP_DHCP_OPTIONS_LEN', 109],
    // What depends on something that is not the case has no value, and a switch is off.
    [{ CONFIG_LWIP_TCP_QUEUE_OOSEQ: false, CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS: 3 }, 'LWIP_TCP_OOSEQ_MAX_PBUFS', undefined],
    [{ CONFIG_LWIP_WND_SCALE: true }, 'LWIP_WND_SCALE', false],
    [{}, 'LWIP_TCP_RCV_SCALE', undefined],
    // Of the options of a choice exactly one is on: the last that was chosen, else the default.
    [{}, 'LWIP_DHCP_DOES_ARP_CHECK', true],
    [{}, 'LWIP_HOOK_DNS_EXT_RESOLVE_NONE', true],
    [{ CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: true }, 'LWIP_DHCP_DOES_ARP_CHECK', false],
    [{ CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: true }, 'LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP', true],
    [
      { CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: true, CONFIG_LWIP_DHCP_DOES_ARP_CHECK: true },
      'LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP',
      false,
    ],
    [{ CONFIG_LWIP_DHCP_DOES_ARP_CHECK: false }, 'LWIP_DHCP_DOES_ARP_CHECK', true],
    // What is computed cannot be set.
    [{ CONFIG_ESP_WIFI_TX_BUFFER_TYPE: 0 }, 'ESP_WIFI_TX_BUFFER_TYPE', 1],
    [{ CONFIG_LOG_DEFAULT_LEVEL_WARN: true }, 'LOG_MAXIMUM_LEVEL', 2],
    [{}, 'LWIP_TCPIP_TASK_AFFINITY', 0x7fffffff],
    [{ CONFIG_FREERTOS_UNICORE: true }, 'FREERTOS_NUMBER_OF_CORES', 1],
    [{ CONFIG_EXAMPLE_OF_MINE: 'mine' }, 'EXAMPLE_OF_MINE', 'mine'],
    [{}, 'EXAMPLE_OF_MINE', undefined],
  ])('%j: %s = %j', (settings, name, value) => {
    expect(makeSdkconfig(settings).value(`CONFIG_${name}`)).toBe(value);
  });

  test('every default fits its type and range', () => {
    const config = makeSdkconfig();
    const defaults = Object.fromEntries(config.entries().filter(([, value]) => value !== false));
    expect(makeSdkconfig(defaults).entries()).toEqual(config.entries());
    expect(config.entries().length).toBeGreaterThan(280);
  });

  test('old names lead to symbols that exist', () => {
    expect(todaysName('TCP_MSS')).toBe('LWIP_TCP_MSS');
    expect(todaysName('EXAMPLE_TCP_MSS')).toBe('EXAMPLE_TCP_MSS');
    expect(kconfigSymbols().has(todaysName('ESP32_WIFI_TX_BA_WIN'))).toBe(true);
  });
});

describe('sdkconfig.h', () => {
  const header = sdkconfigHeader(
    parseSdkconfig('CONFIG_EXAMPLE_NAME="a \\"b\\""\nCONFIG_EXAMPLE_PORT=3333\n# CONFIG_LWIP_SO_REUSE is not set\n'),
  );

  test.each([
    '#define CONFIG_EXAMPLE_NAME "a \\"b\\""',
    '#define CONFIG_EXAMPLE_PORT 3333',
    '#define CONFIG_FREERTOS_HZ 100',
    '#define CONFIG_IDF_TARGET "esp32"',
    '#define CONFIG_FREERTOS_NO_AFFINITY 0x7FFFFFFF',
    '#define CONFIG_LWIP_IPV4 1',
    '#define CONFIG_TCP_MSS CONFIG_LWIP_TCP_MSS',
  ])('has %s', (line) => {
    expect(header.split('\n')).toContain(line);
  });

  test('defines nothing that is off', () => {
    expect(header).not.toMatch(/LWIP_SO_REUSE |LWIP_SO_LINGER|LWIP_WND_SCALE/);
    expect(new Set(header.split('\n')).size).toBe(header.split('\n').length);
  });
});

const value = fc.oneof(
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.string({ unit: 'grapheme' }).filter((s) => !/[\r\n]/.test(s)),
);
const ownSettings = fc.dictionary(fc.stringMatching(/^CONFIG_EXAMPLE_[A-Z0-9_]{1,8}$/), value, { maxKeys: 8 });

property('what is written is read again', 300, [ownSettings], (settings) => {
  const config = makeSdkconfig({ ...settings, CONFIG_LWIP_TCP_MSS: 600 });
  expect(parseSdkconfig(formatSdkconfig(config)).settings).toEqual(config.settings);
});
