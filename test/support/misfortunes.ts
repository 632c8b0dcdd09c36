/** A reconnecting station among access points that have bad days: what random misfortunes do to it, run by run. */

import {
  type AccessPoint,
  AF_INET,
  type addrinfo,
  type Os,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
  sockaddr_in,
  World,
} from '../../device/index.ts';
import { type Diary, startStation } from './wifi.ts';

export const MISFORTUNES = [
  'reboot',
  'power failure',
  'out of range',
  'faint',
  'deauth',
  'no DHCP',
  'other addresses',
  'no names',
  'late names',
  'wrong names',
  'no internet',
  'no auth',
  'no assoc',
  'no handshake',
  'other password',
  'lost frames',
] as const;

export interface Misfortune {
  readonly kind: (typeof MISFORTUNES)[number];
  /** Which of the two access points. */
  readonly ap: 0 | 1;
  readonly atMs: number;
  /** How long it lasts. */
  readonly forMs: number;
}

/** From here on all is well. */
export const HEALED_MS = 60_000;
const PASSWORD = 'open sesame';
const NAME = 'broker.example';
const BROKER = '34.1.2.3';

/** How a run ended. */
export interface Ending {
  /** Descriptors that the station has left open. */
  readonly leaked: number;
  /** Virtual milliseconds at which the first report after all misfortunes was confirmed; -1 for never. */
  readonly confirmedMs: number;
  readonly confirmed: number;
  readonly failed: number;
  /** Tasks of the station that have not ended, and where they are. */
  readonly stuck: readonly string[];
  readonly diary: Diary;
}

export function runMisfortunes(seed: number, misfortunes: readonly Misfortune[]): Ending {
  const world = new World({ seed });
  const aps = [1, 11].map((channel, i) =>
    world.accessPoint({
      ssid: 'home',
      name: `ap${i}`,
      password: PASSWORD,
      channel,
      rssi: -50 - 10 * i,
      gateway: `192.168.${i + 1}.1/24`,
      dns: { [NAME]: BROKER },
      // Renewed every half minute, and refused if the addresses have changed meanwhile.
      dhcp: { leaseMinutes: 1 },
    }),
  );
  world.internetHost('broker', { ip: BROKER }).xTaskCreate(broker, 'broker');
  const diary: Diary = [];
  const count = { confirmed: 0, failed: 0, confirmedMs: -1 };
  const station = world.esp32('station');
  station.xTaskCreate(function* (os) {
    yield* startStation(os, diary, { config: { ssid: 'home', password: PASSWORD, scan_method: 1 } });
    while (count.confirmedMs < 0) yield* oneRound(os, count);
  }, 'main');
  for (const m of misfortunes) {
    world.at(m.atMs * 1000, () => BEGIN[m.kind](aps[m.ap]!, m.forMs, world));
    world.at((m.atMs + m.forMs) * 1000, () => end(aps[m.ap]!, m));
  }
  const { blocked } = world.runSync({ until: 3 * HEALED_MS * 1000 });
  const leaked = station.sockets.openSockets().length;
  const stuck = blocked.filter((b) => b.board === 'station').map((b) => `${b.task} ${b.call}`);
  return { ...count, leaked, stuck, diary };
}

interface Count {
  confirmed: number;
  failed: number;
  confirmedMs: number;
}

function* oneRound(os: Os, count: Count) {
  const hasIp = (yield* os.waitIp(30_000)) === 0;
  if (hasIp && (yield* report(os))) {
    count.confirmed++;
    const nowMs = os.xTaskGetTickCount() * 10;
    if (nowMs > HEALED_MS) count.confirmedMs = nowMs;
  } else count.failed++;
  yield* os.delayMs(3000);
}

/** One report over a connection of its own; whatever goes wrong, the socket is closed. */
function* report(os: Os) {
  const res: { value: addrinfo | null } = { value: null };
  const hints = { ai_family: AF_INET, ai_socktype: SOCK_STREAM };
  if ((yield* os.getaddrinfo(NAME, '1883', hints, res)) !== 0) return false;
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  if (sock < 0) return false;
  const limit = { tv_sec: 5, tv_usec: 0 };
  yield* os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, limit);
  yield* os.setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, limit);
  let ok = (yield* os.connect(sock, res.value!.ai_addr)) === 0;
  ok &&= (yield* os.send(sock, 'reading')) === 7;
  ok &&= (yield* os.recv(sock, new Uint8Array(8))) > 0;
  yield* os.close(sock);
  return ok;
}

function* broker(os: Os) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 1883));
  yield* os.listen(listenSock, 4);
  for (;;) {
    const sock = yield* os.accept(listenSock);
    yield* os.setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, { tv_sec: 5, tv_usec: 0 });
    if ((yield* os.recv(sock, new Uint8Array(100))) > 0) yield* os.send(sock, 'ok');
    yield* os.close(sock);
  }
}

/** How each misfortune begins. @param forMs how long it lasts; also where chance is needed */
const BEGIN: { readonly [K in Misfortune['kind']]: (ap: AccessPoint, forMs: number, world: World) => void } = {
  reboot: (ap, forMs) => {
    if (ap.isOn) ap.reboot(forMs * 1000);
  },
  'power failure': (ap) => ap.powerOff(),
  'out of range': (ap) => ap.setRssi(null),
  faint: (ap) => ap.setRssi(-85),
  deauth: (ap, forMs) => {
    ap.deauth('station', 1 + (forMs % 9));
  },
  'no DHCP': (ap) => ap.setDhcp(false),
  'other addresses': (ap, forMs) => {
    const first = 20 + (forMs % 200);
    const net = ap.name === 'ap0' ? '192.168.1' : '192.168.2';
    ap.setDhcp(false);
    ap.setDhcpOptions({ start: `${net}.${first}`, end: `${net}.${first + 5}` });
    ap.setDhcp(true);
  },
  'no names': (ap, forMs) => ap.dns.set(NAME, FAILURES[forMs % FAILURES.length]!),
  'late names': (ap, forMs) => ap.dns.set(NAME, { ip: BROKER, delayUs: forMs * 500 }),
  'wrong names': (ap) => ap.dns.set(NAME, { ip: BROKER, wrong: 'id' }),
  'no internet': (ap) => {
    ap.hasInternet = false;
  },
  'no auth': (ap) => ap.refuse('auth'),
  'no assoc': (ap) => ap.refuse('assoc'),
  'no handshake': (ap) => ap.refuse('handshake'),
  'other password': (ap) => ap.setPassword('open barley'),
  'lost frames': (ap, forMs, { nowUs }) => {
    ap.lan.faults.outage({ t0Us: nowUs, t1Us: nowUs + forMs * 1000 });
  },
};

const FAILURES = ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'silent'] as const;

/** All is well again, whatever it was. */
function end(ap: AccessPoint, { kind }: Misfortune): void {
  if (kind !== 'reboot') ap.powerOn();
  ap.setRssi(ap.name === 'ap0' ? -50 : -60);
  ap.setDhcp(true);
  ap.dns.set(NAME, BROKER);
  ap.hasInternet = true;
  ap.refuse(null);
  ap.setPassword(PASSWORD);
}
