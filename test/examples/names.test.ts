import { expect, test } from '@jest/globals';
import {
  AF_INET,
  type addrinfo,
  formatSockaddr,
  type Os,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  World,
} from 'lwip-twin';

/** Answers every question with one address, as long as it is one for IPv4. */
async function nameServer(os: Os) {
  const sock = await os.socket(AF_INET, SOCK_DGRAM);
  await os.bind(sock, sockaddr_in('0.0.0.0', 53));
  const message = new Uint8Array(512);
  const client = sockaddr_in();
  for (;;) {
    const n = await os.recvfrom(sock, message, 496, 0, client);
    message[2] = 0x81; // an answer
    message[7] = 1; //    with one record: the name of the question, A, IN, 60 s, 4 bytes
    message.set([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 5], n);
    await os.sendto(sock, message, n + 16, 0, client);
  }
}

test('a name is found once, and remembered for a minute', async () => {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(nameServer, 'dns');
  const client = world.esp32('client', { lan, ip: '192.168.4.2', dns: ['192.168.4.1'] });
  const found: string[] = [];
  client.xTaskCreate(async (os: Os) => {
    for (let i = 0; i < 2; i++) {
      const res: { value: addrinfo | null } = { value: null };
      const hints = { ai_family: AF_INET, ai_socktype: SOCK_STREAM };
      if ((await os.getaddrinfo('broker.example', '1883', hints, res)) !== 0) continue;
      found.push(formatSockaddr(res.value!.ai_addr)); // ready for os.connect(sock, res.value.ai_addr)
      os.freeaddrinfo(res.value);
    }
  }, 'client');
  const trace = world.record();

  await world.run();

  expect(found).toEqual(['10.0.0.5:1883', '10.0.0.5:1883']);
  expect(trace.frames.filter(({ from, bytes }) => from === 'client' && bytes[23] === 17)).toHaveLength(1);
});
