/** Sends a few lines to the echo server at 192.168.4.1 and checks that they come back. */

import { AF_INET, errnoName, type Os, SOCK_STREAM, sockaddr_in, text } from 'lwip-twin';

const LINES = ['Hello', 'from', 'an ESP32'];

export default async function tcpClient(os: Os): Promise<void> {
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  if ((await os.connect(sock, sockaddr_in('192.168.4.1', 3333))) < 0) {
    throw new Error(`connect: ${errnoName(os.errno)}`);
  }
  for (const line of LINES) {
    await os.send(sock, line);
    const echo = await receive(os, sock, line.length);
    if (echo !== line) throw new Error(`"${line}" came back as "${echo}"`);
    console.log(`"${echo}" came back`);
    await os.delayMs(100);
  }
  await os.close(sock);
}

/** TCP is a stream: what was sent at once may come in pieces. */
async function receive(os: Os, sock: number, length: number): Promise<string> {
  const buf = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const n = await os.recv(sock, buf.subarray(got));
    if (n <= 0) throw new Error(`recv: ${n === 0 ? 'the server has closed' : errnoName(os.errno)}`);
    got += n;
  }
  return text(buf);
}
