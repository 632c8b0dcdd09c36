/** lwIP's SNTP client on a stack alone: when it asks whom, and what it takes for an answer. */

import { describe, expect, test } from '@jest/globals';
import { dns_setserver } from '../../stack/dns.ts';
import { makeOpt, type Opt } from '../../stack/opt.ts';
import { getNtpTime, putNtpTime } from '../../stack/prot/sntp.ts';
import {
  SNTP_OPMODE_LISTENONLY,
  Sntp,
  sntp_init,
  sntp_is_under_way,
  sntp_setoperatingmode,
  sntp_setserver,
  sntp_setservername,
  sntp_stop,
} from '../../stack/sntp.ts';
import { address, PEER } from '../support/bare-stack.ts';
import { fc, property } from '../support/fast-check.ts';
import { A, answer, ResolverStage, record } from '../support/resolver.ts';

const FIRST = PEER.ip;
const SECOND = '192.168.1.3';

/** 2026-11-27 05:12:13.5 as NTP counts: seconds since 1900, then a half. */
const NOON = 1_795_756_333;
const NTP_NOON = NOON + 2_208_988_800;

interface Question {
  readonly atMs: number;
  readonly server: string;
  readonly port: number;
  readonly message: Uint8Array;
}

class ClientStage extends ResolverStage {
  readonly questions: Question[] = [];
  /** What the system clock was set to. */
  readonly times: number[][] = [];
  intervalMs = 3_600_000;
  readonly sntp: Sntp;

  constructor(opt: Partial<Opt> = {}) {
    super([], () => 12_345);
    Object.assign(this.stack, { opt: makeOpt(opt) });
    const port = {
      sntp_set_system_time: (sec: number, us: number) => void this.times.push([sec, us]),
      sntp_get_sync_interval: () => this.intervalMs,
    };
    this.sntp = new Sntp(port, this.stack.opt.SNTP_MAX_SERVERS);
    this.stack.sntp = this.sntp;
  }

  protected override note(frame: Uint8Array): void {
    const b = Buffer.from(frame);
    if (b.readUInt16BE(12) === 0x0800 && b[23] === 17 && b.readUInt16BE(36) === 123) {
      const server = b.subarray(30, 34).join('.');
      this.questions.push({ atMs: this.board.nowMs, server, port: b.readUInt16BE(34), message: b.subarray(42) });
    } else super.note(frame);
  }

  start(...servers: string[]): void {
    servers.forEach((server, i) => {
      sntp_setserver(this.sntp, i, address(server));
    });
    sntp_init(this.stack, this.sntp);
  }

  get atMs(): number[] {
    return this.questions.map((q) => q.atMs);
  }

  /** A message to the client's port. */
  reply(message: readonly number[], from: string = FIRST, port = 123): void {
    this.send({ port: this.questions.at(-1)?.port ?? 123 }, message, from, port);
  }
}

function reply({ mode = 4, stratum = 2, sec = NTP_NOON, frac = 0x80000000, length = 48 } = {}): number[] {
  const b = Buffer.alloc(length);
  b[0] = (4 << 3) | mode;
  b[1] = stratum;
  if (length >= 48) {
    b.writeUInt32BE(sec % 2 ** 32, 40);
    b.writeUInt32BE(frac, 44);
  }
  return [...b];
}

/** Asks at once. */
const AT_ONCE = { SNTP_STARTUP_DELAY: 0 };
const TWO = { ...AT_ONCE, SNTP_MAX_SERVERS: 2 };

