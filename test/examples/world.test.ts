import { expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in, World } from 'lwip-twin';

/** A sensor that reports once a second, to nobody in particular. */
async function program(os: Os) {
  const sock = await os.socket(AF_INET, SOCK_DGRAM);
  for (;;) {
    await os.sendto(sock, 'on', 2, 0, sockaddr_in('192.168.4.255', 9000));
    await os.delayMs(1000);
  }
}

test('a world with everything that can be set', async () => {
  const world = new World({ seed: 1, tickUs: 10_000 }); // FreeRTOS tick; 10 ms is ESP-IDF's default
  const trace = world.record(); // frames, calls and notes as plain data
  const lan = world.lan({ latencyUs: 1000, bitsPerSecond: 10_000_000, mtu: 1500 });
  const board = world.esp32('sensor', { lan, ip: '192.168.4.7/24', gw: '192.168.4.1', opt: { TCP_MAXRTX: 5 } });
  board.xTaskCreate(program, 'main', { priority: 5, startUs: 20_000 });

  lan.faults.add({ from: 'sensor', frame: 2, action: 'drop' }); // or 'delay', 'dup', 'corrupt'
  lan.faults.outage({ t0Us: 1_000_000, t1Us: 4_000_000 });
  lan.faults.loss(0.01, world.random('loss'));
  world.at(5_000_000, () => board.powerOff()); // without a word; powerOn() boots it again
  const report = await world.run({ until: 60_000_000 });

  expect(report.outcome).toBe('ended');
  expect(trace.frames.map((f) => f.fault)).toEqual(['', '', 'drop+outage', 'outage', 'outage', '']);
});
