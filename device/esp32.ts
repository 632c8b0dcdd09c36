/** A board: MAC and address, tcpip thread, sockets, tasks; powered on and off. */

import { type Op, Sockets, TcpipThread } from '../sockets/index.ts';
import { ERR_OK, type err_t } from '../stack/err.ts';
import type { Frame } from '../stack/frame.ts';
import {
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  NETIF_FLAG_IGMP,
  Netif,
  netif_set_link_down,
  netif_set_link_up,
} from '../stack/netif.ts';
import { makeOpt, type Opt } from '../stack/opt.ts';
import { type EthAddr, formatEthAddr, parseEthAddr } from '../stack/prot/ethernet.ts';
import { ip4addr_ntoa } from '../stack/prot/ip4.ts';
import { type HazardName, type SharedMemory, Stack } from '../stack/stack.ts';
import { ESP_OK, type esp_err_t } from './esp_err.ts';
import { DefaultLoop } from './esp_event.ts';
import { EspNetif, type EspNetifConfig, type IpEvent } from './esp_netif.ts';
import type { EventQueue } from './events.ts';
import { BoardSys, configMAX_PRIORITIES, type Scheduler, Task, type TaskBody, type TaskOwner } from './freertos.ts';
import type { Lan, Port, Station } from './lan.ts';
import { type AddressOptions, netifConfig, parseIp } from './netif_config.ts';
import { Os } from './os.ts';
import { type Program, ProgramRunner } from './program.ts';
import type { RandomStream } from './random.ts';
import { makeSdkconfig, Sdkconfig, type SdkconfigSettings } from './sdkconfig.ts';
import { sdkconfigOpt, sdkconfigTickUs } from './sdkconfig_effects.ts';
import { BoardPort } from './stack_port.ts';
import { TcpProbe } from './tcp_probe.ts';
import type { Trace } from './trace.ts';

export interface Esp32Options extends AddressOptions {
  readonly lan: Lan;
  /** Espressif's 24:0a:c4:00:00:01, :02 ... in order if left out. */
  readonly mac?: string;
  /** MTU of the interface; the segment's if left out. */
  readonly mtu?: number;
  /** The firmware's configuration: what parseSdkconfig() read, or settings like { CONFIG_LWIP_TCP_MSS: 536 }. */
  readonly sdkconfig?: Sdkconfig | SdkconfigSettings;
  /** lwIP options other than ESP-IDF's defaults and those of the configuration. */
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
  readonly nextNumber: number;
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

/** The configuration of boards that say nothing about it. */
const NO_SETTINGS = makeSdkconfig();
const DEFAULT_PRIORITY = 5;
/** ESP_TASK_TCPIP thread name. */
const TCPIP_THREAD_NAME = 'tiT';

export class Esp32 implements TaskOwner, Station {
  readonly name: string;
  readonly mac: EthAddr;
  /** The firmware's configuration. */
  readonly sdkconfig: Sdkconfig;
  readonly tickUs: number;
  bootUs = 0;
  hog: Task | null = null;
  readonly starved: Task[] = [];
  isOn = false;
  private powerLosses = 0;
  /** All tasks since boot but the tcpip thread. */
  tasks: Task[] = [];
  readonly sys: BoardSys;
  readonly lan: Lan;
  stack!: Stack;
  sockets!: Sockets;
  netif!: Netif;
  esp_netif!: EspNetif;
  defaultLoop!: DefaultLoop;
  readonly world: BoardWorld;
  private readonly port: Port;
  private readonly opt: Opt;
  readonly options: Esp32Options;
  private programs: BootProgram[] = [];
  private readonly chance: RandomStream;
  private readonly config: EspNetifConfig;
  private tcpipTask!: Task;
  private tcpip!: TcpipThread;