describe('questions', () => {
  test('are 48 bytes: version 4, mode client, and nothing else', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    expect([...stage.questions[0]!.message]).toEqual([0x23, ...Array(47).fill(0)]);
  });

  test('begin after a random time below 5 s', () => {
    const stage = new ClientStage();
    stage.start(FIRST);
    stage.pass(10_000);
    expect(stage.atMs).toEqual([12_345 % 5000]);
  });

  test('or below what the configuration says', () => {
    const stage = new ClientStage({ SNTP_MAXIMUM_STARTUP_DELAY: 100 });
    stage.start(FIRST);
    stage.pass(10_000);
    expect(stage.atMs).toEqual([12_345 % 100]);
  });

  test('to a single server that is silent: 15 s for the answer, and pauses of 15, 30, 60, 120, 120 s', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    stage.pass(450_000);
    expect(stage.atMs).toEqual([0, 30_000, 75_000, 150_000, 285_000, 420_000]);
  });

  test('to two that are silent: in turn, without a pause', () => {
    const stage = new ClientStage(TWO);
    stage.start(FIRST, SECOND);
    stage.pass(46_000);
    expect(stage.questions.map((q) => [q.atMs, q.server])).toEqual([
      [0, FIRST],
      [15_000, SECOND],
      [30_000, FIRST],
      [45_000, SECOND],
    ]);
  });

  test('are asked again one interval after the answer; the pauses start anew', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    stage.pass(75_000);
    stage.reply(reply());
    stage.pass(3_600_000 + 31_000);
    expect(stage.atMs).toEqual([0, 30_000, 75_000, 3_675_000, 3_705_000]);
  });

  test('without any server are put off by 15 s, again and again', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start();
    stage.pass(31_000);
    expect(stage.questions).toEqual([]);
    sntp_setserver(stage.sntp, 0, address(FIRST));
    stage.pass(60_000);
    expect(stage.atMs).toEqual([75_000]);
  });

  test('for which there is no memory are put off by 15 s', () => {
    const stage = new ClientStage(AT_ONCE);
    let lacking = 1;
    stage.stack.scarcity = { lacks: () => lacking-- > 0 };
    stage.start(FIRST);
    stage.pass(15_000);
    expect(stage.atMs).toEqual([15_000]);
  });

  test('end with sntp_stop(), and an answer finds no port', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    expect(stage.ports).toHaveLength(1);
    sntp_stop(stage.stack, stage.sntp);
    sntp_stop(stage.stack, stage.sntp);
    stage.reply(reply());
    stage.pass(100_000);
    expect([stage.ports, stage.atMs, stage.times]).toEqual([[], [0], []]);
  });

  test('are not doubled by a second start', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    sntp_init(stage.stack, stage.sntp);
    stage.pass(29_000);
    expect(stage.atMs).toEqual([0]);
  });
});

describe('answers', () => {
  test('set the clock, from whatever address and port they come', () => {
    for (const [from, port] of [
      [FIRST, 123],
      [SECOND, 124],
    ] as const) {
      const stage = new ClientStage(AT_ONCE);
      stage.start(FIRST);
      stage.reply(reply(), from, port);
      expect(stage.times).toEqual([[NOON, 500_000]]);
    }
  });

  test.each<[string, number[]]>([
    ['47 bytes', reply({ length: 47 })],
    ['49 bytes', reply({ length: 49 })],
    ['mode client', reply({ mode: 3 })],
    ['mode broadcast', reply({ mode: 5 })],
    ['nothing', []],
  ])('of %s are ignored', (_what, message) => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    stage.reply(message);
    stage.pass(30_000);
    expect([stage.times, stage.atMs]).toEqual([[], [0, 30_000]]);
  });

  test('that are a kiss of death make a single server be asked later, beside the time-out that goes on', () => {
    const stage = new ClientStage(AT_ONCE);
    stage.start(FIRST);
    stage.pass(1000);
    stage.reply(reply({ stratum: 0 }));
    stage.pass(59_000);
    // The refusal at 1 s leads to 16 s, the time-out of the first question at 15 s to 45 s, that of 16 s to 31 s.
    expect(stage.atMs).toEqual([0, 16_000, 45_000]);
    expect(stage.times).toEqual([]);
  });

  test('that are a kiss of death make the next server be asked at once', () => {
    const stage = new ClientStage(TWO);
    stage.start(FIRST, SECOND);
    stage.pass(1000);
    stage.reply(reply({ stratum: 0 }));
    expect(stage.questions.map((q) => [q.atMs, q.server])).toEqual([
      [0, FIRST],
      [1000, SECOND],
    ]);
  });

  test('show in the reachability', () => {
    const stage = new ClientStage(AT_ONCE);
    const { servers } = stage.sntp;
    stage.start(FIRST);
    const seen: number[] = [];
    for (let i = 0; i < 2; i++) {
      seen.push(servers[0]!.reachability);
      stage.reply(reply());
      seen.push(servers[0]!.reachability);
      stage.pass(3_600_000);
    }
    stage.pass(400_000);
    seen.push(servers[0]!.reachability);
    expect(seen).toEqual([0, 1, 2, 3, 0b11_00000 & 0xff]);
    sntp_stop(stage.stack, stage.sntp);
    expect(servers[0]!.reachability).toBe(0);
  });

  test('keep a world alive as long as there is hope', () => {
    const stage = new ClientStage();
    expect(sntp_is_under_way(stage.stack)).toBe(false);
    stage.start(FIRST);
    const seen: boolean[] = [];
    const look = () => seen.push(sntp_is_under_way(stage.stack));
    look();
    stage.pass(5000);
    look();
    stage.reply(reply());
    look();
    stage.pass(3_600_000);
    look();
    stage.pass(1_000_000);
    look();
    sntp_stop(stage.stack, stage.sntp);
    look();
    expect(seen).toEqual([true, true, false, true, false, false]);
  });
});

