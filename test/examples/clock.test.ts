import { expect, test } from '@jest/globals';
import { ESP_NETIF_SNTP_DEFAULT_CONFIG, ESP_OK, type Os, World } from 'lwip-twin';
import { sntpServer } from './sntp-server.ts';

test('a board learns the time from the network', async () => {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world
    .esp32('server', { lan, ip: '192.168.4.1' })
    .xTaskCreate(sntpServer({ tv_sec: 1_800_000_000, tv_usec: 0 }), 'sntp');
  const client = world.esp32('client', { lan, ip: '192.168.4.2' });
  const times: number[] = [];
  client.xTaskCreate(async (os: Os) => {
    times.push(os.time());
    await os.esp_netif_sntp_init(ESP_NETIF_SNTP_DEFAULT_CONFIG('192.168.4.1'));
    expect(await os.esp_netif_sntp_sync_wait(os.pdMS_TO_TICKS(10_000))).toBe(ESP_OK);
    times.push(os.time());
    await os.esp_netif_sntp_deinit();
  }, 'clock');

  const report = await world.run();

  expect(report.outcome).toBe('idle'); // the server waits for more
  expect(times[0]).toBe(0); //             1970
  expect(times[1]).toBeGreaterThan(1_800_000_000);
  expect(times[1]).toBeLessThan(1_800_000_006); // asked at a random time within 5 s
});
