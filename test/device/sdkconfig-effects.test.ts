/** What each symbol of an sdkconfig changes on a board: one run with it, one without. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  ESP_OK,
  type Esp32Options,
  errnoName,
  IP_ADD_MEMBERSHIP,
  IPPROTO_IP,
  IPPROTO_UDP,
  MSG_DONTWAIT,
  makeSdkconfig,
  type Os,
  type SdkconfigSettings,
  SO_LINGER,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  text,
  World,
} from '../../device/index.ts';
import { kconfigSymbols } from '../../device/kconfig.ts';
import { reasonWithoutEffect, sdkconfigNotes, sdkconfigOpt, sdkconfigTickUs } from '../../device/sdkconfig_effects.ts';
import { OPT, type OptName } from '../../stack/opt.ts';
import { LIBLWIP } from '../../tools/conformance/liblwip.ts';
import { readSegment } from '../support/bare-stack.ts';
import { A_IP, B_IP, type Pair, pair, type Steps, start } from '../support/worlds.ts';

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

// FreeRTOS

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

// TCP

/** The client b connects to a and sends so many bytes; segments of both in order. */
function conversation(sdkconfig: SdkconfigSettings, bytes = 100, more: Partial<Esp32Options> = {}) {
  const p = pair({ b: { sdkconfig, ...more } });
  start(p.a, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
    yield* os.listen(s, 1);
    const c = yield* os.accept(s);
    const buffer = new Uint8Array(4096);
    while ((yield* os.recv(c, buffer)) > 0);
    yield* os.close(c);
    yield* os.close(s);
  });
  start(p.b, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.connect(s, sockaddr_in(A_IP, 80));
    yield* os.send(s, new Uint8Array(bytes));
    yield* os.close(s);
  });
  p.world.runSync();
  return sentBy(p, 'b');
}

function sentBy(p: Pair, board: string) {
  return p.trace.frames.flatMap((frame) => {
    const segment = frame.from === board ? readSegment(frame.bytes) : undefined;
    return segment === undefined ? [] : [{ ...segment, tUs: frame.tUs, ttl: frame.bytes[22]! }];
  });
}

