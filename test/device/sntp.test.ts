/** Time from the network, as firmware asks for it: esp_sntp and esp_netif_sntp on boards. */

import { describe, expect, test } from '@jest/globals';
import {
  AF_INET,
  ESP_ERR_INVALID_ARG,
  ESP_ERR_INVALID_STATE,
  ESP_ERR_NOT_FINISHED,
  ESP_ERR_TIMEOUT,
  ESP_NETIF_SNTP_DEFAULT_CONFIG,
  ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE,
  ESP_OK,
  ESP_SNTP_OPMODE_LISTENONLY,
  ESP_SNTP_OPMODE_POLL,
  IP_EVENT,
  IP_EVENT_STA_GOT_IP,
  type Opt,
  type Os,
  portMAX_DELAY,
  SNTP_SYNC_MODE_SMOOTH,
  SNTP_SYNC_STATUS_COMPLETED,
  SNTP_SYNC_STATUS_IN_PROGRESS,
  SNTP_SYNC_STATUS_RESET,
  SOCK_DGRAM,
  sockaddr_in,
  type timeval,
  World,
} from '../../device/index.ts';
import { timeServer } from '../support/servers.ts';
import { A_IP, B_IP, type PairOptions, pair, type Steps, start } from '../support/worlds.ts';

const NOW = 1_800_000_000;

/** Board b answers with its own clock, which goes from NOW on, plus so many seconds as `offset.s` says. */
function stage(options: PairOptions = {}) {
  const p = pair({ ...options, board: { ...options.board, opt: { SNTP_STARTUP_DELAY: 0, ...options.board?.opt } } });
  const offset = { s: 0, answers: 0, isSilent: false };
  p.b.xTaskCreate((os) => timeServer(os, NOW, offset), 'sntp');
  return { ...p, offset };
}

/** Run a program on board a to its end, and give its result. */
function run<T>(program: (os: Os, s: ReturnType<typeof stage>) => Steps<T>, options: PairOptions = {}): T {
  const s = stage(options);
  const result = start(s.a, { startUs: 1000 }, (os) => program(os, s));
  s.world.runSync({ until: 20_000_000_000 });
  return result.value;
}

const seconds = (os: Os, s: number) => os.delayMs(s * 1000);