describe('names of servers', () => {
  const byName = () => {
    const stage = new ClientStage(AT_ONCE);
    dns_setserver(stage.stack, 0, address(FIRST));
    sntp_setservername(stage.sntp, 0, 'time.example');
    stage.start();
    return stage;
  };

  test('are resolved before every question, and the address can be read', () => {
    const stage = byName();
    stage.send(stage.last, answer(stage.last, [record(A, [192, 168, 1, 3], { ttl: 0 })]));
    expect(stage.questions.map((q) => q.server)).toEqual([SECOND]);
    expect(stage.sntp.servers[0]!.addr).toBe(address(SECOND));
    stage.reply(reply(), SECOND);
    stage.pass(3_600_000);
    expect(stage.asked).toHaveLength(2);
  });

  test('that cannot be resolved are tried again after the pause', () => {
    const stage = byName();
    stage.send(stage.last, answer(stage.last, [], { flags: [0x81, 0x83] }));
    stage.pass(15_000);
    expect(stage.asked.map((q) => q.atMs)).toEqual([0, 15_000]);
  });

  test('that are numeric need no resolver', () => {
    const stage = new ClientStage(AT_ONCE);
    sntp_setservername(stage.sntp, 0, FIRST);
    stage.start();
    expect(stage.questions.map((q) => q.server)).toEqual([FIRST]);
  });

  test('give way to an address that is set later', () => {
    const stage = new ClientStage(AT_ONCE);
    sntp_setservername(stage.sntp, 0, 'time.example');
    stage.start(SECOND);
    expect(stage.questions.map((q) => q.server)).toEqual([SECOND]);
    expect(stage.sntp.servers[0]!.name).toBeNull();
  });

  test('that turn out to be IPv6 lead to no question, but to all the waiting', () => {
    const stage = new ClientStage(TWO);
    sntp_setservername(stage.sntp, 0, 'fe80::1');
    sntp_setserver(stage.sntp, 1, address(FIRST));
    stage.start();
    stage.pass(15_000);
    expect(stage.atMs).toEqual([15_000]);
  });

  test('resolved after the stop are not asked', () => {
    const stage = byName();
    sntp_stop(stage.stack, stage.sntp);
    stage.send(stage.last, answer(stage.last, [record(A, [192, 168, 1, 3])]));
    stage.pass(100_000);
    expect(stage.questions).toEqual([]);
  });

  test('of slots that do not exist are forgotten', () => {
    const stage = new ClientStage(AT_ONCE);
    sntp_setservername(stage.sntp, 1, 'time.example');
    sntp_setserver(stage.sntp, 1, address(FIRST));
    stage.start();
    expect([stage.questions, stage.asked]).toEqual([[], []]);
  });
});

describe('listening', () => {
  test('takes broadcasts on port 123 and asks nobody', () => {
    const stage = new ClientStage();
    sntp_setoperatingmode(stage.stack, stage.sntp, SNTP_OPMODE_LISTENONLY);
    stage.start(FIRST);
    expect(stage.ports).toEqual([123]);
    stage.reply(reply());
    stage.reply(reply({ mode: 5, stratum: 0 }));
    stage.reply(reply({ mode: 5 }));
    stage.pass(100_000);
    expect([stage.times, stage.questions, sntp_is_under_way(stage.stack)]).toEqual([[[NOON, 500_000]], [], false]);
  });

  test('cannot be chosen while the client runs', () => {
    const stage = new ClientStage();
    stage.start(FIRST);
    expect(() => sntp_setoperatingmode(stage.stack, stage.sntp, SNTP_OPMODE_LISTENONLY)).toThrow(
      'sntp_mode_while_running',
    );
  });
});

describe('times of NTP', () => {
  test.each<[string, number, number]>([
    ['1970', 2_208_988_800, 0],
    ['the last second of the first era', 0xffffffff, 2_085_978_495],
    ['the first second of the second era', 0, 2_085_978_496],
    ['2104', 0x7fffffff, 4_233_462_143],
  ])('%s', (_what, ntp, unix) => {
    const b = new Uint8Array(8);
    new DataView(b.buffer).setUint32(0, ntp);
    expect(getNtpTime(b, 0)).toEqual({ sec: unix, us: 0 });
  });

  property('written are read again', 500, [fc.nat(0xffffffff), fc.nat(999_999)], (sec, us) => {
    const b = new Uint8Array(8);
    putNtpTime(b, 0, { sec, us });
    expect(getNtpTime(b, 0)).toEqual({ sec, us });
  });
});