  /** Made by world.esp32(). */
  constructor(world: BoardWorld, name: string, mac: string, options: Esp32Options) {
    this.world = world;
    this.name = name;
    this.options = options;
    this.mac = parseEthAddr(options.mac ?? mac);
    const { sdkconfig = NO_SETTINGS } = options;
    this.sdkconfig = sdkconfig instanceof Sdkconfig ? sdkconfig : makeSdkconfig(sdkconfig);
    this.tickUs = sdkconfigTickUs(this.sdkconfig) ?? world.tickUs;
    this.lan = options.lan;
    this.opt = makeOpt({ ...sdkconfigOpt(this.sdkconfig), ...options.opt });
    this.config = netifConfig(options);
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

  get nextNumber(): number {
    return this.world.nextNumber;
  }

  /** Have a program run as a task whenever the board boots. @param name of the task */
  xTaskCreate(program: Program<Os>, name: string, options: TaskOptions = {}): void {
    const { startUs = 0 } = options;
    if (!Number.isInteger(startUs) || startUs < 0) {
      throw new RangeError(`startUs must be a whole number of microseconds, not ${startUs}.`);
    }
    checkPriority(options.priority);
    const boot: BootProgram = { program, name, options };
    this.programs = append(this.programs, boot);
    this.scheduleStart(boot);
  }

  /** A program starts so long after the boot, unless the power fails before. */
  private scheduleStart(boot: BootProgram): void {
    const { powerLosses } = this;
    const start = (): void => {
      if (!this.isOn || this.powerLosses !== powerLosses) return;
      this.scheduler.makeReady(this.createTask(boot.program, boot.name, boot.options));
    };
    this.world.onBoot(start, this.bootUs + (boot.options.startUs ?? 0));
  }

  /** A task of a task, which is not ready yet. Used by os.xTaskCreate(); tasks that have ended are forgotten. */
  createChild(program: Program<Os>, name: string, options: TaskOptions): Task {
    this.tasks = this.tasks.filter((task) => task.state !== 'done');
    return this.createTask(program, name, options);
  }

  private createTask(program: Program<Os>, name: string, options: TaskOptions): Task {
    const { world } = this;
    const priority = checkPriority(options.priority);
    const runner: ProgramRunner = new ProgramRunner(
      world.scheduler,
      world,
      () => program(new Os(this, task, runner)),
      this.opt.TCPIP_THREAD_PRIO,
    );
    const task: Task = new Task(world.scheduler, this, name, priority, runner);
    this.tasks = append(this.tasks, task);
    return task;
  }

  /** Boot: stack, interface and tcpip thread come up, then the programs start. */
  powerOn(): void {
    if (this.isOn) return;
    const { world } = this;
    const firstBoot = this.tcpipTask === undefined;
    this.isOn = true;
    this.bootUs = world.scheduler.nowUs;
    this.port.cable = this.config.kind !== 'dhcp' || this.config.autostart;
    this.tcpip = new TcpipThread(this.sys, this.opt.TCPIP_MBOX_SIZE);
    this.stack = new Stack(new BoardPort(this, this.tcpip, this.chance), this.opt);
    this.tcpip.stack = this.stack;
    if (this.trace?.withStates) this.tcpip.observer = new TcpProbe(this, this.trace);
    this.sockets = new Sockets(this.tcpip);
    this.defaultLoop = new DefaultLoop(this.sys);
    const body = new TcpipBody(this.tcpip);
    this.tcpipTask = new Task(world.scheduler, this, TCPIP_THREAD_NAME, this.opt.TCPIP_THREAD_PRIO, body);
    this.tcpip.trypost(bringUp, this, null);
    world.scheduler.makeReady(this.tcpipTask);
    if (firstBoot) return;
    for (const boot of this.programs) {
      this.scheduleStart(boot);
    }
  }

  /** Power loss: everything stops without a word. Programs are never resumed. */
  powerOff(): void {
    if (!this.isOn) return;
    this.isOn = false;
    this.powerLosses++;
    this.port.cable = false;
    for (const task of this.tasks) this.scheduler.remove(task);
    this.scheduler.remove(this.tcpipTask);
    this.tasks = [];
  }

  /** The stack sends a frame. Used by the driver. */
  transmit(frame: Frame): void {
    this.lan.send(this.port, frame);
  }

  /** A frame for this board has arrived. */
  receive(frame: Frame): void {
    if (this.isOn) this.tcpip.input(frame, this.netif);
    else frame.release();
  }

  /** lwIP has driven into a defect from which a device does not come back: hang or panic. */
  stopForHazard(): never {
    for (const task of this.tasks) this.scheduler.remove(task);
    this.scheduler.remove(this.tcpipTask);
    this.isOn = false;
    throw BOARD_STOPPED;
  }

  /** A program drove lwIP into a defect. */
  onHazard(name: HazardName): void {
    this.world.onHazard(this, name);
  }

  /** Bring the interface up, in the tcpip thread (rule S1). */
  bringUpNetif(): void {
    const { stack, options } = this;
    const flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_IGMP;
    this.netif = new Netif(stack, 'en', this.mac, options.mtu ?? this.lan.mtu, flags, linkoutput);
    this.netif.state = this;
    this.esp_netif = new EspNetif(this.config, this.netif, this);
    this.esp_netif.start();
  }

  /** An address has come or gone. Used by the interface. */
  onIpEvent({ event, info, ip_changed, mac }: IpEvent): void {
    this.trace?.addEvent({
      kind: 'event',
      n: this.takeNumber(),
      tUs: this.scheduler.nowUs,
      board: this.name,
      event,
      ip: ip4addr_ntoa(info.ip),
      netmask: ip4addr_ntoa(info.netmask),
      gw: ip4addr_ntoa(info.gw),
      dns: this.esp_netif.dnsServers().map(ip4addr_ntoa),
      ip_changed,
      mac: mac === null ? '' : formatEthAddr(mac),
    });
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

  /** Up means connected: a DHCP client asks for an address, a static one is announced. */
  *setNetif(task: Task, up: boolean): Op<esp_err_t> {
    const { esp_netif } = this;
    yield* this.onNetif(task, () => (up ? esp_netif.esp_netif_up() : esp_netif.esp_netif_down()));
    if (!up || this.config.kind !== 'dhcp') return ESP_OK;
    return yield* this.onNetif(task, () => esp_netif.afterConnected());
  }

  *setStation(task: Task, connected: boolean): Op<esp_err_t> {
    this.port.cable = connected;
    return yield* this.setNetif(task, connected);
  }

  setAddress(task: Task, ip: string, netmask: string, gw: string): Op<esp_err_t> {
    const info = { ip: parseIp('ip', ip), netmask: parseIp('netmask', netmask), gw: parseIp('gw', gw) };
    return this.onNetif(task, () => this.esp_netif.esp_netif_set_ip_info(info));
  }

  /** Have the tcpip thread do something with the interface. */
  *onNetif<T>(task: Task, action: (esp_netif: EspNetif) => T): Op<T> {
    return yield* this.sockets.inTcpipThread(task, () => action(this.esp_netif));
  }
}

function linkoutput(netif: Netif, frame: Frame): err_t {
  (netif.state as Esp32).transmit(frame);
  return ERR_OK;
}

/** The tcpip thread as a task. */
class TcpipBody implements TaskBody {
  private readonly tcpip: TcpipThread;

  constructor(tcpip: TcpipThread) {
    this.tcpip = tcpip;
  }

  get isTcpip(): boolean {
    return true;
  }

  resume(task: Task): void {
    try {
      this.tcpip.run(task);
    } catch (error) {
      if (error !== BOARD_STOPPED) throw error;
    }
  }
}

/** Thrown through the stack when its board stops for good; caught at the tcpip thread's edge. */
const BOARD_STOPPED = new Error('The board has stopped.');

function bringUp(board: Esp32): void {
  board.bringUpNetif();
}

/** A list with one more item. Most boards have one task, and a first push() would make room for 17. */
function append<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

function checkPriority(priority = DEFAULT_PRIORITY): number {
  if (!Number.isInteger(priority) || priority < 0 || priority >= configMAX_PRIORITIES) {
    throw new RangeError(`A priority is a whole number from 0 to ${configMAX_PRIORITIES - 1}, not ${priority}.`);
  }
  return priority;
}
