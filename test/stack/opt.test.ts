import { describe, expect, test } from '@jest/globals';
import { makeOpt, OPT, type OptName } from '../../stack/opt.ts';

const names = Object.keys(OPT) as OptName[];

describe('options', () => {
  test('have a default inside their range', () => {
    for (const name of names) {
      const { value, min, max } = OPT[name];
      expect([name, value >= min, value <= max]).toEqual([name, true, true]);
    }
  });

  test('of the same Kconfig symbol do not exist', () => {
    const symbols = names.map((name) => OPT[name].config).filter((config) => config !== '');
    expect(new Set(symbols).size).toBe(symbols.length);
    expect(symbols.every((symbol) => /^CONFIG_[A-Z0-9_]+$/.test(symbol))).toBe(true);
  });

  test('are ESP-IDF v5.5 by default', () => {
    expect(makeOpt()).toMatchObject({
      TCP_MSS: 1440,
      TCP_WND: 5760,
      TCP_SND_BUF: 5760,
      TCP_MAXRTX: 12,
      TCP_MSL: 60_000,
      LWIP_TCP_RTO_TIME: 1500,
      MAX_SOCKETS: 10,
      TCPIP_MBOX_SIZE: 32,
      TCPIP_THREAD_PRIO: 18,
      DEFAULT_TCP_RECVMBOX_SIZE: 6,
      DEFAULT_ACCEPTMBOX_SIZE: 6,
      ARP_QUEUE_LEN: 3,
      IP_REASSEMBLY: 0,
      LWIP_SO_LINGER: 0,
    });
  });

  test('that are changed leave the others and the defaults alone', () => {
    const opt = makeOpt({ TCP_WND: 11_520 });
    expect(opt.TCP_WND).toBe(11_520);
    expect(opt.TCP_MAXRTX).toBe(OPT.TCP_MAXRTX.value);
    expect(makeOpt().TCP_WND).toBe(5760);
  });

  test.each(names)('%s takes its limits and nothing beyond', (name) => {
    const { min, max } = OPT[name];
    expect(makeOpt({ [name]: min })[name]).toBe(min);
    expect(makeOpt({ [name]: max })[name]).toBe(max);
    for (const value of [min - 1, max + 1, min + 0.5, Number.NaN]) {
      expect(() => makeOpt({ [name]: value })).toThrow(RangeError);
      expect(() => makeOpt({ [name]: value })).toThrow(name);
    }
  });

  test.each(['TCP_MMS', 'tcp_mss', 'toString', 'constructor'])('there is none named %s', (name) => {
    expect(() => makeOpt({ [name]: 1 })).toThrow(TypeError);
  });

  // lwIP computes these from the buffer: with a fixed mark above the buffer a socket would never be writable.
  test.each([2881, 2440, 8640])('a send buffer of %i bytes has its low-water mark below it', (TCP_SND_BUF) => {
    const opt = makeOpt({ TCP_SND_BUF });
    expect(opt.TCP_SNDLOWAT).toBe(
      Math.min(Math.max(Math.floor(TCP_SND_BUF / 2), 2 * opt.TCP_MSS + 1), TCP_SND_BUF - 1),
    );
    expect(opt.TCP_SND_QUEUELEN).toBe(Math.floor((4 * TCP_SND_BUF + opt.TCP_MSS - 1) / opt.TCP_MSS));
  });
});
