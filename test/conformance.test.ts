/**
 * The conformance runner itself: does it understand scenarios strictly, does it see every difference, does it say so.
 * And what it is for: everything that was recorded of the real stack, replayed.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { conformance } from '../tools/conformance/cli.ts';
import { compareOutcomes } from '../tools/conformance/compare.ts';
import { CHECKSUMS, findScenarioFiles, GoldenReader, packGolden, verifyGolden } from '../tools/conformance/golden.ts';
import { replay } from '../tools/conformance/replay.ts';
import { explain, type Result } from '../tools/conformance/report.ts';
import { runFiles } from '../tools/conformance/runner.ts';
import { type GoldenRecord, type Outcome, parseScenario } from '../tools/conformance/scenario.ts';

const golden = join(__dirname, 'golden');
const reader = new GoldenReader();
const scratch = mkdtempSync(join(tmpdir(), 'lwip-twin-conformance-'));

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Files of the corpus that can be replayed and compared. */
const replayable = findScenarioFiles([golden]).filter((path) => {
  return parseScenario(reader.read(path)).expect !== undefined;
});

function expectationOf(path: string): Outcome {
  const { expect } = parseScenario(reader.read(path));
  if (expect === undefined) throw new Error(`${path} has no expectation`);
  return expect;
}

/** Runs the command line: exit status and lines. */
function run(...argv: string[]): { status: number; lines: string[] } {
  const lines: string[] = [];
  const status = conformance(argv, (line) => lines.push(line));
  return { status, lines };
}

describe('what was recorded', () => {
  test('is carried unchanged', () => {
    expect(verifyGolden(golden)).toEqual([]);
    expect(readFileSync(join(golden, CHECKSUMS), 'utf8').trim().split('\n')).toHaveLength(808);
  });

  test('a changed, a lost and an unlisted scenario are noticed', () => {
    const from = join(scratch, 'recorded');
    const to = join(scratch, 'carried');
    mkdirSync(join(from, 'g'), { recursive: true });
    const text = (name: string, value: number) =>
      `{\n "name": "${name}",\n "end_us": 1,\n "expect": {\n "calls": [],\n "frames": [],\n "final": {"n": ${value}}\n }\n}\n`;
    for (const name of ['a', 'b']) writeFileSync(join(from, 'g', `${name}.json`), text(name, 1));
    expect(packGolden(from, to)).toBe(2);
    expect(verifyGolden(to)).toEqual([]);
    expect(readFileSync(join(to, 'g', 'a.json'), 'utf8')).toBe('{\n "name": "a",\n "end_us": 1\n}\n');
    expect(new GoldenReader().read(join(to, 'g', 'a.json'))).toEqual(JSON.parse(text('a', 1)));

    rmSync(join(to, 'g', 'a.json'));
    writeFileSync(join(to, 'g', 'b.json'), text('b', 2));
    writeFileSync(join(to, 'g', 'c.json'), text('c', 1));
    expect(verifyGolden(to)).toEqual([
      'g/b.json: the data differs from what was recorded',
      'g/c.json: not in SHA256SUMS',
      'g/a.json: missing',
    ]);
  });
});