describe('esp_netif_sntp', () => {
  test('sets the clock, and says so once', () => {
    const seen = run(function* (os) {
      const before = os.time();
      const ret = [
        yield* os.esp_netif_sntp_init(ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP)),
        yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY),
        yield* os.esp_netif_sntp_sync_wait(10),
      ];
      return [before, os.time(), ...ret];
    });
    expect(seen).toEqual([0, NOW, ESP_OK, ESP_OK, ESP_ERR_TIMEOUT]);
  });

  test('does not wait for what has happened already', () => {
    const seen = run(function* (os) {
      yield* os.esp_netif_sntp_init(ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP));
      yield* seconds(os, 1);
      const begin = os.xTaskGetTickCount();
      return [yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY), os.xTaskGetTickCount() - begin];
    });
    expect(seen).toEqual([ESP_OK, 0]);
  });

  test('calls back in the tcpip thread, before the waiting task runs', () => {
    const told: (number | string)[] = [];
    run(function* (os) {
      const sync_cb = (tv: timeval) => void told.push(tv.tv_sec);
      yield* os.esp_netif_sntp_init({ ...ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP), sync_cb });
      yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY);
      told.push('waited');
    });
    expect(told).toEqual([NOW, 'waited']);
  });

  test('refuses a second start, too many servers, servers of DHCP; and forgets after deinit', () => {
    const config = ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP);
    const seen = run(function* (os) {
      const ret = [yield* os.esp_netif_sntp_init(config), yield* os.esp_netif_sntp_init(config)];
      yield* os.esp_netif_sntp_deinit();
      yield* os.esp_netif_sntp_deinit();
      ret.push(yield* os.esp_netif_sntp_sync_wait(0));
      ret.push(yield* os.esp_netif_sntp_init(ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(2, [B_IP, A_IP])));
      ret.push(yield* os.esp_netif_sntp_init({ ...config, server_from_dhcp: true }));
      ret.push(yield* os.esp_netif_sntp_init({ ...config, wait_for_sync: false }));
      ret.push(yield* os.esp_netif_sntp_sync_wait(0));
      return ret;
    });
    const [ok, state, arg] = [ESP_OK, ESP_ERR_INVALID_STATE, ESP_ERR_INVALID_ARG];
    expect(seen).toEqual([ok, state, state, arg, arg, ok, state]);
  });

  test('starts later if it is told so, and tells of the reachability', () => {
    const seen = run(function* (os, { offset }) {
      const out = { value: -1 };
      const reach = (index = 0) => [os.esp_netif_sntp_reachability(index, out), out.value];
      const before = reach();
      yield* os.esp_netif_sntp_init({ ...ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP), start: false });
      yield* seconds(os, 20);
      const silent = [offset.answers, ...reach()];
      yield* os.esp_netif_sntp_start();
      yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY);
      return [before, silent, reach(), reach(1), os.esp_netif_sntp_reachability(0, null)];
    });
    expect(seen).toEqual([
      [ESP_ERR_INVALID_STATE, -1],
      [0, ESP_ERR_INVALID_STATE, -1],
      [ESP_OK, 1],
      [ESP_ERR_INVALID_ARG, 1],
      ESP_ERR_INVALID_ARG,
    ]);
  });

  test('corrects smoothly what is not far off', () => {
    const seen = run(function* (os, { offset }) {
      const config = { ...ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP), smooth_sync: true };
      // More than 2146 s are corrected at once, 2 s take 128 s.
      const ret = [yield* os.esp_netif_sntp_init(config), yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY)];
      const status = [os.sntp_get_sync_status()];
      offset.s = 2;
      ret.push(yield* os.esp_netif_sntp_start(), yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY));
      status.push(os.sntp_get_sync_status());
      const left = { tv_sec: 0, tv_usec: 0 };
      yield* seconds(os, 64);
      os.adjtime(null, left);
      status.push(Math.round(left.tv_sec + left.tv_usec / 1e6));
      yield* seconds(os, 65);
      status.push(os.sntp_get_sync_status(), os.sntp_get_sync_status());
      return [ret, status];
    });
    expect(seen).toEqual([
      [ESP_OK, ESP_OK, ESP_OK, ESP_ERR_NOT_FINISHED],
      [SNTP_SYNC_STATUS_RESET, SNTP_SYNC_STATUS_IN_PROGRESS, 1, SNTP_SYNC_STATUS_COMPLETED, SNTP_SYNC_STATUS_RESET],
    ]);
  });

  test('names its servers again with a new address, if there is an event loop to tell of it', () => {
    const config = { ...ESP_NETIF_SNTP_DEFAULT_CONFIG('time.example'), renew_servers_after_new_IP: true };
    const seen = run(function* (os) {
      const without = yield* os.esp_netif_sntp_init(config);
      yield* os.esp_event_loop_create_default();
      const ret = yield* os.esp_netif_sntp_init(config);
      yield* os.esp_sntp_setserver(0, B_IP);
      const forgotten = os.esp_sntp_getservername(0);
      yield* os.esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, null, portMAX_DELAY);
      yield* seconds(os, 1);
      const renewed = os.esp_sntp_getservername(0);
      yield* os.esp_netif_sntp_deinit();
      yield* os.esp_sntp_setservername(0, null);
      yield* os.esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, null, portMAX_DELAY);
      yield* seconds(os, 1);
      return [without, ret, forgotten, renewed, os.esp_sntp_getservername(0)];
    });
    expect(seen).toEqual([ESP_ERR_INVALID_STATE, ESP_OK, null, 'time.example', null]);
  });
});

