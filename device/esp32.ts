/** A board: MAC and address, tcpip thread, sockets, tasks; powered on and off. */

import { type Op, Sockets, TcpipThread } from '../sockets/index.ts';
import { ERR_OK } from '../stack/err.ts';
import { etharp_gratuitous } from '../stack/etharp.ts';
import type { Frame } from '../stack/frame.ts';
import {
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  NETIF_FLAG_IGMP,
  NETIF_FLAG_UP,
  Netif,
  netif_add,
  type netif_poll,
  netif_set_addr,
  netif_set_down,
  netif_set_link_down,
  netif_set_link_up,
  netif_set_up,
} from '../stack/netif.ts';
import { makeOpt, type Opt } from '../stack/opt.ts';
import { type EthAddr, parseEthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY, ip4addr_aton } from '../stack/prot/ip4.ts';
import { type HazardName, type SharedMemory, Stack } from '../stack/stack.ts';
import type { EventQueue } from './events.ts';
import { BoardSys, configMAX_PRIORITIES, type Scheduler, Task, type TaskBody, type TaskOwner } from './freertos.ts';
import { IsnGenerator } from './isn.ts';
import type { Lan, Port, Station } from './lan.ts';
import { Os } from './os.ts';
import { type Program, ProgramRunner } from './program.ts';
import type { RandomStream } from './random.ts';
import type { Trace } from './trace.ts';

export interface Esp32Options {
  readonly lan: Lan;
  /** "192.168.4.1/24", or the address alone with a mask of /24. */
  readonly ip: string;
  /** Gateway; none if left out. */
  readonly gw?: string;
  /** Espressif's 24:0a:c4:00:00:01, :02 ... in order if left out. */
  readonly mac?: string;
  /** MTU of the interface; the segment's if left out. */
  readonly mtu?: number;
  /** Periodic gratuitous ARP (CONFIG_LWIP_ESP_GRATUITOUS_ARP); true if left out. */
  readonly garp?: boolean;
  /** lwIP options other than ESP-IDF's defaults. */
  readonly opt?: Partial<Opt>;
  /** Replaces LWIP_RAND: the n-th random number of the stack, n from 0. */
  readonly LWIP_RAND?: (n: number) => number;
  /** Replaces the initial sequence numbers of ESP-IDF: that of the n-th connection, n from 0. */
  readonly LWIP_HOOK_TCP_ISN?: (n: number) => number;
}

export interface TaskOptions {
  /** 0..24; 5 if left out, as in ESP-IDF's socket examples. */
  readonly priority?: number;
  /** When it starts, in microseconds after the board's boot; 0 if left out. */
  readonly startUs?: number;
}

/** What a board needs of its world. */
export interface BoardWorld {
  readonly events: EventQueue;
  readonly scheduler: Scheduler;
  readonly memory: SharedMemory;
  readonly trace: Trace | null;
  readonly tickUs: number;
  takeNumber(): number;
  random(name: string): RandomStream;
  onHazard(board: Esp32, name: HazardName): void;
  onFailure(board: TaskOwner, task: Task, error: unknown): void;
  onBoot(fn: () => void, atUs: number): void;
}

/** A program that starts with its board, as app_main() does. */
interface BootProgram {
  readonly program: Program<Os>;
  readonly name: string;
  readonly options: TaskOptions;
}

const DEFAULT_PRIORITY = 5;
/** ESP_TASK_TCPIP thread name. */
const TCPIP_THREAD_NAME = 'tiT';

export class Esp32 implements TaskOwner, Station {
  readonly name: string;
  readonly mac: EthAddr;
  readonly tickUs: number;
  bootUs = 0;
  hog: Task | null = null;
  readonly starved: Task[] = [];
  isOn = false;
  /** All tasks since boot but the tcpip thread, ended ones too. */
  tasks: Task[] = [];
  readonly sys: BoardSys;
  readonly lan: Lan;
  stack!: Stack;
  sockets!: Sockets;
  netif!: Netif;
  private readonly world: BoardWorld;
  private readonly port: Port;
  private readonly opt: Opt;
  private readonly options: Esp32Options;
  private readonly programs: BootProgram[] = [];
  private readonly chance: RandomStream;
  private ip: number;
  private netmask: number;
  private gw: number;
  private tcpipTask!: Task;
  private tcpip!: TcpipThread;