describe('a scenario that is not understood', () => {
  const host = { name: 'A' };
  const task = { host: 'A', name: 't', ops: [] };
  const good = { name: 's', description: '', hosts: [host], link: {}, tasks: [task], end_us: 1000 };
  const withOp = (...op: unknown[]) => ({ ...good, tasks: [{ ...task, ops: [op] }] });

  test('the smallest one is', () => {
    expect(parseScenario(good).plan.hosts[0]).toEqual({
      name: 'A',
      mac: '02:00:00:00:00:01',
      kind: 'static',
      ip: '10.0.0.1',
      netmask: '255.255.255.0',
      gw: '0.0.0.0',
      isn: 0x00100000,
      garp: true,
      mtu: 1500,
      autostart: true,
      hostname: undefined,
      server: {},
      dns: [],
    });
  });

  test('a station has no address, a soft-AP its own', () => {
    const hosts = [
      { name: 'C', dhcp: true, dhcp_autostart: 0, hostname: 'node' },
      { name: 'AP', dhcps: { lease_min: 1, router: 0, dns: ['1.1.1.1'], autostart: 0 }, dns: ['0.0.0.0', '8.8.8.8'] },
      { name: 'B', dhcps: true, ip: '10.1.1.1', garp: 1 },
    ];
    expect(parseScenario({ ...good, tasks: [], hosts }).plan.hosts).toMatchObject([
      {
        kind: 'dhcp',
        ip: '0.0.0.0',
        netmask: '0.0.0.0',
        gw: '0.0.0.0',
        garp: true,
        autostart: false,
        hostname: 'node',
      },
      {
        kind: 'dhcps',
        ip: '192.168.4.1',
        netmask: '255.255.255.0',
        gw: '192.168.4.1',
        garp: false,
        server: { leaseMinutes: 1, offerRouter: false, dns: ['1.1.1.1'], autostart: false },
        dns: ['0.0.0.0', '8.8.8.8'],
      },
      { kind: 'dhcps', ip: '10.1.1.1', gw: '10.1.1.1', garp: true, server: {} },
    ]);
  });

  test.each<[string, unknown]>([
    ['scenario: unknown key "hostz"', { ...good, hostz: [] }],
    ['hosts[0]: unknown key "mtus"', { ...good, hosts: [{ ...host, mtus: 1 }] }],
    ['hosts[0]: dhcp can only be true', { ...good, hosts: [{ ...host, dhcp: false }] }],
    ['hosts[0]: dhcp and dhcps exclude each other', { ...good, hosts: [{ ...host, dhcp: true, dhcps: true }] }],
    ['hosts[0]: dhcp_autostart needs dhcp', { ...good, hosts: [{ ...host, dhcps: true, dhcp_autostart: 0 }] }],
    ['hosts[0]: hostname needs dhcp or dhcps', { ...good, hosts: [{ ...host, hostname: 'a' }] }],
    ['hosts[0]: unknown key "lease"', { ...good, hosts: [{ ...host, dhcps: { lease: 1 } }] }],
    ['hosts[0]: an object is expected', { ...good, hosts: [{ ...host, dhcps: false }] }],
    ['hosts[0]: at most 3 addresses', { ...good, hosts: [{ ...host, dns: Array(4).fill('1.1.1.1') }] }],
    ['hosts[0]: "10.0.0.256" is not an IPv4 address', { ...good, hosts: [{ ...host, ip: '10.0.0.256' }] }],
    ['hosts: "A" occurs twice', { ...good, hosts: [host, host] }],
    ['tasks: "t" occurs twice', { ...good, tasks: [task, task] }],
    ['tasks[0]: unknown key "prio"', { ...good, tasks: [{ ...task, prio: 1 }] }],
    ['there is no host "B"', { ...good, tasks: [{ ...task, host: 'B' }] }],
    ['unknown configuration "beta"', { ...good, config: 'beta' }],
    ['link: unknown key "mtu"', { ...good, link: { mtu: 1 } }],
    ['link.faults[0]: unknown action "lose"', { ...good, link: { faults: [{ from: 'A', frame: 0, action: 'lose' }] } }],
    ['link.outages[0]: unknown key "to"', { ...good, link: { outages: [{ t0_us: 0, t1_us: 1, to: 'A' }] } }],
    ['injections[0]: an even number', { ...good, injections: [{ t_us: 0, to: 'A', hex: 'abc' }] }],
    ['end_us: a whole number', { ...good, end_us: '1' }],
    ['unknown op "sendfile"', withOp('sendfile', 's', 1)],
    ['ops[0] close: 0 arguments', withOp('close')],
    ['ops[0] close: 2 arguments', withOp('close', 's', 1)],
    ['ops[0] send: unknown key "flag"', withOp('send', 's', 1, { flag: 1 })],
    ['ops[0] send: "MSG_FAST" is not one of', withOp('send', 's', 1, { flags: ['MSG_FAST'] })],
    ['ops[0] send: unknown kind of data', withOp('send', 's', { zeroes: 1 })],
    ['ops[0] sendall: unknown key "pause"', withOp('sendall', 's', 1, 1, { pause: 1 })],
    ['ops[0] setsockopt: unknown option "SO_MARK"', withOp('setsockopt', 's', 'SO_MARK', 1)],
    ['ops[0] setsockopt: unknown key "len"', withOp('setsockopt', 's', 'SO_KEEPALIVE', 1, { len: 4 })],
    ['ops[0] setsockopt: a whole number', withOp('setsockopt', 's', 'SO_KEEPALIVE', 'on')],
    ['ops[0] shutdown: "both" is not one of', withOp('shutdown', 's', 'both')],
    ['ops[0] poll: "HUNGRY" is not one of', withOp('poll', [['s', 'IN|HUNGRY']], 1)],
    ['ops[0] link_down: unknown key "cable"', withOp('link_down', { cable: 1 })],
    ['ops[0] dhcps_option: unknown key "lease"', withOp('dhcps_option', { lease: 1 })],
    ['ops[0] dhcps_option: at most 2 addresses', withOp('dhcps_option', { dns: Array(3).fill('1.1.1.1') })],
    ['ops[0] dhcp_start: 1 arguments', withOp('dhcp_start', 1)],
    ['ops[0] wait_ip: -1 is too small', withOp('wait_ip', -1)],
    ['ops[0] set_dns: "one" is not an IPv4 address', withOp('set_dns', 0, 'one')],
    ['ops[0] gethostbyname: a string is expected', withOp('gethostbyname', null)],
    ['ops[0] getaddrinfo: unknown key "flag"', withOp('getaddrinfo', 'a', null, { flag: 1 })],
    ['ops[0] getaddrinfo: "AI_ANY" is not one of', withOp('getaddrinfo', 'a', null, { flags: ['AI_ANY'] })],
    ['ops[0] getaddrinfo: a node, a service and hints', withOp('getaddrinfo', 'a', '1', {}, {})],
    ['ops[0] set_hostname: a string is expected', withOp('set_hostname', 1)],
    ['ops[0] repeat[0]: unknown op "nap"', withOp('repeat', 2, [['nap']])],
  ])('%s', (message, scenario) => {
    expect(() => parseScenario(scenario)).toThrow(message);
    const path = join(scratch, 'odd.json');
    writeFileSync(path, JSON.stringify({ ...(scenario as object), expect: { calls: [], frames: [], final: {} } }));
    const { status, lines } = run(path);
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('0 of 1 identical');
    expect(lines.join('\n')).toContain(message);
  });

  test('without "expect" there is nothing to be identical with', () => {
    const path = join(scratch, 'open.json');
    writeFileSync(path, JSON.stringify(good));
    const { status, lines } = run(path);
    expect(status).toBe(1);
    expect(lines).toEqual([`without expectation: ${path}`, '0 of 0 identical']);
  });

  test('a file that is not JSON, a path that does not exist, an unknown switch', () => {
    const path = join(scratch, 'broken.json');
    writeFileSync(path, '{');
    expect(run(path)).toMatchObject({ status: 1, lines: expect.arrayContaining(['0 of 1 identical']) });
    expect(run(join(scratch, 'nowhere')).status).toBe(2);
    expect(run('--fast').status).toBe(2);
  });
});

