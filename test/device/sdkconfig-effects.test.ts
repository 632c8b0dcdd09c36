/** What an sdkconfig changes on a board: options of lwIP, ticks, names, events. */

import { describe, expect, test } from '@jest/globals';
import { ESP_OK, makeSdkconfig, type Os, type SdkconfigSettings, World } from '../../device/index.ts';
import { kconfigSymbols } from '../../device/kconfig.ts';
import { reasonWithoutEffect, sdkconfigNotes, sdkconfigOpt, sdkconfigTickUs } from '../../device/sdkconfig_effects.ts';
import { OPT, type OptName } from '../../stack/opt.ts';
import { A_IP, pair, type Steps, start } from '../support/worlds.ts';

describe('every symbol', () => {
  const symbols = [...kconfigSymbols().values()];
  const ofOpt = new Map((Object.keys(OPT) as OptName[]).map((name) => [OPT[name].config.slice(7), name]));

  test('takes effect, is for the firmware, or says why it does neither', () => {
    for (const symbol of symbols) {
      const reason = reasonWithoutEffect(symbol);
      const says = symbol.bears === '+' || symbol.bears === 'C' || reason?.why.endsWith('.') === true;
      expect([symbol.name, says]).toEqual([symbol.name, true]);
    }
  });

  test('that sets an option of lwIP has its default, and its limits lie within those of the option', () => {
    const config = makeSdkconfig();
    for (const [symbol, name] of ofOpt) {
      if (symbol === '') continue;
      const { value, min, max, scaledMax = max }: (typeof OPT)[OptName] & { scaledMax?: number } = OPT[name];
      const known = kconfigSymbols().get(symbol)!;
      expect([symbol, known.bears]).toEqual([symbol, '+']);
      const usual = config.value(`CONFIG_${symbol}`);
      expect([symbol, usual === undefined ? value : Number(usual)]).toEqual([symbol, value]);
      const range = config.value('CONFIG_LWIP_WND_SCALE') ? null : rangeOf(symbol);
      // The number of sockets is limited further: descriptors 0 to 2 are taken.
      if (range === null || symbol === 'LWIP_MAX_SOCKETS') continue;
      expect([symbol, range.min >= min, range.max <= scaledMax]).toEqual([symbol, true, true]);
    }
  });

  function rangeOf(symbol: string): { min: number; max: number } | null {
    const text = kconfigSymbols().get(symbol)!.ranges[0]?.text;
    if (text === undefined) return null;
    const [min, max] = text.split('..').map(Number);
    return { min: min!, max: max! };
  }

  /** Effects that are not one option set to the value; each has a test below. */
  const OTHERS = [
    'FREERTOS_HZ',
    'LWIP_IP_DEFAULT_TTL',
    'LWIP_TCP_HIGH_SPEED_RETRANSMISSION',
    'LWIP_LOCAL_HOSTNAME',
    'LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP',
    'LWIP_DHCP_RESTORE_LAST_IP',
    'LWIP_MAX_ACTIVE_TCP',
    'LWIP_TCP_OVERSIZE_DISABLE',
    'LWIP_HOOK_TCP_ISN_NONE',
    'LWIP_HOOK_TCP_ISN_DEFAULT',
    'LWIP_FALLBACK_DNS_SERVER_SUPPORT',
    'LWIP_FALLBACK_DNS_SERVER_ADDRESS',
    'ESP_SYSTEM_EVENT_QUEUE_SIZE',
  ];

  test('that takes effect sets an option, or is tested by name', () => {
    const taking = symbols.filter(({ bears }) => bears === '+').map(({ name }) => name);
    expect(taking.filter((name) => !ofOpt.has(name)).sort()).toEqual([...OTHERS].sort());
  });
});

