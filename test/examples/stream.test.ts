import { test } from '@jest/globals';
import fc from 'fast-check';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, World } from 'lwip-twin';

function* receiver(os: Os, received: number[]) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  const buffer = new Uint8Array(500);
  for (let n = yield* os.recv(sock, buffer); n > 0; n = yield* os.recv(sock, buffer)) {
    received.push(...buffer.subarray(0, n));
  }
}

function* sender(os: Os, bytes: Uint8Array) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  yield* os.send(sock, bytes);
  yield* os.close(sock);
}

test('whatever is lost on the way, the stream arrives as it was sent', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 9000 }),
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      fc.nat(),
      (bytes, loss, seed) => {
        const world = new World({ seed });
        const lan = world.lan();
        lan.faults.loss(loss, world.random('loss'));
        const received: number[] = [];
        world.esp32('receiver', { lan, ip: '192.168.4.1' }).xTaskCreate((os) => receiver(os, received), 'receiver');
        world.esp32('sender', { lan, ip: '192.168.4.2' }).xTaskCreate((os) => sender(os, bytes), 'sender');
        const { outcome } = world.runSync();
        return outcome === 'ended' && Buffer.from(received).equals(bytes);
      },
    ),
  );
});
