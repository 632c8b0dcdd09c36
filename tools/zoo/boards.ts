/** The boards of a case of the bug zoo, and what did not hold when they have run. */

import { join } from 'node:path';
import type { Esp32, Firmware, World } from '../../device/index.ts';
import { ip4addr_ntoa } from '../../stack/prot/ip4.ts';
import { TCP_ACK, TCP_SYN } from '../../stack/prot/tcp.ts';
import { dissect } from '../dissect.ts';
import { buildFirmware } from '../firmware/index.ts';
import type { ZooBoard, ZooCase, ZooVariant } from './case.ts';
import { NAME_SERVER, NAME_SERVER_IP, nameServer } from './name-server.ts';

/** The images of a case. */
export type ZooImages = Readonly<Record<ZooBoard, Firmware>>;

/** How long the server's board is ahead. */
const HEAD_START_US = 500_000;
const BOARDS = ['app', 'peer'] as const;
/** Tag of the task watchdog's lines. */
const WATCHDOG = 'task_wdt';

/** Compile what a case's boards run. */
export async function buildZooCase(zoo: ZooCase, variant: ZooVariant): Promise<ZooImages> {
  const build = (file: string, board: ZooBoard) =>
    buildFirmware({ sources: [join(zoo.folder, `${file}.c`)], sdkconfig: zoo.sdkconfig[board] });
  const [app, peer] = await Promise.all([build(variant, 'app'), build('peer', 'peer')]);
  return { app, peer };
}

/** Nothing that happens later can make up for it. */
export function hasFailed({ boards }: World): boolean {
  return boards.some(
    ({ log, panic }) => panic !== null || log.some(({ tag, text }) => tag === WATCHDOG || text.includes('ZOO FAIL')),
  );
}

/**
 * Put a case's boards into a world that records.
 * @returns says, when the run is over, what did not hold
 */
export function setUpZooCase(zoo: ZooCase, images: ZooImages, world: World): () => string[] {
  const lan = world.lan();
  const syns: Record<ZooBoard, number> = { app: 0, peer: 0 };
  if (Object.keys(zoo.check.maxSyn).length > 0) {
    world.trace!.onFrame(({ from, bytes }) => {
      if (from in syns && isSyn(bytes)) syns[from as ZooBoard]++;
    });
  }
  const names = Object.keys(zoo.dns).length > 0;
  const boardOf = (name: ZooBoard): Esp32 =>
    world.esp32(name, {
      lan,
      ip: `${zoo.boards[name]}/24`,
      firmware: images[name],
      bootUs: zoo.listens === name ? 0 : HEAD_START_US,
      ...(names && { dns: [NAME_SERVER_IP] }),
    });
  const boards: Record<ZooBoard, Esp32> = { app: boardOf('app'), peer: boardOf('peer') };
  if (names) {
    const addressOf = (name: string) => currentAddress(zoo, boards, name);
    world.esp32(NAME_SERVER, { lan, ip: NAME_SERVER_IP }).xTaskCreate((os) => nameServer(os, addressOf), 'named');
  }
  return () => judge(zoo, boards, syns);
}

/** Names lead to where their boards are now: whoever runs the network keeps its name server up to date. */
function currentAddress(zoo: ZooCase, boards: Record<ZooBoard, Esp32>, name: string): string | undefined {
  const address = zoo.dns[name];
  const board = BOARDS.find((one) => zoo.boards[one] === address);
  if (board === undefined || !boards[board].isOn) return address;
  return ip4addr_ntoa(boards[board].esp_netif.esp_netif_get_ip_info().ip);
}

function judge({ check }: ZooCase, boards: Record<ZooBoard, Esp32>, syns: Record<ZooBoard, number>): string[] {
  const faults: string[] = [];
  for (const name of BOARDS) {
    const { log, panic } = boards[name];
    if (panic !== null) faults.push(`${name} panicked: ${panic.message} ${panic.backtrace.join(', ')}`);
    if (log.some(({ tag }) => tag === WATCHDOG)) faults.push(`The task watchdog of ${name} has barked.`);
    for (const { text } of log) if (text.includes('ZOO FAIL')) faults.push(`${name} said "${text}".`);
    if (check.ok.includes(name) && !log.some(({ text }) => text.includes('ZOO OK'))) {
      faults.push(`${name} did not say "ZOO OK".`);
    }
    const open = openSockets(boards[name]);
    if (open > (check.maxSockets[name] ?? open)) faults.push(`${name} has ${open} open sockets.`);
    if (syns[name] > (check.maxSyn[name] ?? syns[name])) faults.push(`${name} sent ${syns[name]} SYNs.`);
  }
  return faults;
}

function openSockets({ sockets, opt }: Esp32): number {
  let open = 0;
  for (let i = 0; i < opt.MAX_SOCKETS; i++) if (sockets.open(sockets.offset + i) !== null) open++;
  return open;
}

/** The first segment of a connection, or its repetition. */
function isSyn(bytes: Uint8Array): boolean {
  const { tcp } = dissect(bytes);
  return tcp !== undefined && (tcp.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
}