describe('options of lwIP', () => {
  const psram = {
    CONFIG_SPIRAM: true,
    CONFIG_SPIRAM_TRY_ALLOCATE_WIFI_LWIP: true,
    CONFIG_LWIP_WND_SCALE: true,
  };

  test.each<[SdkconfigSettings, Record<string, number>]>([
    [{}, {}],
    [{ CONFIG_LWIP_TCP_MSS: 1440 }, {}],
    [
      { CONFIG_LWIP_TCP_MSS: 536, CONFIG_LWIP_SO_LINGER: true },
      { TCP_MSS: 536, LWIP_SO_LINGER: 1 },
    ],
    [{ CONFIG_LWIP_IP_DEFAULT_TTL: 32 }, { TCP_TTL: 32, UDP_TTL: 32, RAW_TTL: 32, ICMP_TTL: 32 }],
    [{ CONFIG_LWIP_TCP_HIGH_SPEED_RETRANSMISSION: false }, { TCP_SYNMAXRTX: 6, LWIP_TCP_RTO_TIME: 3000 }],
    [{ CONFIG_LWIP_DHCP_DISABLE_VENDOR_CLASS_ID: false }, { DHCP_OPTIONS_LEN: 109 }],
    [{ CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: true }, { DHCP_DOES_ARP_CHECK: 0 }],
    [{ CONFIG_LWIP_DHCP_DOES_ACD_CHECK: true }, {}],
    [{ CONFIG_LWIP_TCP_OVERSIZE_DISABLE: true }, { TCP_OVERSIZE: 0 }],
    [{ CONFIG_LWIP_HOOK_TCP_ISN_NONE: true }, { LWIP_HOOK_TCP_ISN: 0 }],
    [{ CONFIG_LWIP_NETIF_LOOPBACK: false }, { LWIP_NETIF_LOOPBACK: 0, LWIP_HAVE_LOOPIF: 0 }],
    [{ CONFIG_LWIP_SO_REUSE: false }, { SO_REUSE: 0, SO_REUSE_RXTOALL: 0 }],
    [{ CONFIG_LWIP_MAX_ACTIVE_TCP: 16 }, { MEMP_NUM_TCP_PCB: 16 }],
    [{ CONFIG_LWIP_MAX_SOCKETS: 16 }, { MAX_SOCKETS: 16 }],
    [{ ...psram }, { LWIP_WND_SCALE: 1, TCP_OOSEQ_MAX_PBUFS: 0 }],
    [
      { ...psram, CONFIG_LWIP_TCP_WND_DEFAULT: 200_000, CONFIG_LWIP_TCP_RCV_SCALE: 2 },
      { LWIP_WND_SCALE: 1, TCP_OOSEQ_MAX_PBUFS: 0, TCP_WND: 200_000, TCP_RCV_SCALE: 2 },
    ],
  ])('%j', (settings, opt) => {
    expect(sdkconfigOpt(makeSdkconfig(settings))).toEqual(opt);
  });

  test.each<[SdkconfigSettings, string]>([
    [{ CONFIG_LWIP_MAX_SOCKETS: 62 }, 'sdkconfig: CONFIG_LWIP_MAX_SOCKETS is modelled from 1 to 61, not for 62.'],
    [{ CONFIG_LWIP_TCP_MSL: 0 }, 'sdkconfig: CONFIG_LWIP_TCP_MSL is modelled from 1 to 3600000, not for 0.'],
    [
      { ...psram, CONFIG_LWIP_TCP_WND_DEFAULT: 200_000 },
      'CONFIG_LWIP_TCP_WND_DEFAULT must be from 2440 to 65535 with a CONFIG_LWIP_TCP_RCV_SCALE of 0, not 200000.',
    ],
  ])('%j is refused', (sdkconfig, message) => {
    expect(() => sdkconfigOpt(makeSdkconfig(sdkconfig))).toThrow(message);
    const world = new World();
    expect(() => world.esp32('a', { lan: world.lan(), ip: A_IP, sdkconfig })).toThrow(message);
  });
});

describe('notes', () => {
  test('name what differs from the default and has no effect', () => {
    const notes = sdkconfigNotes(
      makeSdkconfig({ CONFIG_LWIP_IPV6: false, CONFIG_LWIP_TCP_SACK_OUT: false, CONFIG_LWIP_STATS: true }),
    );
    expect(notes).toEqual(['sdkconfig: CONFIG_LWIP_IPV6 has no effect. IPv6 is not modelled.']);
  });

  test('stand in the trace once, at the first boot', () => {
    const sdkconfig = { CONFIG_LWIP_AUTOIP: true };
    const p = pair({ a: { sdkconfig } });
    p.world.at(1000, () => p.a.powerOff());
    p.world.at(2000, () => p.a.powerOn());
    p.world.runSync({ until: 10_000 });
    expect(p.trace.notes.filter(({ text }) => text.includes('AUTOIP')).map(({ board }) => board)).toEqual(['a']);
  });
});

describe('CONFIG_FREERTOS_HZ', () => {
  test.each([
    [undefined, 20_000, 10_000],
    [1000, 1000, 20_000],
    [100, 10_000, 20_000],
    [300, 3333, 10_000],
  ])('%p: a tick of %i us, in a world with ticks of %i us', (hz, tickUs, worldTickUs) => {
    const settings: SdkconfigSettings = hz === undefined ? {} : { CONFIG_FREERTOS_HZ: hz };
    expect(sdkconfigTickUs(makeSdkconfig(settings)) ?? 20_000).toBe(tickUs);
    const world = new World({ tickUs: worldTickUs });
    const board = world.esp32('a', { lan: world.lan(), ip: A_IP, sdkconfig: settings });
    const woken = start(board, function* (os: Os) {
      yield* os.vTaskDelay(3);
      return world.nowUs;
    });
    world.runSync();
    expect(woken.value).toBe(3 * (hz === undefined ? worldTickUs : tickUs));
  });

  test('is the board’s own: of two boards each has its tick', () => {
    const p = pair({ a: { sdkconfig: { CONFIG_FREERTOS_HZ: 1000 } } });
    const ticks = [p.a, p.b].map((board) =>
      start(board, function* (os: Os) {
        yield* os.delayMs(500);
        return os.xTaskGetTickCount();
      }),
    );
    p.world.runSync();
    expect(ticks.map((result) => result.value)).toEqual([500, 50]);
  });
});

describe('names and events', () => {
  test('CONFIG_LWIP_FALLBACK_DNS_SERVER_ADDRESS is the last name server', () => {
    const sdkconfig = {
      CONFIG_LWIP_FALLBACK_DNS_SERVER_SUPPORT: true,
      CONFIG_LWIP_FALLBACK_DNS_SERVER_ADDRESS: '10.1.2.3',
    };
    const p = pair({ a: { sdkconfig } });
    p.world.runSync({ until: 1000 });
    expect(p.a.stack.dns_servers[2]).toBe(0x0a010203);
  });

  test('CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE: so many events wait', () => {
    const posted = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ a: { sdkconfig } });
      const count = start(p.a, { priority: 22 }, function* (os): Steps<number> {
        yield* os.esp_event_loop_create_default();
        let n = 0;
        while ((yield* os.esp_event_post('MINE', 1, null, 0)) === ESP_OK) n++;
        return n;
      });
      p.world.runSync({ until: 1e6 });
      return count.value;
    };
    expect(posted({})).toBe(32);
    expect(posted({ CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE: 5 })).toBe(5);
  });
});
