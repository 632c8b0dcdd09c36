/** Accepts connections on port 3333, one at a time, and sends back whatever comes. */

import { AF_INET, formatSockaddr, type Os, SOCK_STREAM, sockaddr_in } from 'lwip-twin';

const PORT = 3333;

export default async function tcpServer(os: Os): Promise<void> {
  const listenSock = await os.socket(AF_INET, SOCK_STREAM);
  await os.bind(listenSock, sockaddr_in('0.0.0.0', PORT));
  await os.listen(listenSock, 1);
  for (;;) {
    const peer = sockaddr_in();
    const sock = await os.accept(listenSock, peer);
    console.log(`${formatSockaddr(peer)} has connected`);
    const buf = new Uint8Array(128);
    for (let n = await os.recv(sock, buf); n > 0; n = await os.recv(sock, buf)) {
      await os.send(sock, buf, n);
    }
    await os.close(sock);
  }
}
