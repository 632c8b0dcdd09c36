/** An Ethernet segment: boards, latency, rate, and the misfortunes of a wire (rule E5). */

import { FRAME_START, type Frame, type FramePool } from '../stack/frame.ts';
import { getI32, getU16 } from '../stack/prot/bytes.ts';
import { ETH_DEST, type EthAddr } from '../stack/prot/ethernet.ts';
import { type EventQueue, EventSource } from './events.ts';
import type { FramePlan } from './faults/frame_plan.ts';
import { FrameView } from './faults/frame_view.ts';
import { type Fate, Faults, lose } from './faults/wire.ts';
import type { Scheduler } from './freertos.ts';
import type { FrameRecord, Trace } from './trace.ts';

export interface LanOptions {
  /** For the trace; "lan0", "lan1" in order if left out. */
  readonly name?: string;
  /** From the last bit sent to its arrival, in whole microseconds; 1000 if left out. */
  readonly latencyUs?: number;
  /** Rate of each sender; 0 (or left out) is infinitely fast. */
  readonly bitsPerSecond?: number;
  /** MTU of the boards' interfaces, bytes of an IP packet; 1500 if left out. */
  readonly mtu?: number;
}

/** What stands at a port: a board's network interface. */
export interface Station {
  readonly name: string;
  /** For the trace: running number of the start of the call on whose behalf it sends right now, -1 if there is none. */
  readonly causingCall?: number;
  readonly mac: EthAddr;
  /** Takes over a reference. */
  receive(frame: Frame): void;
}

/** A station's place on the wire. */
export interface Port {
  readonly station: Station;
  /** The cable is plugged in. */
  cable: boolean;
  /** Frames sent so far. */
  sent: number;
  /** When the sender's last frame will be out. */
  busyUntilUs: number;
  /** Frames that wait for later ones to overtake them; null if there are none. */
  held: Held[] | null;
}

/** What a lan needs of its world. */
export interface LanWorld {
  readonly events: EventQueue;
  readonly scheduler: Scheduler;
  readonly frames: FramePool;
  readonly trace: Trace | null;
  /** Fill in and verify all checksums instead of trusting them. */
  readonly strictChecksums: boolean;
  /** The planned faults of all wires. */
  readonly framePlan: FramePlan;
  takeNumber(): number;
}

/** A frame of the test's own. */
export interface Injection {
  /** Virtual time in microseconds. */
  readonly tUs: number;
  /** Board that receives it, whatever the destination address says. */
  readonly to: string;
  readonly bytes: Uint8Array;
}

/** Set in the first byte of broadcast and multicast addresses. */
const GROUP_BIT = 0x0100;

export class Lan {
  readonly name: string;
  readonly latencyUs: number;
  readonly bitsPerSecond: number;
  readonly mtu: number;
  readonly faults = new Faults();
  private readonly world: LanWorld;
  private readonly ports: Port[] = [];
  /** Ports by hardware address, so that a frame for one board costs the same among thousands. */
  private readonly byMac = new Map<number, Port[]>();
  private readonly wire: Wire;

  /** Made by world.lan(). */
  constructor(world: LanWorld, name: string, options: LanOptions) {
    this.world = world;
    this.name = options.name ?? name;
    this.latencyUs = wholeNumber('latencyUs', options.latencyUs ?? 1000, 0);
    this.bitsPerSecond = wholeNumber('bitsPerSecond', options.bitsPerSecond ?? 0, 0);
    this.mtu = wholeNumber('mtu', options.mtu ?? 1500, 68, 0xffff);
    this.wire = new Wire(world.events);
  }

  /** Plug a station in. */
  attach(station: Station): Port {
    const port: Port = { station, cable: true, sent: 0, busyUntilUs: 0, held: null };
    this.ports.push(port);
    const key = macKey(station.mac.hi, station.mac.lo);
    const same = this.byMac.get(key);
    if (same === undefined) this.byMac.set(key, [port]);
    else same.push(port);
    return port;
  }

  /** A board is plugged in here, or was. */
  has(board: string): boolean {
    return this.ports.some((p) => p.station.name === board);
  }

  /** Frames that all stations have sent so far. */
  get sent(): number {
    return this.ports.reduce((sum, port) => sum + port.sent, 0);
  }

  /** The port of a board. @throws RangeError if it is not on this segment */
  portOf(board: string): Port {
    const port = this.ports.find((p) => p.station.name === board);
    if (port === undefined) throw new RangeError(`There is no board named "${board}" on ${this.name}.`);
    return port;
  }

