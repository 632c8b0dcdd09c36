/** What the report says of forged frames, of boards that were off, and of what never arrived: nothing that is not so. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  type CallRecord,
  type FaultSpec,
  MSG_DONTWAIT,
  type Os,
  SHUT_WR,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  World,
} from '../../device/index.ts';
import { bytesArrived, bytesSent, sendingAfter } from '../../tools/report/connections.ts';
import { ruleOf } from '../../tools/report/explain.ts';
import { parseFilter } from '../../tools/report/filter.ts';
import { fatePrefix, itemActor, itemLook, itemText } from '../../tools/report/item-text.ts';
import { observationsOf } from '../../tools/report/observations.ts';
import { resultWords } from '../../tools/report/reasons.ts';
import { reportData } from '../../tools/report/report.ts';
import { type Item, RunView } from '../../tools/report/run-view.ts';
import { sentenceOf } from '../../tools/report/story.ts';
import { awaitsClients, isTrouble } from '../../tools/report/troubles.ts';
import { hasTimedOut, wakingCall } from '../../tools/report/wakes.ts';
import { lossyRun } from '../support/lossy-run.ts';

const second = 1_000_000;

type Program = (os: Os) => Generator<void, unknown, void>;

function runOf(server: Program, client: Program, plan: FaultSpec[], until = 20 * second): RunView {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.record({ states: true });
  world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'main');
  world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(client, 'main', { startUs: 100_000 });
  world.inflict(plan);
  return new RunView(reportData(world, world.runSync({ until })));
}

function* listening(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', 80));
  yield* os.listen(sock, 2);
  return sock;
}

function* connected(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 80));
  return sock;
}

const buffer = new Uint8Array(100);
const callOf = (view: RunView, board: string, fn: string) =>
  view.data.calls.find((one) => one.board === board && one.fn === fn)!;
const itemOf = (view: RunView, n: number): Item => view.item(n)!;

describe('a RST that the fault plan forges behind a SYN-ACK', () => {
  let view: RunView;
  beforeAll(() => {
    view = runOf(
      function* (os) {
        const sock = yield* os.accept(yield* listening(os));
        yield* os.vTaskDelay(300);
        yield* os.send(sock, 'x');
        yield* os.close(sock);
      },
      function* (os) {
        yield* os.recv(yield* connected(os), buffer);
      },
      [{ kind: 'rst', match: { flags: 'S.', from: 'server' }, toward: 'sender', replace: false, delayUs: 2500 }],
    );
  });
  const forged = () => view.frameLines.find((line) => line.isForged)!;
  const synAck = () => view.frameLines.find((line) => line.label.includes('[S.]'))!;

  test('has one name everywhere', () => {
    const n = forged().record.n;
    const name = `a forged RST, frame ${n} (fault plan), not sent by client`;
    expect(resultWords(view, callOf(view, 'server', 'send'))).toBe(`-1 ECONNRESET: ${name}`);
    expect(sentenceOf(view, itemOf(view, n))).toContain(name.slice(1));
    expect(itemActor(itemOf(view, n))).toBe('fault plan');
  });

  test('leaves the frame before it as it was sent', () => {
    expect([synAck().fault, synAck().harm, synAck().look]).toEqual(['rst', '', 'frame']);
    expect(sentenceOf(view, itemOf(view, synAck().record.n))).not.toContain('wire');
  });

  test('acknowledges nothing', () => {
    const place = view.place(synAck().record.n)!;
    expect(view.answerTo(place)?.line.isForged).toBe(false);
    expect(view.answeredBy(view.place(forged().record.n)!)).toEqual([]);
  });

  test('close() says nothing where nothing is left to say', () => {
    const close = callOf(view, 'server', 'close');
    expect(sentenceOf(view, itemOf(view, close.n0))).toBe(
      'server: close() frees descriptor 55; the connection was over before, so nothing is sent.',
    );
  });
});

test('a FIN that the fault plan forges is not sent again, and what its board sends next repeats nothing', () => {
  const view = runOf(
    function* (os) {
      const sock = yield* os.accept(yield* listening(os));
      while ((yield* os.recv(sock, buffer)) > 0);
      yield* os.close(sock);
    },
    function* (os) {
      const sock = yield* connected(os);
      yield* os.send(sock, 'one');
      yield* os.vTaskDelay(50);
      yield* os.send(sock, 'two');
    },
    [{ kind: 'fin', match: { from: 'client', data: true }, nth: 1, toward: 'receiver', delayUs: 2 * second }],
  );
  const fin = view.frameLines.find((line) => line.isForged)!;
  const { connection, segment } = view.place(fin.record.n)!;
  expect(sentenceOf(view, itemOf(view, fin.record.n))).toContain('A forged FIN, frame ');
  expect(sendingAfter(connection, segment)).toBeUndefined();
  const [, two] = view.frameLines.filter((line) => line.record.from === 'client' && line.d.payload.length === 3);
  expect(two!.tcp?.mark).toBe('');
});

describe('a client that reboots after its request', () => {
  let view: RunView;
  beforeAll(() => {
    view = runOf(
      function* (os) {
        const listenSock = yield* listening(os);
        for (let i = 0; i < 2; i++) {
          const sock = yield* os.accept(listenSock);
          while ((yield* os.recv(sock, buffer)) > 0) if (i === 0) yield* os.send(sock, 'answer');
          yield* os.close(sock);
        }
      },
      function* (os) {
        const sock = yield* connected(os);
        yield* os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 10, tv_usec: 0 });
        yield* os.send(sock, 'state');
        yield* os.vTaskDelay(30);
        yield* os.shutdown(sock, SHUT_WR);
        yield* os.recv(sock, buffer);
      },
      [{ kind: 'reboot', board: 'client', after: { match: { from: 'client', data: true } }, forUs: 2 * second }],
    );
  });

  test('has got nothing of the answer that was sent to it meanwhile', () => {
    const [first] = view.connections;
    const server = first!.ends[0].board === 'server' ? 0 : 1;
    expect([bytesSent(first!, server), bytesArrived(first!, server)]).toEqual([6, 0]);
    expect(bytesArrived(first!, server === 0 ? 1 : 0)).toBe(5);
  });

  test('recv() = 0 and close() without an answer is observed, where the client could still read', () => {
    const [one, ...others] = observationsOf(view);
    expect(others).toEqual([]);
    expect(one!.text).toBe(
      'recv() = 0 ends one direction only: client could still read; server closed without having sent anything, after 5 bytes had come.',
    );
    const { world, report } = lossyRun();
    expect(observationsOf(new RunView(reportData(world, report)))).toEqual([]);
  });

  test('troubles are its reboot, what reached nobody, what is sent again, the RST and the call that it made fail', () => {
    const troubles = view.items.filter((item) => isTrouble(view, item));
    expect(
      troubles.map((item) => (item.kind === 'frame' ? fatePrefix(view, item) + item.line.look : itemText(item))),
    ).toEqual([
      expect.stringMatching(/^Fault plan: client reboots/),
      '✗ unheard frame',
      '✗ unheard again',
      '→ again',
      '→ reset',
      '... recv = -1 ECONNRESET',
    ]);
  });

  test('takes its connections with it', () => {
    const [first] = view.connections;
    const end = first!.ends.find(({ board }) => board === 'client')!;
    const [off] = view.offPeriods;
    expect(end.states.at(-1)).toMatchObject({ tUs: off!.fromUs, state: { state: 'CLOSED', isTimed: false } });
  });

  test('refuses what comes to the connection that it does not know', () => {
    const reset = view.frameLines.find((line) => line.tcp?.isReset)!;
    const [off] = view.offPeriods;
    expect(ruleOf(view, reset)?.text).toBe(
      `client rebooted at ${off!.fromUs / second} s and does not know this connection: the segment that came is refused.`,
    );
  });

  test('only bytes, SYN and FIN are sent again', () => {
    for (const { connection, segment } of view.frameLines.flatMap((line) => view.place(line.record.n) ?? [])) {
      if (segment.end === segment.seq) expect(sendingAfter(connection, segment)).toBeUndefined();
    }
  });

  test('what never arrived is not acknowledged, and a RST acknowledges nothing', () => {
    const vain = view.frameLines.filter((line) => line.d.tcp !== undefined && view.isInVain(line));
    expect(vain.length).toBeGreaterThan(0);
    for (const line of vain) {
      expect(view.answerTo(view.place(line.record.n)!)).toBeUndefined();
      expect(sentenceOf(view, itemOf(view, line.record.n))).toContain('It reached nobody: client was off.');
    }
    const reset = view.frameLines.find((line) => line.tcp?.isReset)!;
    expect(view.answeredBy(view.place(reset.record.n)!)).toEqual([]);
  });

  test('no call returns because of itself', () => {
    for (const call of view.data.calls) {
      const wake = view.wakeOf(call);
      if (wake?.cause === 'call') expect(wake.ref).not.toBe(call.n0);
    }
    const accept = callOf(view, 'server', 'accept');
    expect(view.wakeOf(accept)?.cause).toBe('frame');
    expect(hasTimedOut(callOf(view, 'client', 'vTaskDelay'))).toBe(true);
  });

  test('its call that did not return stands at the loss of power, and a line says when it is back', () => {
    const texts = view.items.map(itemText);
    const reboot = texts.findIndex((text) => text.startsWith('Fault plan: client reboots'));
    expect(texts[reboot + 1]).toBe('... vTaskDelay(30) has not returned');
    const back = view.items.find((item) => item.kind === 'note' && item.text.includes('is back'))!;
    expect(back.tUs).toBe(view.offPeriods[0]!.toUs);
    expect(itemActor(back)).toBe('client');
    expect(view.items[view.items.indexOf(back) + 1]).toMatchObject({ kind: 'frame' });
  });
});

describe('what is no trouble', () => {
  let view: RunView;
  beforeAll(() => {
    view = runOf(
      function* (os) {
        const listenSock = yield* listening(os);
        const sock = yield* os.accept(listenSock);
        yield* os.recv(sock, buffer, buffer.length, MSG_DONTWAIT);
        yield* os.accept(listenSock);
      },
      function* (os) {
        yield* connected(os);
        yield* os.vTaskDelay(100);
      },
      [],
    );
  });

  test('a call that was not to wait and found nothing', () => {
    const recv = view.items.find((item) => item.kind === 'call' && item.line.record.fn === 'recv')!;
    expect(itemText(recv)).toContain('EWOULDBLOCK');
    expect([itemLook(recv), isTrouble(view, recv)]).toEqual(['call', false]);
  });

  test('a server that waits for the next client', () => {
    const accept = view.data.calls.findLast(({ fn }) => fn === 'accept')!;
    expect([accept.n1, awaitsClients(view, accept)]).toEqual([-1, true]);
  });

  test('a run in which nothing happened', () => {
    expect(view.items.filter((item) => isTrouble(view, item))).toEqual([]);
  });

  test('an announcement of ARP that nobody hears', () => {
    const server: Program = function* (os) {
      yield* listening(os);
      yield* os.vTaskDelay(6500);
    };
    const silent = runOf(server, connected, [{ kind: 'powerOff', board: 'client', atUs: second }], 70 * second);
    const unheard = silent.frameLines.filter((line) => silent.isUnheard(line));
    expect(unheard.map((line) => line.label)).toEqual([expect.stringContaining('ARP announcement 192.168.4.1')]);
    expect(isTrouble(silent, itemOf(silent, unheard[0]!.record.n))).toBe(false);
  });

  test('sleeping says how long in seconds, and nobody has to wake the task', () => {
    const delay = callOf(view, 'client', 'vTaskDelay');
    expect(sentenceOf(view, itemOf(view, delay.n0))).toBe('client: the task sleeps for 100 ticks (1 s).');
    expect(wakingCall(view, delay)).toBeUndefined();
  });
});

describe('who ended the wait of a FreeRTOS call', () => {
  const call = (fn: string, task: string, n0: number, n1: number, t0Us: number, t1Us: number, ret = 1) =>
    ({
      kind: 'call',
      fn,
      task,
      n0,
      n1,
      t0Us,
      t1Us,
      ret,
      errno: 0,
      board: 'a',
      args: [],
      addr: '',
      data: undefined,
    }) as const;
  const viewOf = (...calls: readonly CallRecord[]) => ({ data: { calls } }) as unknown as RunView;

  test('the call of another task that gives what it waits for', () => {
    const take = call('xSemaphoreTake', 'main', 1, 6, 0, 500);
    const give = call('xSemaphoreGive', 'other', 3, 4, 500, 500);
    const delay = call('vTaskDelay', 'other', 5, 9, 500, 900);
    expect(wakingCall(viewOf(take, give, delay), take)).toBe(give);
    expect(hasTimedOut(take)).toBe(false);
  });

  test('nobody, if it returned pdFALSE', () => {
    expect(hasTimedOut(call('xSemaphoreTake', 'main', 1, 6, 0, 500, 0))).toBe(true);
  });
});

describe('a second client of a listener with a queue of one', () => {
  let view: RunView;
  const syns = () => view.frameLines.filter(({ d, record }) => d.tcp?.flags === 2 && record.from !== 'server');

  beforeAll(() => {
    const world = new World({ seed: 1 });
    const lan = world.lan();
    world.record({ states: true });
    const server = function* (os: Os) {
      const listener = yield* os.socket(AF_INET, SOCK_STREAM);
      yield* os.bind(listener, sockaddr_in('0.0.0.0', 80));
      yield* os.listen(listener, 1);
      yield* os.delayMs(500);
      for (let i = 0; i < 2; i++) yield* os.close(yield* os.accept(listener));
    };
    world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'main');
    for (const i of [2, 3]) {
      world.esp32(`client${i}`, { lan, ip: `192.168.4.${i}` }).xTaskCreate(connected, 'main', { startUs: i * 100_000 });
    }
    view = new RunView(reportData(world, world.runSync({ until: 20 * second })));
  });

  test('its SYN is ignored and not acknowledged by the answer to the next one', () => {
    const [first, ignored, again] = syns();
    expect([first, ignored, again].map((line) => view.isIgnoredSyn(line!))).toEqual([false, true, false]);
    expect([ignored, again].map((line) => line!.record.from)).toEqual(['client3', 'client3']);
    expect(view.answerTo(view.place(ignored!.record.n)!)).toBeUndefined();
    const answer = view.answerTo(view.place(again!.record.n)!)!;
    expect(view.answeredBy(view.place(answer.line.record.n)!).map(({ line }) => line)).toEqual([again]);
  });

  test('segments can be looked for by their flags', () => {
    const matches = (text: string) => {
      const filter = parseFilter(text);
      if (typeof filter === 'string') throw new Error(filter);
      return view.items.filter((item) => filter(item, view));
    };
    expect(matches('tcp.flags.syn == 1 && tcp.flags.ack == 0')).toHaveLength(3);
    expect(matches('tcp.flags.reset == 1')).toEqual([]);
  });
});

test('an ACK that answers what came twice says so', () => {
  const server = function* (os: Os) {
    const sock = yield* os.accept(yield* listening(os));
    yield* os.recv(sock, buffer);
    yield* os.recv(sock, buffer);
  };
  const client = function* (os: Os) {
    yield* os.send(yield* connected(os), 'hello');
    yield* os.delayMs(5000);
  };
  const plan: FaultSpec[] = [{ kind: 'drop', match: { from: 'server', proto: 'tcp', flags: '!S' } }];
  const view = runOf(server, client, plan);
  const repeated = view.frameLines.find(({ tcp }) => tcp?.mark === 'retransmission')!;
  const [arrival] = view.arrivalsOf(repeated.record.n);
  const [ack] = view.framesOf(arrival!);
  expect(ruleOf(view, ack!)?.text).toContain('What came had come before');
});