describe('esp_sntp', () => {
  test('polls in its interval, and reports each synchronisation once', () => {
    const seen = run(function* (os, { offset }) {
      os.sntp_set_sync_interval(1000);
      const interval = os.sntp_get_sync_interval();
      yield* os.esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_POLL);
      yield* os.esp_sntp_setserver(0, B_IP);
      yield* os.esp_sntp_init();
      yield* seconds(os, 1);
      const status = [os.sntp_get_sync_status(), os.sntp_get_sync_status()];
      yield* seconds(os, 45);
      yield* os.esp_sntp_stop();
      yield* seconds(os, 45);
      return [interval, os.esp_sntp_enabled(), offset.answers, ...status];
    });
    expect(seen).toEqual([15_000, false, 4, SNTP_SYNC_STATUS_COMPLETED, SNTP_SYNC_STATUS_RESET]);
  });

  test('tells of every time that comes', () => {
    const times: number[] = [];
    run(function* (os, { offset }) {
      os.sntp_set_time_sync_notification_cb((tv) => void times.push(tv.tv_sec - NOW));
      os.sntp_set_sync_interval(15_000);
      yield* os.esp_sntp_setserver(0, B_IP);
      yield* os.esp_sntp_init();
      yield* seconds(os, 1);
      offset.s = 500;
      yield* seconds(os, 15);
      os.sntp_set_time_sync_notification_cb(null);
      yield* seconds(os, 15);
      yield* os.esp_sntp_stop();
    });
    expect(times).toEqual([0, 515]);
  });

  test('starts again on demand', () => {
    const seen = run(function* (os, { offset }) {
      const idle = yield* os.sntp_restart();
      yield* os.esp_sntp_setserver(0, B_IP);
      yield* os.esp_sntp_init();
      yield* seconds(os, 1);
      const again = yield* os.sntp_restart();
      yield* seconds(os, 1);
      const reached = os.esp_sntp_getreachability(0);
      yield* os.esp_sntp_stop();
      return [idle, again, offset.answers, reached, os.esp_sntp_getreachability(0), os.esp_sntp_getreachability(9)];
    });
    expect(seen).toEqual([false, true, 2, 1, 0, 0]);
  });

  test('keeps what it is told of servers and modes', () => {
    const seen = run(function* (os) {
      os.sntp_set_sync_mode(SNTP_SYNC_MODE_SMOOTH);
      os.sntp_set_sync_status(SNTP_SYNC_STATUS_COMPLETED);
      yield* os.esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_LISTENONLY);
      yield* os.esp_sntp_setservername(0, 'time.example');
      const named = [os.esp_sntp_getservername(0), os.esp_sntp_getserver(0)];
      yield* os.esp_sntp_setserver(0, 'fe80::1');
      const addressed = [os.esp_sntp_getservername(0), os.esp_sntp_getserver(0)];
      yield* os.esp_sntp_setserver(0, null);
      const modes = [os.sntp_get_sync_mode(), os.sntp_get_sync_status(), os.esp_sntp_getoperatingmode()];
      return [
        named,
        addressed,
        os.esp_sntp_getserver(0),
        os.esp_sntp_getserver(7),
        os.esp_sntp_getservername(7),
        modes,
      ];
    });
    expect(seen).toEqual([['time.example', '0.0.0.0'], [null, 'FE80::1'], '0.0.0.0', '0.0.0.0', null, [1, 1, 1]]);
  });

  test('has other names for the same', () => {
    const seen = run(function* (os) {
      os.esp_sntp_set_sync_mode(SNTP_SYNC_MODE_SMOOTH);
      os.esp_sntp_set_sync_status(SNTP_SYNC_STATUS_COMPLETED);
      os.esp_sntp_set_sync_interval(20_000);
      os.esp_sntp_set_time_sync_notification_cb(null);
      const ret = [os.sntp_get_sync_mode(), os.esp_sntp_get_sync_mode(), os.esp_sntp_get_sync_status()];
      return [...ret, os.sntp_get_sync_status(), os.esp_sntp_get_sync_interval(), yield* os.esp_sntp_restart()];
    });
    expect(seen).toEqual([1, 1, SNTP_SYNC_STATUS_COMPLETED, SNTP_SYNC_STATUS_RESET, 20_000, false]);
  });

  test('leaves the clock to a program that has a function of its own for it', () => {
    const seen = run(function* (os) {
      const times: number[] = [];
      os.sntp_sync_time = (tv) => void times.push(tv.tv_sec);
      yield* os.esp_sntp_setserver(0, B_IP);
      yield* os.esp_sntp_init();
      yield* seconds(os, 1);
      yield* os.esp_sntp_stop();
      return [times, os.time(), os.sntp_get_sync_status()];
    });
    expect(seen).toEqual([[NOW], 1, SNTP_SYNC_STATUS_RESET]);
  });

  test('setting the mode while it runs is a hazard', () => {
    const s = stage();
    start(s.a, function* (os) {
      yield* os.esp_sntp_init();
      yield* os.esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_POLL);
    });
    s.world.runSync({ until: 1_000_000 });
    expect(s.world.hazards.map(({ name, board }) => [name, board])).toEqual([['sntp_mode_while_running', 'a']]);
  });

  test('an address that is none is refused', () => {
    const s = stage();
    start(s.a, function* (os) {
      yield* os.esp_sntp_setserver(0, 'time.example');
    });
    expect(() => s.world.runSync()).toThrow('esp_sntp_setserver() takes an IP address, not "time.example".');
  });
});

