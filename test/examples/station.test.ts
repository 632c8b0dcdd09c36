import { expect, test } from '@jest/globals';
import {
  AF_INET,
  type addrinfo,
  ESP_EVENT_ANY_ID,
  errnoName,
  type Os,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  WIFI_EVENT,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_EVENT_STA_START,
  WIFI_IF_STA,
  WIFI_MODE_STA,
  World,
} from 'lwip-twin';
import { formatLadder } from 'lwip-twin/ladder';

/** Three readings, one every five seconds; what is lost on the way is sent again. */
async function sensor(os: Os, said: string[]) {
  await os.esp_netif_init();
  await os.esp_event_loop_create_default();
  await os.esp_netif_create_default_wifi_sta();
  await os.esp_wifi_init();
  await os.esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, function* (_arg, _base, id, _data, os) {
    if (id === WIFI_EVENT_STA_START || id === WIFI_EVENT_STA_DISCONNECTED) yield* os.esp_wifi_connect();
  });
  await os.esp_wifi_set_mode(WIFI_MODE_STA);
  await os.esp_wifi_set_config(WIFI_IF_STA, { sta: { ssid: 'home', password: 'open sesame' } });
  await os.esp_wifi_start();
  for (let n = 1; n <= 3; ) {
    await os.waitIp();
    const result = await report(os, `reading ${n}`);
    said.push(`${n} ${result}`);
    if (result === 'confirmed') n++;
    await os.delayMs(5000);
  }
}

/** One reading over a connection of its own. */
async function report(os: Os, text: string): Promise<string> {
  const res: { value: addrinfo | null } = { value: null };
  const err = await os.getaddrinfo('broker.example', '1883', { ai_family: AF_INET, ai_socktype: SOCK_STREAM }, res);
  if (err !== 0) return `no address ${err}`;
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  await os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 10, tv_usec: 0 });
  let ok = (await os.connect(sock, res.value!.ai_addr)) === 0;
  ok &&= (await os.send(sock, text)) > 0;
  ok &&= (await os.recv(sock, new Uint8Array(8))) > 0;
  const result = ok ? 'confirmed' : errnoName(os.errno);
  await os.close(sock);
  return result;
}

async function broker(os: Os) {
  const listenSock = await os.socket(AF_INET, SOCK_STREAM);
  await os.bind(listenSock, sockaddr_in('0.0.0.0', 1883));
  await os.listen(listenSock, 1);
  for (;;) {
    const sock = await os.accept(listenSock);
    if ((await os.recv(sock, new Uint8Array(100))) > 0) await os.send(sock, 'ok');
    await os.close(sock);
  }
}

test('a station joins, gets an address, finds the broker by name, and survives a reboot of its access point', async () => {
  const world = new World({ seed: 1 });
  const trace = world.record();
  const home = world.accessPoint({
    ssid: 'home',
    password: 'open sesame',
    channel: 6,
    dns: { 'broker.example': '34.1.2.3' },
  });
  world.internetHost('broker', { ip: '34.1.2.3', latencyUs: 20_000 }).xTaskCreate(broker, 'broker');
  const said: string[] = [];
  world.esp32('sensor').xTaskCreate((os) => sensor(os, said), 'main');
  world.when({ lan: 'home', dstPort: 1883, flags: 'S!.' }, { count: 2 }, () => home.reboot(3_000_000));

  const { outcome } = await world.run();

  expect(outcome).toBe('idle');
  expect(said).toEqual(['1 confirmed', '2 ECONNABORTED', '2 confirmed', '3 confirmed']);
  const ladder = formatLadder(trace, {
    width: 112,
    calls: false,
    boards: ['sensor', 'home', 'internet', 'broker'],
    until: 12_000_000,
  });
  expect(`\n${ladder}\n`).toBe(LADDER);
});

