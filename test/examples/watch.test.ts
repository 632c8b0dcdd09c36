import { expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from 'lwip-twin';

/** Asks a server and goes. If it cannot connect it tries again, with a new socket, and forgets the old one. */
async function forgetful(os: Os) {
  for (;;) {
    const sock = await os.socket(AF_INET, SOCK_STREAM);
    if (sock < 0) return;
    if ((await os.connect(sock, sockaddr_in('192.168.4.1', 3333))) === 0) {
      await os.recv(sock, new Uint8Array(100));
      await os.close(sock);
      return;
    }
    await os.delayMs(10_000);
  }
}

test('a watched world tells what a passing run hides', async () => {
  const world = new World();
  const lan = world.lan();
  world.esp32('server', { lan, ip: '192.168.4.1' }); // nobody listens
  world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(forgetful, 'main');

  world.watch({ timeLimitUs: 600_000_000 });
  world.expectFinding({ kind: 'stuck' }); // would be marked with isExpected
  const { outcome, findings, hints } = await world.run();

  expect(outcome).toBe('ended');
  expect(findings[0]).toEqual({
    kind: 'leak', // or stuck, closedDescriptor, reusedDescriptor, hazard, panic, timeLimit
    tUs: 70_000_000,
    board: 'client',
    task: 'main',
    call: '',
    text: 'Descriptor 54 is still open: its connection is gone, and nobody has used it for a minute.',
    isExpected: false,
  });
  expect(hints[0]?.text).toBe('connect(54) failed, and task main went on without a look at errno.');
});
