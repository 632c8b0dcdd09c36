/** Broadcasts a reading ten times a second, for a second. A generator function: it says "yield*" where others "await". */

import { AF_INET, type Os, SO_BROADCAST, SOCK_DGRAM, SOL_SOCKET, sockaddr_in } from 'lwip-twin';

export function* program(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.setsockopt(sock, SOL_SOCKET, SO_BROADCAST, 1);
  const everybody = sockaddr_in('255.255.255.255', 5005);
  for (let i = 0; i < 10; i++) {
    const reading = `temperature ${20 + Math.floor(Math.random() * 5)}`;
    yield* os.sendto(sock, reading, reading.length, 0, everybody);
    yield* os.delayMs(100);
  }
  yield* os.close(sock);
}