  /** A driver sends a frame, which it keeps its reference to. */
  send(from: Port, frame: Frame): void {
    const { world } = this;
    const index = from.sent++;
    if (world.strictChecksums) frame.fillSumsStrictly();
    const isUntouched = this.faults.isEmpty && from.cable && !world.framePlan.isActive;
    const fate = isUntouched ? null : this.judge(from, index, frame);
    if (world.trace !== null) this.record(from.station, frame, fate?.labels.join('+') ?? '', fate?.lost ?? false);
    if (fate === null) this.deliver(from, frame, null);
    else if (!fate.lost) this.deliverOrHold(from, frame, fate);
    if (from.held !== null) this.letGo(from, frame);
    fate?.afterwards?.();
  }

  private judge(from: Port, index: number, frame: Frame): Fate {
    const { framePlan, scheduler } = this.world;
    const sent = new FrameView(frame, from.station.name, index, scheduler.nowUs, this.name, this.receiverOf(frame));
    const fate = this.faults.judge(sent);
    if (!from.cable) lose(fate, 'nocable');
    if (framePlan.isActive) framePlan.judge(sent, fate, this);
    return fate;
  }

  /** The one board that a frame is addressed to, '' if there is none or more than one. */
  private receiverOf(frame: Frame): string {
    const ports = this.receiversOf(frame);
    return ports.length === 1 && ports !== this.ports ? ports[0]!.station.name : '';
  }

  /** @param from null: nobody, a frame of the test or of a fault */
  private record(from: Station | null, frame: Frame, fault: string, lost: boolean): void {
    const { world } = this;
    const trace = world.trace!;
    frame.number = world.takeNumber();
    const record: FrameRecord = {
      kind: 'frame',
      n: frame.number,
      tUs: world.scheduler.nowUs,
      lan: this.name,
      from: from === null ? '' : from.name,
      fault,
      lost,
      bytes: trace.keep ? frame.view().slice() : frame.view(),
    };
    const call = from?.causingCall ?? -1;
    trace.addFrame(call < 0 ? record : { ...record, call });
  }

  /** Schedule the arrivals: for every other station in order, each directly followed by its copies. */
  private deliver(from: Port, frame: Frame, fate: Fate | null): void {
    const { nowUs } = this.world.scheduler;
    let arrival = nowUs + this.latencyUs;
    if (this.bitsPerSecond > 0) {
      from.busyUntilUs = Math.max(from.busyUntilUs, nowUs) + Math.ceil((frame.len * 8e6) / this.bitsPerSecond);
      arrival = from.busyUntilUs + this.latencyUs;
    }
    if (fate !== null && isChanged(fate)) {
      this.deliverChanged(from, frame, fate, arrival);
      return;
    }
    for (const port of this.receiversOf(frame)) {
      if (port === from) continue;
      frame.refs++;
      if (this.bitsPerSecond > 0) this.oneArrival(port, frame, arrival);
      else this.wire.push(port, frame, arrival);
    }
  }

  private deliverChanged(from: Port, frame: Frame, fate: Fate, arrival: number): void {
    const changed = this.changed(frame, fate);
    for (const port of this.ports) {
      if (port === from || port.station.name === fate.notTo) continue;
      for (let i = 0; i <= fate.copies; i++) {
        changed.refs++;
        this.oneArrival(port, changed, arrival + fate.delayUs + i * fate.copyGapUs);
      }
    }
    changed.release();
  }

  /** What arrives: the frame, or a copy of it, as a frame that was sent is immutable. One reference for the caller. */
  private changed(frame: Frame, fate: Fate): Frame {
    if (fate.bytes === null && fate.corruptions.length === 0) {
      frame.refs++;
      return frame;
    }
    frame.fillSums();
    const copy = fate.bytes === null ? frame.clone() : this.world.frames.copyOf(fate.bytes);
    copy.number = frame.number;
    for (const { offset, xor } of fate.corruptions) {
      if (offset < copy.len) copy.bytes[FRAME_START + offset]! ^= xor;
    }
    return copy;
  }

  // Reordering

  private deliverOrHold(from: Port, frame: Frame, fate: Fate): void {
    if (fate.behind === 0) {
      this.deliver(from, frame, fate);
      return;
    }
    frame.refs++;
    const held = new Held(frame, fate.behind, () => {
      from.held = from.held!.filter((h) => h !== held);
      if (from.held.length === 0) from.held = null;
      this.deliver(from, frame, fate);
      frame.release();
    });
    from.held = [...(from.held ?? []), held];
    this.world.events.schedule(held, this.world.scheduler.nowUs + fate.withinUs);
  }

  /** A frame was sent: those that waited for it follow. */
  private letGo(from: Port, sent: Frame): void {
    for (const held of from.held!) {
      if (held.frame === sent || --held.behind > 0) continue;
      this.world.events.cancel(held);
      held.fire();
    }
  }

  private oneArrival(port: Port, frame: Frame, at: number): void {
    this.world.events.schedule(new Arrival(port, frame), at);
  }

