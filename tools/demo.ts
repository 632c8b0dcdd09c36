/**
 * The first thing to run: an echo server and a client on two boards, the whole life of a connection from socket() to
 * close(), drawn as a ladder and written as a capture.
 */

import { writeFileSync } from 'node:fs';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, text, World } from '../device/index.ts';
import { formatLadder } from './ladder.ts';
import { toPcap } from './pcap-writer.ts';

const PORT = 3333;

async function echoServer(os: Os): Promise<void> {
  const listenSock = await os.socket(AF_INET, SOCK_STREAM);
  await os.bind(listenSock, sockaddr_in('0.0.0.0', PORT));
  await os.listen(listenSock, 1);
  const sock = await os.accept(listenSock);
  const buf = new Uint8Array(128);
  for (let n = await os.recv(sock, buf); n > 0; n = await os.recv(sock, buf)) {
    await os.send(sock, buf, n);
  }
  await os.close(sock);
  await os.close(listenSock);
}

async function echoClient(os: Os): Promise<void> {
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  await os.connect(sock, sockaddr_in('192.168.4.1', PORT));
  await os.send(sock, 'Hello, ESP32!');
  const buf = new Uint8Array(128);
  const n = await os.recv(sock, buf);
  console.log(`The client got its words back: ${text(buf, n)}\n`);
  await os.close(sock);
}

const world = new World({ seed: 1 });
const trace = world.record();
const lan = world.lan({ latencyUs: 1000 });
world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(echoServer, 'tcp_server');
world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(echoClient, 'tcp_client');
await world.run();

console.log(formatLadder(trace, { width: 100 }));
writeFileSync('echo.pcap', toPcap(trace.frames));
console.log('\nEvery frame is in echo.pcap. Open it with "wireshark echo.pcap" or "tshark -r echo.pcap".');