/** Something else of the same kind. */
function other(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return value.endsWith('0') ? `${value.slice(0, -1)}1` : `${value.slice(0, -1)}0`;
  if (value === null) return 0;
  return Array.isArray(value) ? [...value, 1] : { ...(value as object), more: 1 };
}

describe('every difference is seen', () => {
  interface Spot {
    readonly path: string;
    readonly size: number;
    readonly where: string;
  }

  // One spot for each field of each kind of record, in the smallest scenario that has it.
  const spots = new Map<string, Spot>();
  for (const path of replayable) {
    const { calls, frames, final, events = [] } = expectationOf(path);
    const size = calls.length + frames.length + events.length;
    const note = (kind: string, where: string) => {
      if (size < (spots.get(kind)?.size ?? Number.POSITIVE_INFINITY)) spots.set(kind, { path, size, where });
    };
    for (const [i, call] of calls.entries()) {
      for (const key of Object.keys(call)) note(`${call.fn}.${key}`, `calls[${i}].${key}`);
    }
    for (const [i, frame] of frames.entries()) {
      for (const key of Object.keys(frame)) note(`frame.${key}`, `frames[${i}].${key}`);
    }
    for (const [i, event] of events.entries()) {
      for (const key of Object.keys(event)) note(`event ${event.event}.${key}`, `events[${i}].${key}`);
    }
    for (const key of Object.keys(final)) if (key !== 'hosts') note(`final.${key}`, `final.${key}`);
    const tasks = final.tasks as readonly GoldenRecord[];
    for (const [i, task] of tasks.entries()) {
      for (const key of Object.keys(task)) note(`final.tasks.${key}`, `final.tasks[${i}].${key}`);
    }
  }

  const outcomes = new Map<string, Outcome>();
  function replayed(path: string): Outcome {
    const outcome = outcomes.get(path) ?? replay(parseScenario(reader.read(path)).plan);
    outcomes.set(path, outcome);
    return outcome;
  }

  /** A copy of an expectation in which the value at a place is replaced; `undefined` removes it. */
  function changed(expected: Outcome, where: string, value: unknown): Outcome {
    const copy = structuredClone(expected);
    const steps = where.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
    const last = steps.pop() ?? '';
    const holder = steps.reduce((at: Record<string, unknown>, step) => at[step] as Record<string, unknown>, {
      ...copy,
    });
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    return copy;
  }

  function valueAt(expected: Outcome, where: string): unknown {
    const steps = where.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
    return steps.reduce((at: unknown, step) => (at as Record<string, unknown>)[step], expected);
  }

  test('the corpus has fields of every kind', () => {
    const kinds = [...spots.keys()];
    expect(kinds.length).toBeGreaterThan(200);
    const fields =
      't_us n from fault hex t0_us t1_us n0 n1 fn fd len flags ret errno eno addr val r w e revents msg_flags';
    const names = new Set(kinds.map((kind) => kind.slice(kind.lastIndexOf('.') + 1)));
    for (const field of [...fields.split(' '), 'pat', 'sha1', 'to', 'opt', 'timeout_ms', 'state', 'op', 'k']) {
      expect(names).toContain(field);
    }
    for (const field of ['esp_err', 'err_t', 'mask', 'dns', 'name', 'mac', 'ip_changed', 'host']) {
      expect(names).toContain(field);
    }
  });

  test.each([...spots])('%s', (_, { path, where }) => {
    const expected = expectationOf(path);
    const outcome = replayed(path);
    expect(compareOutcomes(expected, outcome)).toEqual([]);
    const value = valueAt(expected, where);
    const different = changed(expected, where, other(value));
    expect(compareOutcomes(different, outcome).map((difference) => difference.where)).not.toEqual([]);
    const shorter = changed(expected, where, undefined);
    expect(compareOutcomes(shorter, outcome)).toEqual([{ where, expected: undefined, actual: value }]);
  });

  test('a record too many, too few, or in another order', () => {
    const path = join(golden, 'api', 'accept_errors.json');
    const expected = expectationOf(path);
    const outcome = replayed(path);
    for (const list of ['calls', 'frames'] as const) {
      const records = expected[list];
      const [first, second, ...rest] = records;
      if (first === undefined || second === undefined) throw new Error('the scenario is too small');
      for (const changedList of [
        [...records, first],
        records.slice(0, -1),
        records.slice(1),
        [second, first, ...rest],
      ]) {
        expect(compareOutcomes({ ...expected, [list]: changedList }, outcome)).not.toEqual([]);
      }
    }
    expect(compareOutcomes({ ...expected, events: [{ t_us: 0 }] }, outcome)).not.toEqual([]);
    expect(compareOutcomes({ ...expected, final: { ...expected.final, abort: 'assertion' } }, outcome)).not.toEqual([]);
    expect(compareOutcomes({ ...expected, final: { ...expected.final, hosts: [] } }, outcome)).toEqual([]);
  });

  const file = join(scratch, 'red', 'one.json');

  /** The runner's verdict on a scenario of which something else is expected. */
  function judgeFile(path: string, outcome: Outcome, ...more: string[]): { status: number; lines: string[] } {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ ...(reader.read(path) as object), expect: outcome }));
    return run(...more, file);
  }

  test('and turns the runner red', () => {
    const path = join(golden, 'api', 'accept_errors.json');
    const expected = expectationOf(path);
    const judge = (outcome: Outcome, ...more: string[]) => judgeFile(path, outcome, ...more);
    const green = judge(expected);
    expect(green).toEqual({ status: 0, lines: [`${'red'.padEnd(22)}     1 / 1`, '1 of 1 identical'] });
    for (const where of [
      'calls[3].t1_us',
      'calls[5].ret',
      'calls[8].n0',
      'frames[2].hex',
      'frames[3].t_us',
      'final.end_us',
    ]) {
      const { status, lines } = judge(changed(expected, where, other(valueAt(expected, where))));
      expect(status).toBe(1);
      expect(lines.at(-1)).toBe('0 of 1 identical');
      expect(lines[0]).toContain(file);
    }
    const json = join(scratch, 'results.json');
    judge(changed(expected, 'calls[5].ret', 1), '--json', json);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      identical: 0,
      compared: 1,
      results: [{ path: file, status: 'different', differences: [{ where: 'calls[5].ret', expected: 1 }] }],
    });
  });

  const eventSpots = [...spots].filter(([kind]) => kind.startsWith('event '));

  test('there are events of every kind', () => {
    const kinds = new Set(eventSpots.map(([kind]) => kind.slice('event '.length, kind.indexOf('.'))));
    expect([...kinds].sort()).toEqual(['dhcps_assigned', 'ip_assigned', 'ip_changed', 'ip_cleared', 'ip_lost']);
  });

  test.each(eventSpots)('another %s turns the runner red', (_, { path, where }) => {
    const expected = expectationOf(path);
    const { status, lines } = judgeFile(path, changed(expected, where, other(valueAt(expected, where))));
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('0 of 1 identical');
    expect(lines.join('\n')).toContain('event ');
  });

  test('a lost and an added event turn the runner red', () => {
    const path = eventSpots[0]?.[1].path ?? '';
    const expected = expectationOf(path);
    const { events = [] } = expected;
    expect(judgeFile(path, expected).status).toBe(0);
    for (const list of [undefined, events.slice(1), [...events, ...events.slice(0, 1)]]) {
      expect(judgeFile(path, { ...expected, events: list } as Outcome).status).toBe(1);
    }
  });
});

