import { expect, test } from '@jest/globals';
import { AF_INET, type Os, parseSdkconfig, SOCK_STREAM, sdkconfigNotes, sockaddr_in, World } from 'lwip-twin';

const file = `
CONFIG_FREERTOS_HZ=1000
CONFIG_LWIP_TCP_SYNMAXRTX=4
# CONFIG_LWIP_IPV6 is not set
CONFIG_MYAPP_SERVER="192.168.4.9"
`;

async function client(os: Os, times: number[]) {
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  const begin = os.xTaskGetTickCount();
  await os.connect(sock, sockaddr_in('192.168.4.9', 3333));
  times.push(os.xTaskGetTickCount() - begin);
  await os.close(sock);
}

test('the configuration of a project decides how long connect() takes', async () => {
  const sdkconfig = parseSdkconfig(file, 'sdkconfig');
  const world = new World();
  const lan = world.lan();
  const board = world.esp32('client', { lan, ip: '192.168.4.2/24', sdkconfig });
  const ticks: number[] = [];
  board.xTaskCreate((os) => client(os, ticks), 'main');

  await world.run();

  expect(ticks).toEqual([20_750]); // of a millisecond each; with ESP-IDF's defaults it takes 60.75 seconds
  expect(sdkconfig.value('CONFIG_MYAPP_SERVER')).toBe('192.168.4.9');
  expect(sdkconfigNotes(sdkconfig)).toEqual(['sdkconfig:4: CONFIG_LWIP_IPV6 has no effect. IPv6 is not modelled.']);
});