describe('TCP', () => {
  test('CONFIG_LWIP_TCP_MSS and CONFIG_LWIP_TCP_WND_DEFAULT stand in the SYN, CONFIG_LWIP_IP_DEFAULT_TTL in every packet', () => {
    const [syn, ...rest] = conversation({
      CONFIG_LWIP_TCP_MSS: 536,
      CONFIG_LWIP_TCP_WND_DEFAULT: 2500,
      CONFIG_LWIP_IP_DEFAULT_TTL: 7,
    });
    expect(syn).toMatchObject({ flags: 'S', win: 2500, opt: '02040218', ttl: 7 });
    expect(rest.every(({ ttl }) => ttl === 7)).toBe(true);
  });

  test('CONFIG_LWIP_WND_SCALE and CONFIG_LWIP_TCP_RCV_SCALE: the SYN offers, and a peer that does not scale is spared', () => {
    const [syn, ack] = conversation({
      CONFIG_SPIRAM: true,
      CONFIG_SPIRAM_TRY_ALLOCATE_WIFI_LWIP: true,
      CONFIG_LWIP_WND_SCALE: true,
      CONFIG_LWIP_TCP_WND_DEFAULT: 200_000,
      CONFIG_LWIP_TCP_RCV_SCALE: 2,
    });
    expect(syn).toMatchObject({ win: 65_535, opt: '020405a001030302' });
    expect(ack).toMatchObject({ win: 65_535, opt: '' });
  });

  test('scaled windows are announced and used by both', () => {
    const opt = { LWIP_WND_SCALE: 1, TCP_WND: 200_000, TCP_SND_BUF: 200_000, TCP_RCV_SCALE: 2 };
    const p = pair({ board: { opt } });
    const received = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
      yield* os.listen(s, 1);
      const c = yield* os.accept(s);
      yield* os.delayMs(2000);
      const buffer = new Uint8Array(70_000);
      let total = 0;
      for (let n = yield* os.recv(c, buffer); n > 0; n = yield* os.recv(c, buffer)) total += n;
      return total;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(A_IP, 80));
      yield* os.send(s, new Uint8Array(300_000));
      yield* os.close(s);
    });
    p.world.runSync();
    expect(received.value).toBe(300_000);
    const [synAck, ...rest] = sentBy(p, 'a');
    expect(synAck).toMatchObject({ flags: 'SA', win: 65_535, opt: '020405a001030302' });
    expect(rest[0]!.win).toBeLessThanOrEqual(50_000);
    expect(rest[0]!.win).toBeGreaterThan(48_000);
  });

  test.each<[SdkconfigSettings, number[]]>([
    [{}, [1250, 2750, 4250]],
    [{ CONFIG_LWIP_TCP_HIGH_SPEED_RETRANSMISSION: false }, [2750]],
    [{ CONFIG_LWIP_TCP_TMR_INTERVAL: 100, CONFIG_LWIP_TCP_RTO_TIME: 1000 }, [900, 1900, 2900, 3900, 4900]],
    [
      { CONFIG_LWIP_TCP_SYNMAXRTX: 3, CONFIG_LWIP_TCP_TMR_INTERVAL: 50, CONFIG_LWIP_TCP_RTO_TIME: 500 },
      [450, 950, 1450],
    ],
  ])('%j: retransmissions of the SYN', (sdkconfig, afterMs) => {
    const p = pair({ b: { sdkconfig: { ...sdkconfig, CONFIG_FREERTOS_HZ: 1000 } } });
    p.lan.faults.addRule(({ from, bytes }, fate) => {
      fate.lost ||= from === 'a' && bytes[12] === 8 && bytes[13] === 0;
      return fate.lost;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.connect(s, sockaddr_in(A_IP, 80));
    });
    p.world.runSync({ until: 5e6 });
    const [, ...others] = sentBy(p, 'b').filter(({ flags }) => flags === 'S');
    expect(others.map(({ tUs }) => tUs / 1000)).toEqual(afterMs);
  });

  test('CONFIG_LWIP_TCP_OVERSIZE_DISABLE: what is written later is a segment of its own', () => {
    const lengths = (sdkconfig: SdkconfigSettings): number[] => {
      const p = pair({ b: { sdkconfig } });
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.listen(s, 1);
        yield* os.accept(s);
      });
      start(p.b, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
        for (let i = 0; i < 3; i++) yield* os.send(s, new Uint8Array(10));
      });
      p.world.runSync({ until: 1e6 });
      return sentBy(p, 'b').flatMap(({ len }) => (len > 0 ? [len] : []));
    };
    expect(lengths({})).toEqual([10, 20]);
    expect(lengths({ CONFIG_LWIP_TCP_OVERSIZE_DISABLE: true })).toEqual([10, 10, 10]);
  });

  test.each([
    [{}, 3],
    [{ CONFIG_LWIP_MAX_ACTIVE_TCP: 2 }, 2],
  ])('%j: three sockets, of which %i can be', (sdkconfig, count) => {
    const p = pair({ a: { sdkconfig } });
    const sockets = start(p.a, function* (os): Steps<string[]> {
      const results: string[] = [];
      for (let i = 0; i < 3; i++) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        results.push(s < 0 ? errnoName(os.errno) : 'open');
      }
      return results;
    });
    p.world.runSync();
    expect(sockets.value).toEqual(Array.from({ length: 3 }, (_, i) => (i < count ? 'open' : 'ENOBUFS')));
  });

  test('CONFIG_LWIP_MAX_ACTIVE_TCP: a new connection takes the place of the oldest in TIME_WAIT', () => {
    const ports = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ b: { sdkconfig } });
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.listen(s, 5);
        for (let i = 0; i < 5; i++) yield* os.close(yield* os.accept(s));
      });
      start(p.b, function* (os) {
        for (let i = 0; i < 5; i++) {
          const s = yield* os.socket(AF_INET, SOCK_STREAM);
          yield* os.connect(s, sockaddr_in(A_IP, 80));
          yield* os.close(s);
          yield* os.delayMs(100);
        }
      });
      p.world.runSync({ until: 3e6 });
      let n = 0;
      for (let pcb = p.b.stack.tcp_tw_pcbs; pcb !== null; pcb = pcb.next) n++;
      return n;
    };
    expect(ports({})).toBe(5);
    expect(ports({ CONFIG_LWIP_MAX_ACTIVE_TCP: 3 })).toBe(3);
  });

  test('CONFIG_LWIP_HOOK_TCP_ISN_NONE: first sequence numbers come from a counter', () => {
    const [syn] = conversation({ CONFIG_LWIP_HOOK_TCP_ISN_NONE: true });
    expect(syn!.seq).toBe(6509);
  });

  test('CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS of 0 keeps everything that comes early', () => {
    const resent = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ board: { opt: { TCP_WND: 20_000, TCP_SND_BUF: 20_000 } }, a: { sdkconfig } });
      let lost = false;
      let segments = 0;
      p.lan.faults.addRule(({ from, bytes }, fate) => {
        if (from === 'b' && bytes.length > 1000) segments++;
        fate.lost ||= !lost && segments === 20;
        lost ||= fate.lost;
        return fate.lost;
      });
      start(p.a, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 80));
        yield* os.listen(s, 1);
        const c = yield* os.accept(s);
        const buffer = new Uint8Array(4096);
        while ((yield* os.recv(c, buffer)) > 0);
      });
      start(p.b, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
        yield* os.send(s, new Uint8Array(100_000));
        yield* os.close(s);
      });
      p.world.runSync();
      expect(lost).toBe(true);
      const sent = sentBy(p, 'b').reduce((sum, { len }) => sum + len, 0);
      return sent - 100_000;
    };
    expect(resent({ CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS: 0 })).toBe(1440);
    expect(resent({ CONFIG_LWIP_TCP_OOSEQ_MAX_PBUFS: 1 })).toBeGreaterThan(1440);
  });
});

