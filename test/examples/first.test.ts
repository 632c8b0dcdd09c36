import { expect, test } from '@jest/globals';
import { AF_INET, ECONNABORTED, ECONNRESET, type Os, SOCK_STREAM, sockaddr_in, World } from 'lwip-twin';

interface Failure {
  readonly errno: number;
  readonly afterMs: number;
}

/** A client that notes why it could not connect, and how long that took. A tick is 10 ms. */
async function tryToConnect(os: Os, failures: Failure[]) {
  const begin = os.xTaskGetTickCount();
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  if ((await os.connect(sock, sockaddr_in('192.168.4.1', 3333))) < 0) {
    failures.push({ errno: os.errno, afterMs: (os.xTaskGetTickCount() - begin) * 10 });
  }
  await os.close(sock);
}

test('a closed port answers at once, a board without power after 18.5 seconds', async () => {
  const world = new World({ seed: 1 });
  const lan = world.lan({ latencyUs: 500 });
  const server = world.esp32('server', { lan, ip: '192.168.4.1/24' });
  const client = world.esp32('client', { lan, ip: '192.168.4.2/24' });
  const failures: Failure[] = [];
  client.xTaskCreate((os) => tryToConnect(os, failures), 'first');
  client.xTaskCreate((os) => tryToConnect(os, failures), 'second', { startUs: 1_000_000 });
  world.at(500_000, () => server.powerOff());

  const report = await world.run();

  expect(report.outcome).toBe('ended');
  expect(failures).toEqual([
    { errno: ECONNRESET, afterMs: 0 },
    { errno: ECONNABORTED, afterMs: 18_500 },
  ]);
});
