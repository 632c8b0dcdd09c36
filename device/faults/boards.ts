/** Planned faults on boards and on what their sockets have room for. */

import type { OptName } from '../../stack/opt.ts';
import type { Esp32 } from '../esp32.ts';
import { Task, type TaskBody } from '../freertos.ts';
import { parseAddress } from '../netif_config.ts';
import type { World } from '../world.ts';
import { changeAddress, loseInterface, regainInterface, setLink } from './interfaces.ts';
import type { BoardFaultSpec, FaultSpec, QueueSize } from './plan.ts';

/** The board of a fault. @throws RangeError if there is none */
export function boardOf(world: World, name: string): Esp32 {
  const board = world.boards.find((b) => b.name === name);
  if (board === undefined) throw new RangeError(`The plan has a fault on board "${name}", which does not exist.`);
  return board;
}

/** What is done at the fault's moment. */
export function boardAction(world: World, spec: BoardFaultSpec | QueueSize): () => void {
  const later = (forUs: number | undefined, fn: () => void): void => {
    if (forUs !== undefined) world.at(world.nowUs + forUs, fn);
  };
  if (spec.kind === 'powerOff' || spec.kind === 'reboot') {
    const device = world.accessPoints.find((ap) => ap.name === spec.board) ?? boardOf(world, spec.board);
    return () => {
      device.powerOff();
      later(spec.forUs ?? (spec.kind === 'reboot' ? 0 : undefined), () => device.powerOn());
    };
  }
  const board = boardOf(world, spec.board);
  switch (spec.kind) {
    case 'linkDown':
      return () => {
        setLink(board, false);
        later(spec.forUs, () => setLink(board, true));
      };
    case 'interfaceDown': {
      const address = spec.ip === undefined ? null : parseAddress(spec.ip, spec.gw);
      return () => {
        loseInterface(board);
        later(spec.forUs, () => regainInterface(board, address));
      };
    }
    case 'addressChange': {
      const address = parseAddress(spec.ip, spec.gw);
      return () => changeAddress(board, address);
    }
    case 'freeze':
      return () => freeze(board, spec.forUs, spec.priority ?? BELOW_TCPIP);
    case 'queueSize':
      return () => resizeQueue(board, spec.of, spec.size);
  }
}

/** The highest priority of a program that does not get in the tcpip thread's way. */
const BELOW_TCPIP = 17;

/** A task that computes for so long: nobody of its priority or below runs meanwhile. */
function freeze(board: Esp32, forUs: number, priority: number): void {
  if (!board.isOn) return;
  const { scheduler } = board;
  const body: TaskBody = { isTcpip: false, callInProgress: null, resume: (task) => scheduler.remove(task) };
  scheduler.hogOneTick(new Task(scheduler, board, 'frozen', priority, body), scheduler.nowUs + forUs);
}

const QUEUE_OPTIONS: Readonly<Record<QueueSize['of'], OptName>> = {
  tcp: 'DEFAULT_TCP_RECVMBOX_SIZE',
  udp: 'DEFAULT_UDP_RECVMBOX_SIZE',
  raw: 'DEFAULT_RAW_RECVMBOX_SIZE',
  accept: 'DEFAULT_ACCEPTMBOX_SIZE',
  tcpip: 'TCPIP_MBOX_SIZE',
  arp: 'ARP_QUEUE_LEN',
};

/** From now on and after a reboot; a mailbox that exists takes no more than that, but never more than it was made for. */
function resizeQueue(board: Esp32, of: QueueSize['of'], size: number): void {
  board.opt = { ...board.opt, [QUEUE_OPTIONS[of]]: size };
  if (!board.isOn) return;
  board.stack.opt = board.opt;
  if (of === 'tcpip') board.tcpip.size = size;
  for (const { conn } of board.sockets.openSockets()) {
    const kind = conn!.tcp !== null ? 'tcp' : conn!.udp !== null ? 'udp' : 'raw';
    if (of === kind && conn!.recvmbox !== null) lower(conn!.recvmbox, size);
    if (of === 'accept' && conn!.acceptmbox !== null) lower(conn!.acceptmbox, size);
  }
}

function lower(mbox: { readonly size: number; limit: number }, size: number): void {
  mbox.limit = Math.min(size, mbox.size);
}

/** Kinds that boardAction() knows. */
export function isOnBoard(spec: FaultSpec): spec is BoardFaultSpec | QueueSize {
  return BOARD_KINDS.has(spec.kind);
}

const BOARD_KINDS: ReadonlySet<string> = new Set([
  'powerOff',
  'reboot',
  'linkDown',
  'interfaceDown',
  'addressChange',
  'freeze',
  'queueSize',
]);
