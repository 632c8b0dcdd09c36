/** The search finds what it must, no more, and the same however it is split. */
import { describe, expect, jest, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, text, type World } from '../../device/index.ts';
import { MISFORTUNES, type MisfortuneKind, type Scenario, scenario } from '../../tools/explore/scenario.ts';
import { explore } from '../../tools/explore/search.ts';
import { runTrial } from '../../tools/explore/trial.ts';

jest.setTimeout(60_000);

const MESSAGE = 'twenty bytes of text';

function* server(os: Os, isCareful: boolean) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  const buffer = new Uint8Array(MESSAGE.length);
  let got = 0;
  do {
    const n = yield* os.recv(sock, buffer);
    if (n <= 0) break;
    got += n;
  } while (isCareful && got < MESSAGE.length);
  yield* os.send(sock, `${got}`);
  yield* os.close(sock);
  yield* os.close(listenSock);
}

/** Something else that a board does, so that there is an order of tasks. */
function* blink(os: Os) {
  for (let i = 0; i < 3; i++) yield* os.vTaskDelay(1);
}

function* client(os: Os, answer: (words: string) => void) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  yield* os.send(sock, MESSAGE);
  const buffer = new Uint8Array(10);
  let said = '';
  for (let n = yield* os.recv(sock, buffer); n > 0; n = yield* os.recv(sock, buffer)) {
    said += text(buffer, n);
  }
  answer(said);
  yield* os.close(sock);
}

/** A server that believes that one recv() is one message, or one that knows better. */
function messages(isCareful: boolean, survives: Scenario['survives']): Scenario {
  return scenario({
    name: isCareful ? 'careful' : 'careless',
    survives,
    setup(world: World) {
      const lan = world.lan();
      let said = '';
      world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate((os) => server(os, isCareful), 'main');
      world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(
        (os) =>
          client(os, (words) => {
            said = words;
          }),
        'main',
      );
      for (const board of world.boards) board.xTaskCreate(blink, 'blink');
      return () => (said === '20' ? [] : [`The server counted ${said} bytes.`]);
    },
  });
}

const SHORT_READS = { kind: 'shortTransfer', calls: ['recv'] } as const;
const WEATHER: readonly MisfortuneKind[] = ['loss', 'duplicate', 'delay', 'reorder', 'schedule'];

describe('a search', () => {
  test('finds the one misfortune that matters, and shrinks it', async () => {
    const result = await explore(messages(false, [...WEATHER, SHORT_READS]), { faults: 1 });
    expect(result.isComplete).toBe(true);
    expect(result.findings.map(({ violation, plan }) => [violation, plan])).toEqual([
      ['The server counted 1 bytes.', [expect.objectContaining({ kind: 'shortTransfer' })]],
    ]);
    expect(result.findings[0]!.count).toBeGreaterThan(1);
  });

  test('is silent about a program that withstands everything declared', async () => {
    const result = await explore(messages(true, [...WEATHER, SHORT_READS]), { faults: 2, runs: 600 });
    expect(result.findings).toEqual([]);
    expect(result.runs + result.skipped).toBeGreaterThanOrEqual(600);
  });

  test('finds the same in any number of shards', async () => {
    const whole = await explore(messages(false, ['shortTransfer', 'loss']), { faults: 1 });
    const numbers: number[] = [];
    let runs = 0;
    for (let index = 0; index < 3; index++) {
      const part = await explore(messages(false, ['shortTransfer', 'loss']), { faults: 1, shard: { index, of: 3 } });
      numbers.push(...part.findings.map((finding) => finding.number));
      runs += part.runs - 1;
    }
    expect(runs).toBe(whole.runs - 1);
    expect(Math.min(...numbers)).toBe(whole.findings[0]!.number);
  });

  test('ends when it is told to, and keeps what it has', async () => {
    const abort = new AbortController();
    const result = await explore(messages(false, ['shortTransfer', 'loss', 'outage']), {
      signal: abort.signal,
      onFinding: () => abort.abort(),
    });
    expect([result.findings.length, result.isComplete]).toEqual([1, false]);
  });

  test('ends a run when the scenario says that it is over', async () => {
    const endless: Scenario = {
      name: 'endless',
      survives: [],
      untilUs: 60_000_000,
      setup(world: World) {
        world.esp32('board').xTaskCreate(function* (os: Os) {
          for (;;) yield* os.vTaskDelay(10);
        }, 'main');
        return () => [];
      },
    };
    expect((await runTrial(endless, [])).world.nowUs).toBe(60_000_000);
    const short = { ...endless, isOver: (world: World) => world.nowUs >= 2_500_000 };
    expect((await runTrial(short, [])).world.nowUs).toBe(3_000_000);
  });

  test('reports what fails without any misfortune', async () => {
    const broken = { ...messages(true, ['loss']), untilUs: 500 };
    const result = await explore(broken, { faults: 1, runs: 5 });
    expect(result.findings[0]).toMatchObject({ violation: 'The server counted  bytes.', plan: [], number: 0 });
  });

  test('refuses a scenario that does not repeat itself, and says where', async () => {
    let runs = 0;
    const fickle: Scenario = {
      ...messages(true, ['loss']),
      name: 'fickle',
      setup(world) {
        const lan = world.lan();
        const port = 3000 + runs++;
        world.esp32('a', { lan, ip: '192.168.4.1' }).xTaskCreate(function* (os: Os) {
          yield* os.connect(yield* os.socket(AF_INET, SOCK_STREAM), sockaddr_in('192.168.4.1', port));
        }, 'main');
        return () => [];
      },
    };
    await expect(explore(fickle)).rejects.toThrow(
      'Scenario "fickle" does not repeat itself: once there was connect(54, 192.168.4.1:3000)',
    );
  });

  test('refuses a misfortune that there is not', async () => {
    const odd = { ...messages(true, []), survives: ['hail' as MisfortuneKind] };
    await expect(explore(odd)).rejects.toThrow(
      'Scenario "careful" survives "hail", which is no misfortune; there are loss',
    );
  });

  test('a program that throws is a finding', async () => {
    const throwing: Scenario = {
      name: 'throwing',
      survives: [{ kind: 'callFails', calls: ['connect'] }],
      setup(world) {
        const lan = world.lan();
        world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate((os) => server(os, true), 'main');
        world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(function* (os: Os) {
          const sock = yield* os.socket(AF_INET, SOCK_STREAM);
          if ((yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333))) < 0) throw new Error(`errno ${os.errno}`);
          yield* os.send(sock, MESSAGE);
          yield* os.recv(sock, new Uint8Array(5));
          yield* os.close(sock);
        }, 'main');
        return () => [];
      },
      findings: 'none',
    };
    const result = await explore(throwing, { faults: 1 });
    expect(result.findings.map(({ violation }) => violation)).toEqual([
      'Task main of board client threw Error: errno 104',
    ]);
  });
});

describe('every kind of misfortune', () => {
  test.each(Object.keys(MISFORTUNES) as MisfortuneKind[])('%s strikes somewhere', async (kind) => {
    const one = { ...messages(true, [kind]), findings: 'none' } as const;
    const plain = await runTrial(one, []);
    const result = await explore(one, { faults: 1, runs: 150 });
    expect(result.places).toBeGreaterThan(0);
    expect(result.runs).toBeGreaterThan(1);
    expect(plain.violations).toEqual([]);
  });
});