const LADDER = `
  seconds  sensor    home      internet  broker
           sensor 192.168.1.2, home, internet 192.168.1.2, broker 34.1.2.3
 0.000000  |<--------o         |         |  home: ARP announcement 192.168.1.1 is-at 02:00:00:00:10:01
           |         |         |<--------o  to broker: ARP announcement 34.1.2.3 is-at 24:0a:c4:00:00:01
           ==== sensor: WIFI_EVENT_STA_START ===================================================================
 0.800000  ==== sensor: WIFI_EVENT_STA_CONNECTED home channel 6 ================================================
           o-------->|         |         |  home: 0.0.0.0:68 > 255.255.255.255:67 UDP DHCP, length 308
 0.801000  |<--------o         |         |  home: 192.168.1.1:67 > 68 UDP DHCP, length 548
 0.802000  o-------->|         |         |  home: 0.0.0.0:68 > 255.255.255.255:67 UDP DHCP, length 308
 0.803000  |<--------o         |         |  home: 192.168.1.1:67 > 68 UDP DHCP, length 548
 0.804000  o-------->|         |         |  home: ARP probe who-has 192.168.1.2
 1.000000  o-------->|         |         |  home: ARP probe who-has 192.168.1.2
 1.300000  o-------->|         |         |  home: ARP probe who-has 192.168.1.2
 1.800000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
           ==== sensor: IP_EVENT_STA_GOT_IP 192.168.1.2 ========================================================
           o-------->|         |         |  home: ARP who-has 192.168.1.1 tell 192.168.1.2
 1.801000  |<--------o         |         |  home: ARP reply 192.168.1.1 is-at 02:00:00:00:10:01
 1.802000  o-------->|         |         |  home: 11418 > 192.168.1.1:53 DNS query 40595 A broker.example, le...
 1.803000  |<--------o         |         |  home: 192.168.1.1:53 > 11418 DNS answer 40595 A broker.example: 3...
 1.804000  o-------->|         |         |  home: 50591 > 34.1.2.3:1883 [S] seq 0, win 5760, options [mss 1440]
 1.805000  |         |         o-------->|  to broker: 50591 > 1883 [S] seq 0, win 5760, options [mss 1440]
 1.825000  |         |         |<--------o  to broker: 1883 > 50591 [S.] seq 0, ack 1, win 5760, options [mss...
 1.845000  |<--------o         |         |  home: 34.1.2.3:1883 > 50591 [S.] seq 0, ack 1, win 5760, options ...
 1.846000  o-------->|         |         |  home: 50591 > 34.1.2.3:1883 [.] ack 1, win 5760
           o-------->|         |         |  home: 50591 > 34.1.2.3:1883 [P.] seq 1:10, ack 1, win 5760, length 9
 1.847000  |         |         o-------->|  to broker: 50591 > 1883 [.] ack 1, win 5760
           |         |         o-------->|  to broker: 50591 > 1883 [P.] seq 1:10, ack 1, win 5760, length 9
 1.867000  |         |         |<--------o  to broker: 1883 > 50591 [P.] seq 1:3, ack 10, win 5751, length 2
           |         |         |<--------o  to broker: 1883 > 50591 [F.] seq 3, ack 10, win 5751
 1.887000  |<--------o         |         |  home: 34.1.2.3:1883 > 50591 [P.] seq 1:3, ack 10, win 5751, length 2
           |<--------o         |         |  home: 34.1.2.3:1883 > 50591 [F.] seq 3, ack 10, win 5751
 1.888000  o-------->|         |         |  home: 50591 > 34.1.2.3:1883 [F.] seq 10, ack 3, win 5758
           o-------->|         |         |  home: 50591 > 34.1.2.3:1883 [.] ack 4, win 5757
 1.889000  |         |         o-------->|  to broker: 50591 > 1883 [F.] seq 10, ack 3, win 5758
           |         |         o-------->|  to broker: 50591 > 1883 [.] ack 4, win 5757
 1.909000  |         |         |<--------o  to broker: 1883 > 50591 [.] ack 11, win 5750
 1.929000  |<--------o         |         |  home: 34.1.2.3:1883 > 50591 [.] ack 11, win 5750
 2.000000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
 3.000000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
 4.000000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
 5.000000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
 6.880000  o-------->|         |         |  home: 50592 > 34.1.2.3:1883 [S] seq 0, win 5760, options [mss 1440]
           ==== home: access point off =========================================================================
 8.050000  o--------X|         |         |  home: 50592 > 34.1.2.3:1883 [S] seq 0, win 5760, option... (nocable)
 9.550000  o--------X|         |         |  home: 50592 > 34.1.2.3:1883 [S] seq 0, win 5760, option... (nocable)
 9.880000  ==== home: access point on ==========================================================================
           |<--------o         |         |  home: ARP announcement 192.168.1.1 is-at 02:00:00:00:10:01
 9.982400  ==== sensor: WIFI_EVENT_STA_DISCONNECTED home reason 206 AP_TSF_RESET ===============================
10.782400  ==== sensor: WIFI_EVENT_STA_CONNECTED home channel 6 ================================================
           o-------->|         |         |  home: 0.0.0.0:68 > 255.255.255.255:67 UDP DHCP, length 308
10.783400  |<--------o         |         |  home: 192.168.1.1:67 > 68 UDP DHCP, length 548
10.784400  o-------->|         |         |  home: 0.0.0.0:68 > 255.255.255.255:67 UDP DHCP, length 308
10.785400  |<--------o         |         |  home: 192.168.1.1:67 > 68 UDP DHCP, length 548
10.786400  o-------->|         |         |  home: ARP probe who-has 192.168.1.2
11.000000  o-------->|         |         |  home: ARP probe who-has 192.168.1.2
11.280000  o-------->|         |         |  home: ARP probe who-has 192.168.1.2
11.780000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
           ==== sensor: IP_EVENT_STA_GOT_IP 192.168.1.2 ========================================================
12.000000  o-------->|         |         |  home: ARP announcement 192.168.1.2 is-at 24:0a:c4:00:00:02
`;