  /** Made by world.esp32(). */
  constructor(world: BoardWorld, name: string, mac: string, options: Esp32Options) {
    const [ip, prefix = '24'] = options.ip.split('/');
    this.world = world;
    this.name = name;
    this.options = options;
    this.mac = parseEthAddr(options.mac ?? mac);
    this.tickUs = world.tickUs;
    this.lan = options.lan;
    this.opt = makeOpt(options.opt);
    this.ip = parseIp('ip', ip!);
    this.netmask = parsePrefix(prefix, options.ip);
    this.gw = options.gw === undefined ? IPADDR_ANY : parseIp('gw', options.gw);
    this.sys = new BoardSys(world.scheduler, this);
    this.chance = world.random(`board ${name}`);
    this.port = options.lan.attach(this);
    world.onBoot(() => this.powerOn(), world.scheduler.nowUs);
  }

  get scheduler(): Scheduler {
    return this.world.scheduler;
  }

  get trace(): Trace | null {
    return this.world.trace;
  }

  takeNumber(): number {
    return this.world.takeNumber();
  }

  /** Have a program run as a task whenever the board boots. @param name of the task */
  xTaskCreate(program: Program<Os>, name: string, options: TaskOptions = {}): void {
    const { startUs = 0 } = options;
    if (!Number.isInteger(startUs) || startUs < 0) {
      throw new RangeError(`startUs must be a whole number of microseconds, not ${startUs}.`);
    }
    checkPriority(options.priority);
    const boot: BootProgram = { program, name, options };
    this.programs.push(boot);
    this.world.onBoot(() => this.startProgram(boot), this.bootUs + startUs);
  }

  private startProgram(boot: BootProgram): void {
    if (!this.isOn) return;
    this.scheduler.makeReady(this.createTask(boot.program, boot.name, boot.options));
  }

  /** A task that is not ready yet. Used by xTaskCreate(). */
  createTask(program: Program<Os>, name: string, options: TaskOptions): Task {
    const { world } = this;
    const priority = checkPriority(options.priority);
    const runner: ProgramRunner = new ProgramRunner(
      world.scheduler,
      () => program(new Os(this, task, runner)),
      (failed, error) => world.onFailure(this, failed, error),
      () => undefined,
      this.opt.TCPIP_THREAD_PRIO,
    );
    const task: Task = new Task(world.scheduler, this, name, priority, runner);
    this.tasks.push(task);
    return task;
  }

  /** Boot: stack, interface and tcpip thread come up, then the programs start. */
  powerOn(): void {
    if (this.isOn) return;
    const { world } = this;
    const firstBoot = this.tcpipTask === undefined;
    this.isOn = true;
    this.bootUs = world.scheduler.nowUs;
    this.port.cable = true;
    this.tcpip = new TcpipThread(this.sys, this.opt.TCPIP_MBOX_SIZE);
    this.stack = new Stack(this.stackPort(), this.opt);
    this.tcpip.stack = this.stack;
    this.sockets = new Sockets(this.tcpip);
    const body: TaskBody = { isTcpip: true, resume: (task) => this.runTcpip(task) };
    this.tcpipTask = new Task(world.scheduler, this, TCPIP_THREAD_NAME, this.opt.TCPIP_THREAD_PRIO, body);
    this.tcpip.trypost(bringUp, this, null);
    world.scheduler.makeReady(this.tcpipTask);
    if (firstBoot) return;
    for (const boot of this.programs) {
      world.onBoot(() => this.startProgram(boot), this.bootUs + (boot.options.startUs ?? 0));
    }
  }

  /** Power loss: everything stops without a word. Programs are never resumed. */
  powerOff(): void {
    if (!this.isOn) return;
    this.isOn = false;
    this.port.cable = false;
    for (const task of this.tasks) this.scheduler.remove(task);
    this.scheduler.remove(this.tcpipTask);
    this.tasks = [];
  }

  /** A frame for this board has arrived. */
  receive(frame: Frame): void {
    if (this.isOn) this.tcpip.input(frame, this.netif);
    else frame.release();
  }

  private runTcpip(task: Task): void {
    try {
      this.tcpip.run(task);
    } catch (error) {
      if (error !== BOARD_STOPPED) throw error;
    }
  }

  /** lwIP has driven into a defect from which a device does not come back: hang or panic. */
  stopForHazard(): never {
    for (const task of this.tasks) this.scheduler.remove(task);
    this.scheduler.remove(this.tcpipTask);
    this.isOn = false;
    throw BOARD_STOPPED;
  }

