import { expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from 'lwip-twin';
import { assertAlways, faultPlan } from 'lwip-twin/fast-check';
import 'lwip-twin/jest'; // once per file, or in setupFilesAfterEnv

function* server(os: Os) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  const buffer = new Uint8Array(100);
  for (let n = yield* os.recv(sock, buffer); n > 0; n = yield* os.recv(sock, buffer)) yield* os.send(sock, buffer, n);
  yield* os.close(sock);
  yield* os.close(listenSock);
}

function* client(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  yield* os.send(sock, 'Hello');
  yield* os.recv(sock, new Uint8Array(100));
  yield* os.close(sock);
}

function lab(): World {
  const world = new World();
  const lan = world.lan();
  world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'main');
  world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(client, 'main', { startUs: 10_000 });
  return world;
}

test('what a trace says', () => {
  const world = lab();
  const trace = world.record();
  world.watch();
  const report = world.runSync();

  expect(report).toHaveNoFindings();
  expect(report).toHaveFinding({ kind: 'noTimeout', board: 'client', call: 'recv' }); // a hint
  expect(trace).toHaveFrame({ from: 'client', flags: 'S' }, 1);
  expect(trace).not.toHaveFrame({ flags: 'R' });
  expect(trace).toHaveConversation({ from: 'client', to: 'server', port: 3333, end: 'closed' });
  expect(trace).toHaveStream({ port: 3333 }, { sent: 'Hello', received: 'Hello' });
  expect(trace).toMatchSnapshot(); // its ladder
});

test('whatever is lost, the conversation is the same', () => {
  assertAlways(
    faultPlan({ boards: ['server', 'client'] }),
    (plan) => {
      const world = lab();
      const trace = world.record();
      world.inflict(plan);
      return {
        world,
        untilUs: 120_000_000,
        check: (report) => {
          expect(report).toHaveNoFindings();
          expect(trace).toHaveStream({ port: 3333 }, { sent: 'Hello', received: 'Hello' });
        },
      };
    },
    { numRuns: 100, seed: 1 },
  );
});
