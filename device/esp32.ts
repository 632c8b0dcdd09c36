/** A board: MAC and address, tcpip thread, sockets, tasks; powered on and off. */

import { CoreLock, type Op, Sockets, type SysThread, TcpipThread } from '../sockets/index.ts';
import { dns_fallback_server_index, dns_setserver } from '../stack/dns.ts';
import { etharp_add_static_entry } from '../stack/etharp.ts';
import type { Frame } from '../stack/frame.ts';
import { makeOpt, type Opt } from '../stack/opt.ts';
import { type EthAddr, parseEthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import { type HazardName, type MemoryKind, type SharedMemory, Stack } from '../stack/stack.ts';
import type { Air } from './air/air.ts';
import { EthDriver } from './esp_eth.ts';
import { DefaultLoop, type EventLoop } from './esp_event.ts';
import type { EspNetif, EspNetifBoard, IpEvent } from './esp_netif.ts';
import { type esp_ip6_addr_t, IP_EVENT } from './esp_netif_types.ts';
import { EspNetifs } from './esp_netifs.ts';
import { EspSntp } from './esp_sntp.ts';
import type { EventQueue } from './events.ts';
import type { CallTaps } from './faults/calls.ts';
import { Scarcity } from './faults/scarcity.ts';
import { BoardFirmware, type FirmwareOptions } from './firmware/board_firmware.ts';
import type { LogRecord } from './firmware/console.ts';
import type { PanicRecord } from './firmware/panic.ts';
import { BoardSys, configMAX_PRIORITIES, type Scheduler, Task, type TaskBody, type TaskOwner } from './freertos.ts';
import { ipEventRecord, postIp6Event, postIpEvent } from './ip_events.ts';
import type { Lan } from './lan.ts';
import { type AddressOptions, checkNoAddress, netifConfig, parseIp } from './netif_config.ts';
import { Os } from './os.ts';
import { Plug, type PlugOwner } from './plug.ts';
import { type Program, ProgramRunner } from './program.ts';
import type { RandomStream } from './random.ts';
import { makeSdkconfig, Sdkconfig, type SdkconfigSettings } from './sdkconfig.ts';
import { sdkconfigFallbackDns, sdkconfigNotes, sdkconfigOpt, sdkconfigTickUs } from './sdkconfig_effects.ts';
import { BoardPort } from './stack_port.ts';
import { CallNote, TcpProbe } from './tcp_probe.ts';
import type { Trace } from './trace.ts';
import { WallClock } from './wall_clock.ts';
import { WifiDriver } from './wifi/esp_wifi.ts';
import { WifiHardware } from './wifi/hardware.ts';
import { WifiDefault } from './wifi/wifi_default.ts';
import { type WiredConfig, WiredInterface } from './wired.ts';

export interface Esp32Options extends AddressOptions, FirmwareOptions {
  /** The segment that its interface is plugged into; left out for a board whose programs make their interfaces. */
  readonly lan?: Lan;
  /** The segment that its Ethernet is plugged into, which its programs drive by esp_eth_driver_install() and its like. */
  readonly eth?: Lan;
  /** Hardware addresses that it knows from boot on, by IP address, as if entered by etharp_add_static_entry(). */
  readonly neighbours?: Readonly<Record<string, string>>;
  /** Espressif's 24:0a:c4:00:00:01, :02 ... in order if left out. */
  readonly mac?: string;
  /** MTU of the interface; the segment's if left out. */
  readonly mtu?: number;
  /** When it is switched on, in microseconds of virtual time; at once if left out. */
  readonly bootUs?: number;
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
  readonly air: Air;
  readonly tickUs: number;
  readonly callTaps: CallTaps;
  takeNumber(): number;
  readonly nextNumber: number;
  random(name: string): RandomStream;
  onHazard(board: Esp32, name: HazardName): void;
  onPanic(panic: PanicRecord): void;
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

export class Esp32 implements TaskOwner, PlugOwner, EspNetifBoard {
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
  stack!: Stack;
  sockets!: Sockets;
  netifs!: EspNetifs;
  private events: DefaultLoop | null = null;
  private wallClock: WallClock | null = null;
  private timeClient: EspSntp | null = null;
  /** Its Ethernet; null without one. */
  readonly eth: EthDriver | null;
  private wifiParts: WifiHardware | null = null;
  private wifiDriver: WifiDriver | null = null;
  private defaultWifi: WifiDefault | null = null;
  readonly world: BoardWorld;
  opt: Opt;
  /** By key of the interface; null if they are not kept. */
  private readonly storedAddresses: Map<string, number> | null;
  readonly options: Esp32Options;
  private readonly firmware: BoardFirmware | null;
  private programs: BootProgram[] = [];
  private readonly chance: RandomStream;
  /** The interface of its options, and where that is plugged in; null for a board without one. */
  private readonly wiredConfig: WiredConfig | null;
  private readonly plug: Plug | null;
  /** The interface of its options; null for a board whose programs make their interfaces, or that was never on. */
  wiredInterface: WiredInterface | null = null;
  private tcpipTask!: Task;
  tcpip!: TcpipThread;
  /** Planned lack of memory; null if there is enough. */
  private scarcity: Scarcity | null = null;

  /** Made by world.esp32(). */
  constructor(world: BoardWorld, name: string, mac: string, options: Esp32Options) {
    this.world = world;
    this.name = name;
    this.options = options;
    this.mac = parseEthAddr(options.mac ?? mac);
    this.firmware = options.firmware === undefined ? null : new BoardFirmware(this, options.firmware, options);
    const { sdkconfig = options.firmware?.sdkconfig ?? NO_SETTINGS } = options;
    this.sdkconfig = sdkconfig instanceof Sdkconfig ? sdkconfig : makeSdkconfig(sdkconfig);
    this.tickUs = options.firmware?.tickUs ?? sdkconfigTickUs(this.sdkconfig) ?? world.tickUs;
    this.opt = makeOpt({ ...sdkconfigOpt(this.sdkconfig), ...options.opt });
    this.storedAddresses = this.sdkconfig.value('CONFIG_LWIP_DHCP_RESTORE_LAST_IP') === true ? new Map() : null;
    const { lan } = options;
    if (lan === undefined) checkNoAddress(name, options);
    this.wiredConfig = lan === undefined ? null : netifConfig(options, this.localHostname, this.mac);
    this.plug = lan === undefined ? null : new Plug(this, lan, this.mac, options.mtu);
    this.sys = new BoardSys(world.scheduler, this);
    this.chance = world.random(`board ${name}`);
    this.eth = options.eth === undefined ? null : new EthDriver(this, options.eth, ethMac(this.mac));
    this.bootUs = Math.max(checkBootUs(options.bootUs), world.scheduler.nowUs);
    world.onBoot(() => this.powerOn(), this.bootUs);
  }

  /** CONFIG_LWIP_LOCAL_HOSTNAME */
  get localHostname(): string {
    return this.sdkconfig.value('CONFIG_LWIP_LOCAL_HOSTNAME') as string;
  }

  get scheduler(): Scheduler {
    return this.world.scheduler;
  }

  /** The time of day. */
  get clock(): WallClock {
    this.wallClock ??= new WallClock(() => this.scheduler.nowUs - this.bootUs);
    return this.wallClock;
  }

  /** Where the time of day may come from. */
  get esp_sntp(): EspSntp {
    this.timeClient ??= new EspSntp(this.sockets, this.clock, this.defaultLoop);
    return this.timeClient;
  }

  get trace(): Trace | null {
    return this.world.trace;
  }

  /** Its calls are recorded. */
  get keepsCalls(): boolean {
    const { trace } = this.world;
    return trace?.keep === true;
  }

  takeNumber(): number {
    return this.world.takeNumber();
  }

  /** The call on whose behalf the stack runs right now, by the running number of its start; -1 if there is none. */
  get causingCall(): number {
    const { observer } = this.tcpip;
    return observer instanceof CallNote ? observer.callNumber : -1;
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
    this.forgetEndedTasks();
    return this.createTask(program, name, options);
  }

  /** A task of the firmware. */
  addTask(task: Task): void {
    this.forgetEndedTasks();
    this.tasks = append(this.tasks, task);
  }

  private forgetEndedTasks(): void {
    this.tasks = this.tasks.filter((task) => task.state !== 'done');
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
    const lock = this.opt.LWIP_TCPIP_CORE_LOCKING === 0 ? null : new CoreLock(this.sys);
    this.tcpip = new TcpipThread(this.sys, this.opt.TCPIP_MBOX_SIZE, lock);
    this.stack = new Stack(new BoardPort(this, this.tcpip, this.chance), this.opt);
    this.tcpip.stack = this.stack;
    const fallback = sdkconfigFallbackDns(this.sdkconfig);
    if (fallback !== undefined) dns_setserver(this.stack, dns_fallback_server_index(this.stack), fallback);
    this.stack.scarcity = this.scarcity;
    if (this.trace?.withStates) this.tcpip.observer = new TcpProbe(this, this.trace);
    else if (this.keepsCalls) this.tcpip.observer = new CallNote();
    this.sockets = new Sockets(this.tcpip);
    this.netifs = new EspNetifs(this, this.sys);
    this.events = null;
    if (this.plug !== null) this.wiredInterface = this.wireUp(this.plug, this.wiredConfig!);
    this.wallClock = null;
    this.timeClient = null;
    const body = new TcpipBody(this.tcpip);
    this.tcpipTask = new Task(world.scheduler, this, TCPIP_THREAD_NAME, this.opt.TCPIP_THREAD_PRIO, body);
    this.tcpip.trypost(bringUp, this, null);
    world.scheduler.makeReady(this.tcpipTask);
    this.firmware?.boot();
    if (firstBoot) {
      for (const note of sdkconfigNotes(this.sdkconfig)) this.note(note);
      return;
    }
    for (const boot of this.programs) {
      this.scheduleStart(boot);
    }
  }

  /** Power loss: everything stops without a word. Programs are never resumed. */
  powerOff(): void {
    if (this.isOn) {
      this.stop();
      this.powerLosses++;
      this.tasks = [];
    }
    this.firmware?.powerOff();
  }

  /** Nothing of the board runs any more. */
  stop(): void {
    this.isOn = false;
    if (this.plug !== null) this.plug.cable = false;
    this.wifiDriver?.powerOff();
    this.wifiDriver = null;
    this.defaultWifi = null;
    this.eth?.powerOff();
    for (const task of this.tasks) this.scheduler.remove(task);
    this.scheduler.remove(this.tcpipTask);
    // A planned freeze ends with the power.
    if (this.hog !== null) this.scheduler.remove(this.hog);
  }

  /** Lines that the firmware printed, over all boots. */
  get log(): readonly LogRecord[] {
    return this.firmware?.console.records ?? [];
  }

  /** What the firmware died of since the board was powered on last; null if it lives. */
  get panic(): PanicRecord | null {
    return this.firmware?.panic ?? null;
  }

  /** Type something on the firmware's console. @param text with the newlines that end its lines */
  stdin(text: string): void {
    this.firmware?.type(text);
  }

  /** A frame for one of its interfaces has arrived. Used by the wire. */
  receive(frame: Frame, esp_netif: EspNetif | null): void {
    const netif = esp_netif === null ? null : esp_netif.netif;
    if (this.isOn && netif !== null && !this.stack.lacks('rx_pbuf')) this.tcpip.input(frame, netif);
    else frame.release();
  }

  /**
   * Show a call that a task begins to whoever looks at calls: fault plans, watchers. Only needed if `world.callTaps` is active.
   * @param fn name as in C  @param fd the descriptor that it is about, -1 if none  @param args as a trace shows them
   * @returns what is to run: the call, or something in its place
   */
  show<T>(task: Task, fn: string, fd: number, args: readonly (number | string)[], op: Op<T>): Op<T> {
    return this.world.callTaps.begin({ board: this, task, fn, fd, args }, op);
  }

  /** Have memory run short whenever the test says so. Used by fault plans. */
  addScarcity(test: (of: MemoryKind) => boolean): void {
    this.scarcity ??= new Scarcity();
    this.scarcity.tests.push(test);
    if (this.isOn) this.stack.scarcity = this.scarcity;
  }

  removeScarcity(test: (of: MemoryKind) => boolean): void {
    const tests = this.scarcity?.tests.filter((t) => t !== test) ?? [];
    this.scarcity = tests.length === 0 ? null : new Scarcity(tests);
    if (this.isOn) this.stack.scarcity = this.scarcity;
  }

  /** lwIP has driven into a defect from which a device does not come back: hang or panic. */
  stopForHazard(): never {
    this.stop();
    throw BOARD_STOPPED;
  }

  /** A program drove lwIP into a defect. */
  onHazard(name: HazardName): void {
    this.world.onHazard(this, name);
  }

  // Interfaces

  private wireUp(plug: Plug, config: WiredConfig): WiredInterface {
    const esp_netif = this.netifs.create(config.netif)!;
    return new WiredInterface(plug, esp_netif, config, () => {
      const info = esp_netif.esp_netif_get_ip_info();
      postIpEvent(this, esp_netif, { event: 'ip_assigned', info, ip_changed: false, mac: null });
    });
  }

  /** The interface of the board's options. @throws Error for a board without one */
  get wired(): WiredInterface {
    if (this.wiredInterface === null) {
      throw new Error(`Board ${this.name} has no interface of its own: it was made without a lan.`);
    }
    return this.wiredInterface;
  }

  /** The same as esp_netif sees it. */
  get esp_netif(): EspNetif {
    return this.wired.esp_netif;
  }

  /**
   * Another place on a wire, for an interface that a program makes by esp_netif_new(): it is what esp_netif_attach() takes.
   * @param mac "24:0a:c4:00:01:01"
   */
  plugInto(lan: Lan, mac: string): Plug {
    return new Plug(this, lan, parseEthAddr(mac));
  }

  /** Bring the interface of the options up, in the tcpip thread (rule S1). */
  bringUpNetif(): void {
    this.wiredInterface?.boot();
    for (const [ip, mac] of Object.entries(this.options.neighbours ?? {})) {
      etharp_add_static_entry(this.stack, parseIp('neighbours', ip), parseEthAddr(mac));
    }
  }

  get air(): Air {
    return this.world.air;
  }

  /** The default event loop, or the place where there will be one. */
  get defaultLoop(): DefaultLoop {
    this.events ??= new DefaultLoop(this.sys, Number(this.sdkconfig.value('CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE')));
    return this.events;
  }

  get eventLoop(): EventLoop | null {
    return this.events === null ? null : this.events.loop;
  }

  get wifiHardware(): WifiHardware {
    this.wifiParts ??= new WifiHardware();
    return this.wifiParts;
  }

  /** The Wi-Fi driver, made when somebody asks for it. */
  get wifi(): WifiDriver {
    this.wifiDriver ??= new WifiDriver(this);
    return this.wifiDriver;
  }

  get wifiDefault(): WifiDefault {
    this.defaultWifi ??= new WifiDefault(this);
    return this.defaultWifi;
  }

  /** Something that a reader of the trace must know. */
  note(text: string): void {
    this.trace?.notes.push({ kind: 'note', n: this.takeNumber(), tUs: this.scheduler.nowUs, board: this.name, text });
  }

  chooseDefault(esp_netif: EspNetif, isUp: boolean): void {
    this.netifs.chooseDefault(esp_netif, isUp);
  }

  /** With CONFIG_LWIP_DHCP_RESTORE_LAST_IP. Source: ESP-IDF dhcp_ip_addr_restore() */
  lastAddress(esp_netif: EspNetif): number {
    return this.storedAddresses?.get(esp_netif.config.if_key) ?? IPADDR_ANY;
  }

  /** An address has come or gone. Used by the interface. */
  onIpEvent(esp_netif: EspNetif, event: IpEvent): void {
    this.trace?.addEvent(ipEventRecord(this, esp_netif, event));
    postIpEvent(this, esp_netif, event);
    if (event.event !== 'ip_assigned' && event.event !== 'ip_changed') return;
    this.storedAddresses?.set(esp_netif.config.if_key, event.info.ip);
    this.netifs.wakeWaiters();
  }

  onIp6Event(esp_netif: EspNetif, ip: esp_ip6_addr_t): void {
    postIp6Event(this, esp_netif, ip);
  }

  /** Something outside the stack will end in an event, or may. */
  get isAboutToPost(): boolean {
    const loop = this.eventLoop;
    if (this.wifiDriver?.isUnderWay || this.eth?.isUnderWay) return true;
    if (loop === null) return false;
    return this.netifs.all.some((n) => {
      const mayLose = n.isLosingAddress && loop.hasProgramsHandler(IP_EVENT, n.config.lost_ip_event);
      return mayLose || n.isAboutToPost;
    });
  }

  /** Have the tcpip thread do something for a task. */
  inTcpipThread<T>(task: SysThread, action: () => T): Op<T> {
    return this.sockets.inTcpipThread(task, action);
  }
}

/** The tcpip thread as a task. */
class TcpipBody implements TaskBody {
  readonly callInProgress = null;
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

/** The Ethernet's address: the board's with three more in its last byte. Source: ESP-IDF mac_addr.c, esp_read_mac() */
function ethMac({ hi, lo }: EthAddr): EthAddr {
  return { hi, lo: (lo & ~0xff) | ((lo + 3) & 0xff) };
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

function checkBootUs(bootUs = 0): number {
  if (!Number.isInteger(bootUs) || bootUs < 0) {
    throw new RangeError(`bootUs must be a whole number of microseconds, not ${bootUs}.`);
  }
  return bootUs;
}