  private stackPort() {
    const { options, sys, chance } = this;
    const { LWIP_RAND, LWIP_HOOK_TCP_ISN } = options;
    let rands = 0;
    let isns = 0;
    const isn = new IsnGenerator(0, [chance.uint32(), chance.uint32(), chance.uint32(), chance.uint32()]);
    return {
      memory: this.world.memory,
      sys_now: () => sys.sys_now(),
      LWIP_RAND: () => (LWIP_RAND === undefined ? chance.uint32() : LWIP_RAND(rands++)),
      LWIP_HOOK_TCP_ISN: (localIp: number, localPort: number, remoteIp: number, remotePort: number) =>
        LWIP_HOOK_TCP_ISN === undefined
          ? isn.next(sys.sys_now(), localIp, localPort, remoteIp, remotePort)
          : LWIP_HOOK_TCP_ISN(isns++),
      tcpip_try_callback: (fn: typeof netif_poll, arg: Netif) => this.tcpip.trypost(fn, arg, undefined),
      hazard: (name: HazardName) => this.world.onHazard(this, name),
    };
  }

  /** Bring the interface up, in the tcpip thread (rule S1). */
  bringUpNetif(): void {
    const { stack, options } = this;
    const flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_IGMP;
    const { port, lan } = this;
    this.netif = new Netif(stack, 'en', this.mac, options.mtu ?? lan.mtu, flags, (_netif, frame) => {
      lan.send(port, frame);
      return ERR_OK;
    });
    netif_add(this.netif, IPADDR_ANY, IPADDR_ANY, IPADDR_ANY);
    if (options.garp ?? true) this.armGarp();
    netif_set_addr(this.netif, this.ip, this.netmask, this.gw);
    netif_set_up(this.netif);
    netif_set_link_up(this.netif);
    stack.netif_default = this.netif;
  }

  /** The periodic gratuitous ARP. Source: ESP-IDF esp_netif_lwip.c netif_send_garp() */
  private armGarp(): void {
    const interval = this.opt.ESP_GRATUITOUS_ARP_INTERVAL * 1000;
    const send = (stack: Stack): void => {
      const { netif } = this;
      if ((netif.flags & NETIF_FLAG_UP) !== 0 && netif.ip_addr !== IPADDR_ANY) etharp_gratuitous(netif);
      stack.timeouts.at(stack.port.sys_now() + interval, send);
    };
    this.stack.timeouts.at(this.sys.sys_now() + interval, send);
  }

  // What os.linkDown() and its like do: the cable at once, the rest in the tcpip thread.

  *setLink(task: Task, up: boolean, cableOnly: boolean): Op<number> {
    this.port.cable = up;
    if (cableOnly) return 0;
    yield* this.sockets.inTcpipThread(task, () =>
      up ? netif_set_link_up(this.netif) : netif_set_link_down(this.netif),
    );
    return 0;
  }

  *setNetif(task: Task, up: boolean): Op<number> {
    yield* this.sockets.inTcpipThread(task, () => {
      if (up) {
        netif_set_addr(this.netif, this.ip, this.netmask, this.gw);
        netif_set_up(this.netif);
        netif_set_link_up(this.netif);
      } else {
        netif_set_addr(this.netif, IPADDR_ANY, IPADDR_ANY, IPADDR_ANY);
        netif_set_down(this.netif);
        netif_set_link_down(this.netif);
      }
    });
    return 0;
  }

  *setAddress(task: Task, ip: string, netmask: string, gw: string): Op<number> {
    const [a, m, g] = [parseIp('ip', ip), parseIp('netmask', netmask), parseIp('gw', gw)];
    yield* this.sockets.inTcpipThread(task, () => {
      this.ip = a;
      this.netmask = m;
      this.gw = g;
      netif_set_addr(this.netif, a, m, g);
    });
    return 0;
  }
}

/** Thrown through the stack when its board stops for good; caught at the tcpip thread's edge. */
const BOARD_STOPPED = new Error('The board has stopped.');

function bringUp(board: Esp32): void {
  board.bringUpNetif();
}

function parseIp(name: string, value: string): number {
  const ip = ip4addr_aton(value);
  if (ip === undefined) throw new TypeError(`${name} must be an IPv4 address, not "${value}".`);
  return ip;
}

function parsePrefix(prefix: string, whole: string): number {
  const bits = Number(prefix);
  if (!Number.isInteger(bits) || bits < 1 || bits > 32) {
    throw new TypeError(`"${whole}" must end in a prefix length from /1 to /32.`);
  }
  return (0xffffffff << (32 - bits)) | 0;
}

function checkPriority(priority = DEFAULT_PRIORITY): number {
  if (!Number.isInteger(priority) || priority < 0 || priority >= configMAX_PRIORITIES) {
    throw new RangeError(`A priority is a whole number from 0 to ${configMAX_PRIORITIES - 1}, not ${priority}.`);
  }
  return priority;
}