describe('servers that DHCP names', () => {
  /** Answers every DISCOVER and REQUEST with 10.0.0.9 and these time servers. */
  function* dhcpServer(os: Os, servers: readonly string[]): Steps<void> {
    const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(sock, sockaddr_in('0.0.0.0', 67));
    const message = new Uint8Array(400);
    const quads = servers.flatMap((ip) => ip.split('.').map(Number));
    for (;;) {
      yield* os.recvfrom(sock, message, message.length, 0);
      const isDiscover = message[242] === 1;
      message[0] = 2;
      message.set([192, 168, 4, 9], 16);
      const options = [53, 1, isDiscover ? 2 : 5, 54, 4, 192, 168, 4, 2, 51, 4, 0, 0, 255, 255, 1, 4, 255, 255, 255, 0];
      message.set([...options, 42, quads.length, ...quads, 255], 240);
      yield* os.sendto(sock, message, message.length, 0, sockaddr_in('255.255.255.255', 68));
    }
  }

  /** What the client knows after it has got its address. */
  function serversOf(named: readonly string[], opt: Partial<Opt>, program: (os: Os) => Steps<unknown>) {
    const world = new World();
    const lan = world.lan();
    const b = world.esp32('b', { lan, ip: B_IP });
    const a = world.esp32('a', { lan, dhcp: true, opt: { SNTP_MAX_SERVERS: 2, ...opt } });
    start(b, (os) => dhcpServer(os, named));
    const result = start(a, function* (os) {
      yield* program(os);
      yield* os.waitIp();
      return [0, 1].map((i) => os.esp_sntp_getservername(i) ?? os.esp_sntp_getserver(i));
    });
    world.runSync({ until: 20_000_000 });
    return result.value;
  }

  const config = { ...ESP_NETIF_SNTP_DEFAULT_CONFIG('time.example'), server_from_dhcp: true, start: false };
  const wanted = (os: Os) => os.esp_netif_sntp_init(config) as unknown as Steps<number>;
  const asked = { LWIP_DHCP_GET_NTP_SRV: 1, LWIP_DHCP_MAX_NTP_SERVERS: 2 };

  test.each<[string, string[], Partial<Opt>, string[]]>([
    ['take the place of the others', ['10.0.0.1', '10.0.0.2'], asked, ['10.0.0.1', '10.0.0.2']],
    ['are at most as many as there are slots', ['1.1.1.1', '2.2.2.2', '3.3.3.3'], asked, ['1.1.1.1', '2.2.2.2']],
    ['are at most as many as are taken', ['1.1.1.1', '2.2.2.2'], { LWIP_DHCP_GET_NTP_SRV: 1 }, ['1.1.1.1', '0.0.0.0']],
    ['leave the others alone if there are none', [], asked, ['time.example', '0.0.0.0']],
    ['are not heard if they are not asked for', ['10.0.0.1'], {}, ['time.example', '0.0.0.0']],
  ])('%s', (_what, named, opt, servers) => {
    expect(serversOf(named, opt, wanted)).toEqual(servers);
  });

  test('can be wanted, and unwanted, without esp_netif_sntp', () => {
    const seen = [true, false].map((enable) =>
      serversOf(['10.0.0.1'], asked, function* (os) {
        yield* os.esp_sntp_servermode_dhcp(true);
        yield* os.esp_sntp_servermode_dhcp(enable);
      }),
    );
    expect(seen).toEqual([
      ['10.0.0.1', '0.0.0.0'],
      ['0.0.0.0', '0.0.0.0'],
    ]);
    const without = () => serversOf([], {}, (os) => os.esp_sntp_servermode_dhcp(true) as unknown as Steps<void>);
    expect(without).toThrow('esp_sntp_servermode_dhcp() needs CONFIG_LWIP_DHCP_GET_NTP_SRV.');
  });
});