describe('the report', () => {
  const path = join(golden, 'api', 'accept_errors.json');
  const expected = expectationOf(path);

  function judged(outcome: () => Outcome): Result {
    const [result] = runFiles([path], reader, outcome);
    if (result === undefined) throw new Error('no result');
    return result;
  }

  test('shows the first divergence side by side, with what came before', () => {
    const frames = expected.frames.map((frame, i) => (i === 4 ? { ...frame, t_us: 12_500 } : frame));
    const lines = explain(
      judged(() => ({ ...expected, frames })),
      false,
    );
    expect(lines[0]).toBe(`${path}: accept on a fresh socket, a bound one, a connected one, UDP, bad fd`);
    expect(lines.slice(1, 5).join('\n')).toContain('ARP reply 10.0.0.2 is-at 02:00:00:00:00:02');
    expect(lines[5]).toMatch(/recorded {6}14 {8}0\.012000 s {2}A +10\.0\.0\.1:49290 > 10\.0\.0\.2:80 \[S\]/);
    expect(lines[6]).toMatch(/replayed {6}14 {8}0\.012500 s {2}A +10\.0\.0\.1:49290 > 10\.0\.0\.2:80 \[S\]/);
    expect(lines).toContain('  1 field differs');
  });

  test('shows where the bytes of a frame part', () => {
    const frames = expected.frames.map((frame, i) =>
      i === 4 ? { ...frame, hex: `${String(frame.hex).slice(0, -2)}ff` } : frame,
    );
    const lines = explain(
      judged(() => ({ ...expected, frames })),
      true,
    );
    expect(lines.join('\n')).toContain('first difference at 57, lengths 58 and 58');
    expect(lines.join('\n')).toMatch(/frames\[4\]\.hex: recorded "/);
  });

  test('shows what the replay threw', () => {
    const result = judged(() => {
      throw new RangeError('no such board');
    });
    expect(result.status).toBe('error');
    expect(explain(result, false).join('\n')).toContain('RangeError: no such board');
  });

  test('shows a recorded scenario', () => {
    const { status, lines } = run('--show', path);
    expect(status).toBe(0);
    expect(lines).toHaveLength(46);
    expect(lines[20]).toMatch(/^ {3}19 {8}0\.014000 s {2}cli +accept = -1, errno "EINVAL", eno 22$/);
  });
});

test('every recorded scenario is replayed identically', () => {
  const wrong = [...runFiles(replayable)].filter(({ status }) => status !== 'identical');
  expect(wrong.flatMap((result) => explain(result, false)).slice(0, 60)).toEqual([]);
  expect(replayable).toHaveLength(805);
  const claim = `**${replayable.length - wrong.length} of ${replayable.length}** traces recorded from the real C stack`;
  expect(readFileSync(join(__dirname, '..', 'README.md'), 'utf8')).toContain(claim);
});
