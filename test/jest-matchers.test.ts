import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Trace, World } from '../device/index.ts';
import { conversations, matchers, showOnFailure } from '../tools/jest.ts';
import { reportIn } from './support/report-in.ts';
import { openCapture } from './support/wireshark.ts';
import { A_IP, acceptOne, connectTo, pair, pattern, recvAll, sendAll, start } from './support/worlds.ts';

/** b sends 5000 bytes to a, which answers with "ok"; something may go wrong. */
function run(end: 'closed' | 'reset') {
  const p = pair();
  p.world.watch();
  p.world.inflict([
    { kind: 'drop', match: { from: 'b', data: true }, nth: 2 },
    { kind: 'duplicate', match: { from: 'a', data: true }, nth: 1 },
  ]);
  if (end === 'reset') p.world.inflict({ kind: 'rst', match: { from: 'b', flags: 'F' } });
  start(p.a, function* (os) {
    const s = yield* acceptOne(os, 80);
    yield* recvAll(os, s, 5000);
    yield* os.send(s, 'ok');
    yield* os.recv(s, new Uint8Array(1));
    yield* os.close(s);
  });
  start(p.b, { startUs: 20_000 }, function* (os) {
    const s = yield* connectTo(os, A_IP, 80);
    yield* sendAll(os, s, pattern(5000));
    yield* os.recv(s, new Uint8Array(10));
    yield* os.close(s);
    yield* os.close(s);
  });
  const report = p.world.runSync();
  return { report, trace: p.trace };
}

describe('showOnFailure()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-evidence-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const failing = () => {
    const world = new World({ seed: 7 });
    const lan = world.lan();
    world.esp32('a', { lan, ip: '192.168.4.1' });
    world.esp32('b', { lan, ip: '192.168.4.2' });
    world.inflict({ kind: 'drop', match: { from: 'b', frame: 0 } });
    const body = () => {
      world.runSync({ until: 1000 });
      throw new Error('This is what went wrong.');
    };
    return { world, body };
  };
  const expected =
    /^Seed 7, faults \[{"kind":"drop","match":{"from":"b","frame":0}}\]\.\n\nThis is what went wrong\.\n\n *seconds [\s\S]*drop X[\s\S]*\n\nCapture: .*jest-matchers\.test\.showOnFailure-.*\.pcapng\nReport: .*jest-matchers\.test\.showOnFailure-.*\.html$/;

  test('adds seed, plan, ladder and a capture to the error', async () => {
    const { world, body } = failing();
    expect(() => showOnFailure(world, body, { folder })).toThrow(expected);
    const [report = '', file = ''] = readdirSync(folder).sort();
    const data = reportIn(readFileSync(join(folder, report), 'utf8'));
    expect(data.title).toMatch(/^showOnFailure\(\) adds seed/);
    expect(data.marks.map(({ kind, text }) => [kind, text])).toEqual([['violation', 'This is what went wrong.']]);
    expect(data.frames.find((frame) => frame.fault === 'drop')?.from).toBe('b');
    expect(data.steps.length).toBeGreaterThan(0);
    const capture = await openCapture(readFileSync(join(folder, file)));
    expect(capture.packets('frame.comment contains "fault: drop"')).toHaveLength(1);
  }, 60_000);

  test('of async tests too; where there is no failure it gives what the test gives', async () => {
    const { world, body } = failing();
    await expect(showOnFailure(world, async () => body(), { folder })).rejects.toThrow(expected);
    expect(showOnFailure(pair().world, () => 42)).toBe(42);
    await expect(showOnFailure(pair().world, async () => 42)).resolves.toBe(42);
  });

  test('leaves nothing of a test that passes', () => {
    const empty = join(folder, 'empty');
    showOnFailure(failing().world, () => 42, { folder: empty });
    expect(existsSync(empty)).toBe(false);
  });

  test('says when capture and report cannot be written', () => {
    const { world, body } = failing();
    expect(() => showOnFailure(world, body, { folder: __filename })).toThrow(
      /The capture could not be written: .*\nThe report could not be written: /,
    );
  });
});

