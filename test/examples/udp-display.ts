/** Shows the readings of the sensor, as they come; after a second of silence it gives up. */

import { AF_INET, formatSockaddr, type Os, SO_RCVTIMEO, SOCK_DGRAM, SOL_SOCKET, sockaddr_in, text } from 'lwip-twin';

export function* program(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', 5005));
  yield* os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 1, tv_usec: 0 });
  const buf = new Uint8Array(64);
  const from = sockaddr_in();
  for (;;) {
    const n = yield* os.recvfrom(sock, buf, buf.length, 0, from);
    if (n < 0) break;
    console.log(`${formatSockaddr(from)} ${text(buf, n)}`);
  }
  yield* os.close(sock);
}