// Sockets

describe('sockets', () => {
  test.each<[SdkconfigSettings, number, number, string]>([
    [{}, SO_REUSEADDR, 1, 'ok'],
    [{ CONFIG_LWIP_SO_REUSE: false }, SO_REUSEADDR, 1, 'ENOPROTOOPT'],
    [{}, SO_RCVBUF, 1000, 'ENOPROTOOPT'],
    [{ CONFIG_LWIP_SO_RCVBUF: true }, SO_RCVBUF, 1000, 'ok'],
  ])('%j: option %i', (sdkconfig, option, value, result) => {
    const p = pair({ a: { sdkconfig } });
    const said = start(p.a, function* (os): Steps<string> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      return (yield* os.setsockopt(s, SOL_SOCKET, option, value)) === 0 ? 'ok' : errnoName(os.errno);
    });
    p.world.runSync();
    expect(said.value).toBe(result);
  });

  test('CONFIG_LWIP_SO_LINGER offers SO_LINGER', () => {
    const p = pair({ a: { sdkconfig: { CONFIG_LWIP_SO_LINGER: true } } });
    const said = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_STREAM);
      return yield* os.setsockopt(s, SOL_SOCKET, SO_LINGER, { l_onoff: 1, l_linger: 5 });
    });
    p.world.runSync();
    expect(said.value).toBe(0);
  });

  test.each([
    [10, 54],
    [4, 60],
    [61, 3],
  ])('CONFIG_LWIP_MAX_SOCKETS=%i: the first descriptor is %i, the last 63', (count, first) => {
    const p = pair({ a: { sdkconfig: { CONFIG_LWIP_MAX_SOCKETS: count } } });
    const fds = start(p.a, function* (os): Steps<number[]> {
      const list: number[] = [];
      for (let fd = yield* os.socket(AF_INET, SOCK_DGRAM); fd >= 0; fd = yield* os.socket(AF_INET, SOCK_DGRAM))
        list.push(fd);
      return list;
    });
    p.world.runSync();
    expect(fds.value).toEqual(Array.from({ length: count }, (_, i) => first + i));
  });

  /** Datagrams to a port of a: what two sockets there, which share it, receive. */
  function broadcast(sdkconfig: SdkconfigSettings): number {
    const p = pair({ a: { sdkconfig } });
    for (const name of ['one', 'two']) {
      start(p.a, { name }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, 1);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
        yield* os.recv(s, new Uint8Array(10));
        received++;
      });
    }
    let received = 0;
    start(p.b, { startUs: 1000 }, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.sendto(s, 'x', 1, 0, sockaddr_in('192.168.4.255', 9));
    });
    p.world.runSync({ until: 1e6 });
    return received;
  }

  test('CONFIG_LWIP_SO_REUSE_RXTOALL: a broadcast reaches every socket of the port', () => {
    expect(broadcast({})).toBe(2);
    expect(broadcast({ CONFIG_LWIP_SO_REUSE_RXTOALL: false })).toBe(1);
  });

  test('CONFIG_LWIP_UDP_RECVMBOX_SIZE: so many datagrams wait', () => {
    const p = pair({ a: { sdkconfig: { CONFIG_LWIP_UDP_RECVMBOX_SIZE: 8 } } });
    const got = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      yield* os.delayMs(1000);
      let n = 0;
      while ((yield* os.recv(s, new Uint8Array(10), 10, MSG_DONTWAIT)) >= 0) n++;
      return n;
    });
    start(p.b, function* (os) {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      for (let i = 0; i < 20; i++) {
        yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
        yield* os.delayMs(10);
      }
    });
    p.world.runSync();
    expect(got.value).toBe(8);
  });

  test.each([
    [{}, A_IP, 'ok'],
    [{}, '127.0.0.1', 'ok'],
    [{ CONFIG_LWIP_NETIF_LOOPBACK: false }, A_IP, 'nothing'],
    [{ CONFIG_LWIP_NETIF_LOOPBACK: false }, '127.0.0.1', 'EHOSTUNREACH'],
  ])('%j: a datagram to oneself at %s', (sdkconfig, ip, result) => {
    const p = pair({ a: { sdkconfig } });
    const said = start(p.a, function* (os): Steps<string> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      if ((yield* os.sendto(s, 'x', 1, 0, sockaddr_in(ip, 9))) < 0) return errnoName(os.errno);
      yield* os.delayMs(100);
      return (yield* os.recv(s, new Uint8Array(4), 4, MSG_DONTWAIT)) === 1 ? 'ok' : 'nothing';
    });
    p.world.runSync({ until: 20e6 });
    expect(said.value).toBe(result);
  });

  test('without the interface lo, 127.0.0.1 is behind every interface', () => {
    const p = pair({ a: { opt: { LWIP_HAVE_LOOPIF: 0 } } });
    const said = start(p.a, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      yield* os.sendto(s, 'x', 1, 0, sockaddr_in('127.0.0.1', 9));
      return yield* os.recv(s, new Uint8Array(4));
    });
    expect(p.world.runSync().outcome).toBe('ended');
    expect(said.value).toBe(1);
  });
});