describe('matchers', () => {
  test('conversations have each byte once, however often it was sent', () => {
    const [one, ...more] = conversations(run('closed').trace);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ from: 'b', to: 'a', port: 80, end: 'closed', received: Uint8Array.of(111, 107) });
    expect(one?.sent).toEqual(pattern(5000));
    expect(conversations(run('reset').trace)[0]?.end).toBe('reset');
    expect(conversations(new Trace())).toEqual([]);
  });

  test.each<[string, (r: ReturnType<typeof run>) => { pass: boolean; message: () => string }, boolean, string]>([
    [
      'findings',
      ({ report }) => matchers.toHaveNoFindings(report),
      false,
      'Nothing was expected to be found, but this was:\n  closedDescriptor,',
    ],
    [
      'no findings',
      ({ report }) => matchers.toHaveNoFindings({ ...report, findings: [] }),
      true,
      'Something was expected to be found',
    ],
    [
      'a finding',
      ({ report }) => matchers.toHaveFinding(report, { kind: 'closedDescriptor' }),
      true,
      'This was not to be found:\n  closedDescriptor',
    ],
    [
      'no such finding',
      ({ report }) => matchers.toHaveFinding(report, { kind: 'leak' }),
      false,
      'Nothing like {"kind":"leak"} was found; what was found:\n  closedDescriptor',
    ],
    [
      'frames',
      ({ trace }) => matchers.toHaveFrame(trace, { from: 'b', flags: 'S' }),
      true,
      'Expected at least one frame like {"from":"b","flags":"S"}, there are 1.',
    ],
    [
      'so many frames',
      ({ trace }) => matchers.toHaveFrame(trace, { to: 'a', flags: 'S' }, 2),
      false,
      'Expected 2 frames like {"to":"a","flags":"S"}, there are 1.',
    ],
    [
      'a frame by its index',
      ({ trace }) => matchers.toHaveFrame(trace, { from: 'b', frame: 2, proto: 'tcp' }, 1),
      true,
      'Expected 1 frame',
    ],
    [
      'a conversation',
      ({ trace }) => matchers.toHaveConversation(trace, { from: 'b', port: 80, end: 'closed' }),
      true,
      'Expected no conversation like',
    ],
    [
      'no such conversation',
      ({ trace }) => matchers.toHaveConversation(trace, { from: 'a' }),
      false,
      '  b to a port 80, closed: 5000 bytes sent, 2 received',
    ],
    [
      'streams',
      ({ trace }) => matchers.toHaveStream(trace, { port: 80 }, { sent: pattern(5000), received: 'ok' }),
      true,
      'The streams were not to be these',
    ],
    [
      'another byte',
      ({ trace }) => matchers.toHaveStream(trace, {}, { received: 'oh' }),
      false,
      'byte 1 of what was received should be 104 and is 107.',
    ],
    [
      'a missing byte',
      ({ trace }) => matchers.toHaveStream(trace, {}, { received: 'ok!' }),
      false,
      'should be 33 and is missing (2 of 3 bytes are there).',
    ],
    [
      'bytes too many',
      ({ trace }) => matchers.toHaveStream(trace, {}, { received: 'o' }),
      false,
      '1 bytes more were received than expected',
    ],
    [
      'no stream',
      ({ trace }) => matchers.toHaveStream(trace, { port: 81 }, {}),
      false,
      'there are 0 conversations like {"port":81}',
    ],
  ])('%s', (_name, match, pass, message) => {
    const verdict = match(run('closed'));
    expect(verdict.pass).toBe(pass);
    expect(verdict.message()).toContain(message);
  });

  test('say what they need', () => {
    expect(() => matchers.toHaveNoFindings({} as never)).toThrow('This matcher needs the report of a run');
  });
});
