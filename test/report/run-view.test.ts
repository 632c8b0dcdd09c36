/** What led to what in a run, and the rule behind it. */
import { describe, expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { answeredBy, answerTo, originalOf, stateBefore } from '../../tools/report/connections.ts';
import { ruleOf } from '../../tools/report/explain.ts';
import { fieldsOf } from '../../tools/report/fields.ts';
import { resultWords } from '../../tools/report/reasons.ts';
import { reportData, reportHtml } from '../../tools/report/report.ts';
import { packReport, unpackReport } from '../../tools/report/report-data.ts';
import { RunView } from '../../tools/report/run-view.ts';
import { sentenceOf } from '../../tools/report/story.ts';
import { lossyRun } from '../support/lossy-run.ts';

const run = lossyRun();
const data = reportData(run.world, run.report);
const view = new RunView(data);
const frames = (words: string) => view.frameLines.filter((line) => line.label.includes(words));
const sourceOf = (words: string, which = 0) => ruleOf(view, frames(words)[which]!)?.source;

describe('rules', () => {
  test.each([
    ['ARP announcement', 'netif_set_up(), etharp_gratuitous()'],
    ['ARP who-has', 'etharp_query()'],
    ['ARP reply', 'etharp_input()'],
    ['[S] seq 0', 'tcp_connect()'],
    ['[S.]', 'tcp_listen_input()'],
    ['seq 1:1441', 'tcp_write(), tcp_output()'],
    ['duplicate ack', 'tcp_receive(), tcp_send_empty_ack()'],
    ['retransmission', 'tcp_slowtmr(), tcp_rexmit_rto()'],
    ['[R.]', 'tcp_input(), tcp_rst()'],
  ])('%s: %s', (words, source) => {
    expect(sourceOf(words)).toBe(source);
  });

  test('every frame of a board has one, and every item a sentence', () => {
    for (const line of view.frameLines) expect(ruleOf(view, line)).toBeDefined();
    for (const item of view.items) expect(sentenceOf(view, item)).toMatch(/\S\.$/);
  });
});

test('a segment that three duplicate acknowledgements ask for is a fast retransmission', () => {
  const { world, report } = lossyRun(undefined, 'x'.repeat(30_000), 9);
  const other = new RunView(reportData(world, report));
  const again = other.frameLines.filter((line) => line.tcp?.mark === 'retransmission');
  expect(again.map((line) => ruleOf(other, line)?.source)).toEqual(['tcp_rexmit_fast()']);
});

describe('links', () => {
  test('an acknowledgement answers segments, and they know their answer', () => {
    for (const { segment, connection } of view.frameLines.flatMap((line) => view.place(line.record.n) ?? [])) {
      for (const covered of answeredBy(connection, segment)) {
        expect(answerTo(connection, covered)?.ack).toBeGreaterThanOrEqual(covered.end);
      }
    }
    const syn = view.place(frames('[S] seq 0')[0]!.record.n)!;
    expect(answerTo(syn.connection, syn.segment)?.line.label).toContain('[S.]');
  });

  test('a retransmission leads to what it repeats', () => {
    const again = view.place(frames('retransmission')[0]!.record.n)!;
    expect(originalOf(again.connection, again.segment)?.line.lost).toBe(true);
  });

  test('a failed call names its errno, why, and the frame that was the reason', () => {
    const refused = data.calls.find((call) => call.ret === -1)!;
    const reset = frames('[R.]')[0]!;
    expect(resultWords(view, refused)).toBe(`-1 ECONNRESET: refused by the RST of server, frame ${reset.record.n}`);
    expect(view.callsWokenBy(view.arrivalsOf(reset.record.n)[0]!)).toEqual([refused]);
  });

  test('a call leads to its frames and each frame to its arrival', () => {
    const connect = data.calls.find((call) => call.fn === 'connect')!;
    expect(view.framesOfCall(connect).map((line) => line.label)).toEqual([expect.stringContaining('ARP who-has')]);
    for (const line of view.frameLines) {
      expect(view.arrivalsOf(line.record.n).map((arrival) => arrival.tUs - line.tUs)).toEqual(line.lost ? [] : [1000]);
    }
  });

  test('the sender of a frame stands as its own step left it, not as the answer did', () => {
    const [connection] = view.connections;
    const { before, after } = view.statesAround(connection!.ends[0], frames('[S] seq 0')[0]!.record.n);
    expect([before?.state.state, after?.state.state]).toEqual(['SYN_SENT', 'SYN_SENT']);
    const data = view.statesAround(connection!.ends[0], frames('seq 1:1441')[0]!.record.n);
    expect(data.after!.state.snd_nxt - data.before!.state.snd_nxt).toBeGreaterThanOrEqual(1440);
  });

  test('control blocks stand as they were at that moment', () => {
    const [connection] = view.connections;
    const synAck = frames('[S.]')[0]!;
    expect(stateBefore(connection!.ends[0], synAck.record.n)?.state.state).toBe('SYN_SENT');
    expect(connection!.ends.map((end) => end.board)).toEqual(['client', 'server']);
    expect(view.connections).toHaveLength(2);
  });
});

describe('what a reader must not miss', () => {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.record({ states: true });
  const board = world.esp32('lonely', { lan, ip: '192.168.4.1' });
  board.xTaskCreate(function* (os: Os) {
    const sock = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.connect(sock, sockaddr_in('192.168.4.9', 80));
    yield* os.send(sock, 'x');
    yield* os.recv(sock, new Uint8Array(1));
  }, 'main');
  world.inflict([
    { kind: 'drop', match: { from: 'lonely', proto: 'arp' }, nth: 2 },
    { kind: 'callFails', fn: 'connect', errno: 'EHOSTUNREACH' },
    { kind: 'drop', match: { from: 'nobody' } },
  ]);
  world.watch();
  const found = reportData(world, world.runSync());

  test('the fault plan says what it met', () => {
    const [drop, fails, never] = found.faults;
    const arp = found.frames.filter((frame) => frame.fault === 'drop');
    expect(drop!.matched).toEqual(arp.map((frame) => frame.n));
    expect(fails!.matched).toEqual([found.calls.find((call) => call.fn === 'connect')!.n0]);
    expect(never!.matched).toEqual([]);
  });

  test('findings and hints stand where they were found', () => {
    expect(found.marks.map((mark) => [mark.kind, mark.board])).toContainEqual(['hint', 'lonely']);
    const items = new RunView(found).items;
    expect(items.filter((item) => item.kind === 'mark')).toHaveLength(found.marks.length);
  });
});

describe('a report', () => {
  test('is the same run after it was packed', () => {
    const again = unpackReport(packReport(data));
    const key = (state: { board: string; local: string; remote: string; n: number }) =>
      `${state.board} ${state.local} ${state.remote} ${String(state.n).padStart(9)}`;
    const sorted = (states: typeof data.states) => [...states].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    expect({ ...again, states: sorted(again.states) }).toEqual({ ...data, states: sorted(data.states) });
  });

  test('is small but for its data', () => {
    const nothing = { ...data, frames: [], calls: [], notes: [], steps: [], states: [], logs: [], marks: [] };
    expect(reportHtml(nothing).length).toBeLessThan(400_000);
  });

  test('holds no markup of a payload or a name, and asks for nothing', () => {
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>';
    const { world, report } = lossyRun([`a${evil}`, 'b'], `${evil}\u0000\u001b[31m`);
    const html = reportHtml(reportData(world, report, { title: evil }));
    expect(html).not.toContain('alert(1)');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/\b(?:src|href)=["']?https?:/);
  });

  test('needs a recorded world', () => {
    run.world.trace = null;
    expect(() => reportData(run.world, run.report)).toThrow('Nothing was recorded: call world.record(');
  });

  test('names every header field', () => {
    const names = fieldsOf(frames('seq 1:1441')[0]!.d).map((layer) => layer.name);
    expect(names).toEqual(['Ethernet II', 'Internet Protocol, version 4', 'Transmission Control Protocol', 'Data']);
  });
});