// IP, ICMP, ARP, IGMP

/** A datagram of so many bytes from b to a, where nobody listens or somebody does; the frames of both. */
function datagram(sdkconfig: SdkconfigSettings, { size = 1, listens = false, mtu = 1500, dest = A_IP } = {}) {
  const p = pair({ board: { sdkconfig, mtu } });
  const got = start(p.a, function* (os): Steps<number> {
    if (!listens) return -1;
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
    return yield* os.recv(s, new Uint8Array(4000));
  });
  start(p.b, { startUs: 1000 }, function* (os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.sendto(s, new Uint8Array(size), size, 0, sockaddr_in(dest, 9));
  });
  p.world.runSync({ until: 2e6 });
  const protocols = (from: string) =>
    p.trace.frames.flatMap((f) => (f.from === from && f.bytes[13] === 0 ? [f.bytes[23]!] : []));
  return { got: got.isThere ? got.value : -1, fromA: protocols('a'), fromB: protocols('b') };
}

describe('packets', () => {
  test('CONFIG_LWIP_ICMP: somebody tells of closed ports', () => {
    expect(datagram({}).fromA).toEqual([1]);
    expect(datagram({ CONFIG_LWIP_ICMP: false }).fromA).toEqual([]);
  });

  test('CONFIG_LWIP_IP4_FRAG and CONFIG_LWIP_IP4_REASSEMBLY: long packets go in pieces, and are put together', () => {
    const long = { size: 2000, listens: true };
    expect(datagram({}, long)).toMatchObject({ got: -1, fromB: [17, 17] });
    expect(datagram({ CONFIG_LWIP_IP4_REASSEMBLY: true }, long)).toMatchObject({ got: 2000, fromB: [17, 17] });
    expect(datagram({ CONFIG_LWIP_IP4_FRAG: false }, long).fromB).toEqual([17]);
  });

  test.each([
    [{}, 3],
    [{ CONFIG_LWIP_ESP_GRATUITOUS_ARP: false }, 1],
    [{ CONFIG_LWIP_GARP_TMR_INTERVAL: 30 }, 5],
  ])('%j: %i announcements in two minutes', (sdkconfig, count) => {
    const world = new World();
    const trace = world.record();
    world.esp32('a', { lan: world.lan(), ip: A_IP, sdkconfig });
    world.runSync({ until: 120e6, stopWhenIdle: false });
    expect(trace.frames.length).toBe(count);
  });

  test('CONFIG_LWIP_TIMERS_ONDEMAND: a report’s delay counts from joining, or in steps from boot', () => {
    const delays = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ a: { sdkconfig, LWIP_RAND: () => 1 } });
      start(p.a, { startUs: 130_000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        const group = { imr_multiaddr: sockaddr_in('239.1.1.1').sin_addr, imr_interface: { s_addr: 0 } };
        yield* os.setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, group);
      });
      p.world.runSync({ until: 1e6, stopWhenIdle: false });
      const reports = p.trace.frames.filter(({ from, bytes }) => from === 'a' && bytes[23] === 2);
      return reports[1]!.tUs / 1000;
    };
    expect(delays({})).toBe(230);
    expect(delays({ CONFIG_LWIP_TIMERS_ONDEMAND: false })).toBe(200);
  });

  test('a full ARP queue refuses what comes, or drops its oldest', () => {
    const arrived = (ESP_LWIP: number): string => {
      const p = pair({ b: { opt: { ESP_LWIP, ARP_QUEUE_LEN: 2 } } });
      const got = start(p.a, function* (os): Steps<string> {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
        const buffer = new Uint8Array(1);
        let all = '';
        for (let i = 0; i < 2; i++) {
          yield* os.recv(s, buffer);
          all += text(buffer);
        }
        return all;
      });
      start(p.b, { startUs: 1000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (const letter of 'abcd') yield* os.sendto(s, letter, 1, 0, sockaddr_in(A_IP, 9));
      });
      p.world.runSync();
      return got.value;
    };
    expect(arrived(1)).toBe('ab');
    expect(arrived(0)).toBe('cd');
  });
});