describe('a world', () => {
  const waiting = function* (os: Os) {
    yield* os.esp_netif_sntp_init(ESP_NETIF_SNTP_DEFAULT_CONFIG(B_IP));
    for (;;) yield* os.esp_netif_sntp_sync_wait(portMAX_DELAY);
  };

  test('is at rest once the time has come: who waits for the next one is like a server', () => {
    const s = stage();
    s.a.xTaskCreate(waiting, 'clock');
    expect(s.world.runSync().outcome).toBe('idle');
    expect(s.offset.answers).toBe(1);
  });

  test('hangs if it never comes, and says on what', () => {
    const s = stage();
    s.offset.isSilent = true;
    s.a.xTaskCreate(waiting, 'clock');
    const report = s.world.runSync();
    expect(report.outcome).toBe('hang');
    expect(report.blocked.find(({ task }) => task === 'clock')).toMatchObject({
      call: 'esp_netif_sntp_sync_wait()',
      waitsFor: 'the time',
      isServing: false,
    });
  });

  test('a board that boots again is back in 1970', () => {
    const s = stage();
    const times: number[] = [];
    s.a.xTaskCreate(function* (os) {
      times.push(os.time());
      yield* waiting(os);
    }, 'clock');
    s.world.at(5_000_000, () => {
      times.push(s.a.clock.nowUs);
      s.a.powerOff();
    });
    s.world.at(6_000_000, () => s.a.powerOn());
    s.world.runSync({ until: 10_000_000 });
    expect(times).toEqual([0, expect.any(Number), 0]);
    // It is behind by the time that the answer was on its way.
    expect(Math.ceil(times[1]! / 1e6)).toBe(NOW + 5);
    expect(s.offset.answers).toBe(2);
  });
});

describe('the clock of a program', () => {
  test('is set, corrected and read with C’s functions', () => {
    const seen = run(function* (os) {
      yield* seconds(os, 1);
      const set = os.settimeofday({ tv_sec: NOW, tv_usec: 250_000 });
      yield* seconds(os, 1);
      const tv = { tv_sec: 0, tv_usec: 0 };
      const got = os.gettimeofday(tv);
      const adjusted = os.adjtime({ tv_sec: 1, tv_usec: 0 }, { tv_sec: 0, tv_usec: 0 });
      const refused = os.adjtime({ tv_sec: 3000, tv_usec: 0 });
      return [set, got, tv, adjusted, refused, os.errno, os.time()];
    });
    expect(seen).toEqual([0, 0, { tv_sec: NOW + 1, tv_usec: 250_000 }, 0, -1, 22, NOW + 1]);
  });

  test('takes whole numbers only', () => {
    for (const wrong of [
      { tv_sec: 0.5, tv_usec: 0 },
      { tv_sec: 0, tv_usec: Number.NaN },
    ]) {
      expect(() =>
        run(function* (os) {
          os.settimeofday(wrong);
          yield* seconds(os, 1);
        }),
      ).toThrow(TypeError);
    }
  });
});