  /** The stations whose drivers will take the frame: one for a unicast address that is known here, else all. */
  private receiversOf(frame: Frame): readonly Port[] {
    const hi = getU16(frame.bytes, FRAME_START + ETH_DEST);
    if ((hi & GROUP_BIT) !== 0) return this.ports;
    return this.byMac.get(macKey(hi, getI32(frame.bytes, FRAME_START + ETH_DEST + 2))) ?? [];
  }

  /** Have a frame arrive at one board at a certain time. Its bytes are taken as they are, past the driver's filter. */
  inject({ tUs, to, bytes }: Injection): void {
    const { world } = this;
    const port = this.portOf(to);
    if (tUs < world.scheduler.nowUs) {
      throw new RangeError(`A frame cannot be injected at ${tUs} us: it is ${world.scheduler.nowUs} us already.`);
    }
    world.events.schedule(new InjectedArrival(port, world.frames.copyOf(bytes)), tUs);
  }

  /** Put a frame that no board has sent on the wire for one board. Takes the reference. @param label for the trace */
  insert(frame: Frame, to: string, atUs: number, label: string): void {
    if (this.world.trace !== null) this.record(null, frame, label, false);
    this.world.events.schedule(new InjectedArrival(this.portOf(to), frame), atUs);
  }
}

function isChanged(fate: Fate): boolean {
  const { delayUs, copies, corruptions, bytes, notTo } = fate;
  return delayUs > 0 || copies > 0 || corruptions.length > 0 || bytes !== null || notTo !== '';
}

function wholeNumber(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new RangeError(`${name} must be a whole number ${range}, not ${value}.`);
  }
  return value;
}

/** Of 32 bits, as V8 finds only those without effort. Two addresses may share one: a driver takes only what is for it. */
function macKey(hi: number, lo: number): number {
  return (hi << 16) ^ lo;
}

/** A frame reaches a station, whose driver filters by destination address. */
function arrive(port: Port, frame: Frame): void {
  const { mac } = port.station;
  const hi = getU16(frame.bytes, FRAME_START + ETH_DEST);
  const forIt = (hi & GROUP_BIT) !== 0 || (hi === mac.hi && getI32(frame.bytes, FRAME_START + ETH_DEST + 2) === mac.lo);
  if (forIt && port.cable) port.station.receive(frame);
  else frame.release();
}

/** A frame that waits until others have overtaken it. */
class Held extends EventSource {
  readonly frame: Frame;
  /** So many more. */
  behind: number;
  private readonly deliver: () => void;

  constructor(frame: Frame, behind: number, deliver: () => void) {
    super();
    this.frame = frame;
    this.behind = behind;
    this.deliver = deliver;
  }

  override fire(): void {
    this.deliver();
  }
}

class Arrival extends EventSource {
  protected readonly port: Port;
  protected readonly frame: Frame;

  constructor(port: Port, frame: Frame) {
    super();
    this.port = port;
    this.frame = frame;
  }

  override fire(): void {
    arrive(this.port, this.frame);
  }
}

class InjectedArrival extends Arrival {
  override fire(): void {
    if (this.port.cable) this.port.station.receive(this.frame);
    else this.frame.release();
  }
}

/** Frames in flight over a constant delay: they arrive in the order of sending, so a ring buffer holds them. */
class Wire extends EventSource {
  private readonly events: EventQueue;
  private ports: (Port | null)[] = new Array<Port | null>(8).fill(null);
  private frames: (Frame | null)[] = new Array<Frame | null>(8).fill(null);
  private dues: number[] = new Array<number>(8).fill(0);
  private orders: number[] = new Array<number>(8).fill(0);
  private first = 0;
  private count = 0;

  constructor(events: EventQueue) {
    super();
    this.events = events;
  }

  push(port: Port, frame: Frame, due: number): void {
    if (this.count === this.ports.length) this.grow();
    const i = (this.first + this.count++) & (this.ports.length - 1);
    this.ports[i] = port;
    this.frames[i] = frame;
    this.dues[i] = due;
    this.orders[i] = this.events.takeOrder();
    if (this.count === 1) this.events.scheduleInOrder(this, due, this.orders[i]!);
  }

  override fire(): void {
    const i = this.first;
    const port = this.ports[i]!;
    const frame = this.frames[i]!;
    this.frames[i] = null;
    this.first = (i + 1) & (this.ports.length - 1);
    if (--this.count > 0) this.events.scheduleInOrder(this, this.dues[this.first]!, this.orders[this.first]!);
    arrive(port, frame);
  }

  private grow(): void {
    const turn = <T>(old: T[], empty: T): T[] => [
      ...old.slice(this.first),
      ...old.slice(0, this.first),
      ...new Array<T>(old.length).fill(empty),
    ];
    this.ports = turn<Port | null>(this.ports, null);
    this.frames = turn<Frame | null>(this.frames, null);
    this.dues = turn(this.dues, 0);
    this.orders = turn(this.orders, 0);
    this.first = 0;
  }
}