// DHCP, DNS

describe('DHCP', () => {
  /** Options of the client's DISCOVER by number, and when it had its address. */
  function station(sdkconfig: SdkconfigSettings, ap: SdkconfigSettings = {}) {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('ap', { lan, dhcps: true, sdkconfig: ap });
    const sta = world.esp32('sta', { lan, dhcp: true, sdkconfig });
    start(sta, function* (os) {
      yield* os.waitIp(20_000);
    });
    world.runSync({ until: 20e6 });
    const messages = (from: string) =>
      trace.frames
        .filter((f) => f.from === from && f.bytes[23] === 17 && f.bytes[13] === 0)
        .map(({ bytes }) => bytes.subarray(42));
    const boundMs = trace.events.find(({ board, event }) => board === 'sta' && event === 'ip_assigned')!.tUs / 1000;
    return { discover: messages('sta')[0]!, offer: messages('ap')[0]!, boundMs };
  }

  function options(message: Uint8Array): Map<number, number[]> {
    const found = new Map<number, number[]>();
    for (let at = 240; message[at] !== 255; at += 2 + message[at + 1]!) {
      found.set(message[at]!, [...message.subarray(at + 2, at + 2 + message[at + 1]!)]);
    }
    return found;
  }

  test('CONFIG_LWIP_LOCAL_HOSTNAME is option 12', () => {
    const { discover } = station({ CONFIG_LWIP_LOCAL_HOSTNAME: 'oven' });
    expect(Buffer.from(options(discover).get(12)!).toString()).toBe('oven');
  });

  test('CONFIG_LWIP_DHCP_DISABLE_CLIENT_ID leaves out option 61', () => {
    expect(options(station({}).discover).has(61)).toBe(true);
    expect(options(station({ CONFIG_LWIP_DHCP_DISABLE_CLIENT_ID: true }).discover).has(61)).toBe(false);
  });

  test('CONFIG_LWIP_DHCP_GET_NTP_SRV asks for option 42', () => {
    expect(options(station({}).discover).get(55)).not.toContain(42);
    expect(options(station({ CONFIG_LWIP_DHCP_GET_NTP_SRV: true }).discover).get(55)).toContain(42);
  });

  test('CONFIG_LWIP_DHCP_OPTIONS_LEN: a long name is cut no sooner', () => {
    const CONFIG_LWIP_LOCAL_HOSTNAME = 'n'.repeat(60);
    const length = (more: SdkconfigSettings) =>
      options(station({ CONFIG_LWIP_LOCAL_HOSTNAME, ...more }).discover).get(12)!.length;
    expect(length({})).toBeLessThan(60);
    expect(length({ CONFIG_LWIP_DHCP_OPTIONS_LEN: 109 })).toBe(60);
  });

  test('CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: the address is there at once', () => {
    expect(station({}).boundMs).toBeGreaterThan(900);
    expect(station({ CONFIG_LWIP_DHCP_DOES_NOT_CHECK_OFFERED_IP: true }).boundMs).toBeLessThan(100);
  });

  test('CONFIG_LWIP_DHCPS_LEASE_UNIT and CONFIG_LWIP_DHCPS_ADD_DNS are seen in the offer', () => {
    const usual = options(station({}).offer);
    const other = options(station({}, { CONFIG_LWIP_DHCPS_LEASE_UNIT: 1, CONFIG_LWIP_DHCPS_ADD_DNS: false }).offer);
    expect([usual.get(51), usual.has(6)]).toEqual([[0, 0, 28, 32], true]);
    expect([other.get(51), other.has(6)]).toEqual([[0, 0, 0, 120], false]);
  });

  test('CONFIG_LWIP_DHCPS_STATIC_ENTRIES: without it the server asks for the client by ARP', () => {
    const asked = (ap: SdkconfigSettings): number => {
      const world = new World();
      const trace = world.record();
      const lan = world.lan();
      world.esp32('ap', { lan, dhcps: true, sdkconfig: ap });
      start(world.esp32('sta', { lan, dhcp: true }), function* (os) {
        yield* os.waitIp(5000);
      });
      world.runSync({ until: 5e6 });
      return trace.frames.filter(({ from, bytes, tUs }) => from === 'ap' && bytes[13] === 6 && tUs > 0).length;
    };
    expect(asked({})).toBe(0);
    expect(asked({ CONFIG_LWIP_DHCPS_STATIC_ENTRIES: false })).toBeGreaterThan(0);
  });

  test.each([
    [{}, 120],
    [{ CONFIG_ESP_NETIF_IP_LOST_TIMER_INTERVAL: 10 }, 10],
    [{ CONFIG_ESP_NETIF_IP_LOST_TIMER_INTERVAL: 0 }, undefined],
  ])('%j: an address counts as lost after %p s', (sdkconfig, seconds) => {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('sta', { lan, dhcp: true, sdkconfig });
    world.runSync({ until: 200e6, stopWhenIdle: false });
    const lost = trace.events.find(({ event }) => event === 'ip_lost');
    expect(lost === undefined ? undefined : Math.round(lost.tUs / 1e6)).toBe(seconds);
  });

  test.each([
    [1, [6, 11, 16]],
    [4, [8, 16, 24]],
  ])('CONFIG_LWIP_DHCP_COARSE_TIMER_SECS=%i: a lease of ten seconds is renewed at %j s', (secs, renewedS) => {
    const world = new World();
    const trace = world.record();
    const lan = world.lan();
    world.esp32('ap', { lan, dhcps: { leaseMinutes: 10 }, sdkconfig: { CONFIG_LWIP_DHCPS_LEASE_UNIT: 1 } });
    world.esp32('sta', { lan, dhcp: true, sdkconfig: { CONFIG_LWIP_DHCP_COARSE_TIMER_SECS: secs } });
    world.runSync({ until: 30e6, stopWhenIdle: false });
    const renewals = trace.frames.filter(({ from, bytes, tUs }) => from === 'sta' && bytes[23] === 17 && tUs > 1.5e6);
    expect(renewals.slice(0, 3).map(({ tUs }) => Math.round(tUs / 1e6))).toEqual(renewedS);
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

// Core locking

describe('CONFIG_LWIP_TCPIP_CORE_LOCKING', () => {
  test.each<SdkconfigSettings>([
    { CONFIG_LWIP_TCPIP_CORE_LOCKING: true },
    { CONFIG_LWIP_TCPIP_CORE_LOCKING: true, CONFIG_LWIP_TCPIP_CORE_LOCKING_INPUT: true },
  ])('%j: the same bytes go over the wire', (sdkconfig) => {
    const story = (s: SdkconfigSettings) =>
      conversation(s, 20_000).map(({ flags, seq, len }) => [flags, len, seq & 0xffff]);
    expect(story(sdkconfig)).toEqual(story({}));
  });

  test('a timer that a call arms is noticed when the thread wakes up next', () => {
    // Without the lock the call's message wakes the thread, which then sleeps until the TCP timer; with it the thread
    // goes on sleeping until the ARP timer of the next second.
    const first = (sdkconfig: SdkconfigSettings): number => {
      const p = pair({ b: { sdkconfig: { ...sdkconfig, CONFIG_FREERTOS_HZ: 1000 } } });
      p.lan.faults.addRule(({ from }, fate) => {
        fate.lost ||= from === 'b' && p.world.nowUs > 0;
        return fate.lost;
      });
      start(p.b, { startUs: 100_000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_STREAM);
        yield* os.connect(s, sockaddr_in(A_IP, 80));
      });
      let ticked = 0;
      for (let ms = 101; ms < 1500; ms++) p.world.at(ms * 1000, () => (ticked ||= p.b.stack.tcp_ticks > 0 ? ms : 0));
      p.world.runSync({ until: 1.5e6 });
      return ticked;
    };
    expect(first({})).toBe(351);
    expect(first({ CONFIG_LWIP_TCPIP_CORE_LOCKING: true })).toBe(1001);
  });

  test('tasks of every priority call into one stack', () => {
    const sdkconfig = { CONFIG_LWIP_TCPIP_CORE_LOCKING: true };
    const p = pair({ board: { sdkconfig } });
    const got = start(p.a, { priority: 3, name: 'reader' }, function* (os): Steps<number> {
      const s = yield* os.socket(AF_INET, SOCK_DGRAM);
      yield* os.bind(s, sockaddr_in('0.0.0.0', 9));
      let n = 0;
      for (; n < 9; n++) yield* os.recv(s, new Uint8Array(4));
      return n;
    });
    for (const priority of [2, 5, 20]) {
      start(p.b, { priority, name: `p${priority}`, startUs: 1000 }, function* (os) {
        const s = yield* os.socket(AF_INET, SOCK_DGRAM);
        for (let i = 0; i < 3; i++) {
          yield* os.sendto(s, 'x', 1, 0, sockaddr_in(A_IP, 9));
          yield* os.delayMs(10);
        }
      });
    }
    expect(p.world.runSync().outcome).toBe('ended');
    expect(got.value).toBe(9);
  });
});

test('B_IP answers from a stack of Debian’s lwIP as from an ESP32', () => {
  const [syn, ...rest] = conversation({}, 50_000, { opt: LIBLWIP });
  expect(syn).toMatchObject({ flags: 'S', win: 65_535, opt: '020405b401030301', ttl: 255 });
  expect(rest.reduce((sum, { len }) => sum + len, 0)).toBe(50_000);
  expect(B_IP).toBe('192.168.4.2');
});
