/** A network on the air: an access point's or a board's. Who is in it, who hears it, what it does to those who come. */

import { type EthAddr, ethAddrEquals } from '../../stack/prot/ethernet.ts';
import { EventSource } from '../events.ts';
import type { Lan } from '../lan.ts';
import { WIFI_AUTH_OPEN, WIFI_REASON_AP_TSF_RESET, WIFI_REASON_ASSOC_EXPIRE } from '../wifi/esp_wifi_types.ts';
import type { Air } from './air.ts';

/** What a network says of itself. */
export interface BssConfig {
  ssid: string;
  password: string;
  channel: number;
  authmode: number;
  isHidden: boolean;
  maxStations: number;
}

/** At which step an access point stops answering those who want to join. */
export type Refusal = 'auth' | 'assoc' | 'handshake';

/** A station in a network, as the network sees it. */
export interface Member {
  /** Its board. */
  readonly name: string;
  readonly mac: EthAddr;
  /** The network sends it away. */
  onDeauth(bss: Bss, reason: number): void;
  /** It can, or cannot, hear the network any more; or it hears it with another strength. */
  onSignal(bss: Bss): void;
}

/** Is told who comes and goes: a board that is the access point. */
export interface BssOwner {
  onJoin(mac: EthAddr, aid: number): void;
  onLeave(mac: EthAddr, aid: number, reason: number): void;
}

interface Membership {
  readonly member: Member;
  readonly aid: number;
}

/** An access point forgets a station that has been silent for so long. Source: ESP-IDF esp_wifi_set_inactive_time() */
const AP_INACTIVE_US = 300_000_000;
/** Most stations that an association number is given to. */
const AID_MAX = 2007;

export class Bss {
  readonly bssid: EthAddr;
  readonly config: BssConfig;
  readonly lan: Lan;
  refuses: Refusal | null = null;
  private readonly air: Air;
  /** Null for an access point that is no board. */
  owner: BssOwner | null = null;
  private isOnAir = false;
  private memberships: Membership[] = [];
  /** Stations that do not know yet that the access point has begun anew. */
  private forgotten: Member[] = [];
  /** dBm for boards that have one of their own, null for out of range. */
  private readonly rssis = new Map<string, number | null>();
  private rssi: number | null;

  constructor(air: Air, lan: Lan, bssid: EthAddr, rssi: number, config: BssConfig) {
    this.air = air;
    this.lan = lan;
    this.bssid = bssid;
    this.rssi = rssi;
    this.config = config;
    air.add(this);
  }

  get channel(): number {
    return this.config.channel;
  }

  get isOn(): boolean {
    return this.isOnAir;
  }

  get isOpen(): boolean {
    return this.config.authmode === WIFI_AUTH_OPEN;
  }

  // On the air

  /** How strong a board hears it, in dBm; null if it does not. */
  rssiAt(board: string): number | null {
    if (!this.isOnAir || this.air.isDeaf(board)) return null;
    const own = this.rssis.get(board);
    return own === undefined ? this.rssi : own;
  }

  /** @param board one board, or null for all that have no value of their own  @param rssi dBm, null for out of range */
  setRssi(board: string | null, rssi: number | null): void {
    if (board === null) this.rssi = rssi;
    else this.rssis.set(board, rssi);
    this.tellAll();
  }

  /** Begin, or begin anew: stations that were members and have not noticed are told by the next beacon. */
  start(): void {
    if (this.isOnAir) return;
    this.isOnAir = true;
    this.tellAll();
    if (this.forgotten.length === 0) return;
    const { world, times } = this.air;
    world.events.schedule(new Later(() => this.sendForgottenAway(), false), world.scheduler.nowUs + times.beaconUs);
  }

  private sendForgottenAway(): void {
    if (!this.isOnAir) return;
    for (const member of this.forgotten.splice(0)) {
      if (this.rssiAt(member.name) !== null) member.onDeauth(this, WIFI_REASON_AP_TSF_RESET);
    }
  }

  /** End without a word: the power is gone. */
  vanish(): void {
    if (!this.isOnAir) return;
    this.isOnAir = false;
    this.forgotten = this.memberships.map((m) => m.member);
    this.memberships = [];
    this.air.changes++;
    for (const member of this.forgotten) member.onSignal(this);
  }

  /** End properly: everybody is sent away first. */
  stop(reason: number): void {
    for (const { member } of [...this.memberships]) this.deauth(member, reason);
    this.vanish();
  }

  /** Something that stations depend on has changed. */
  tellAll(): void {
    this.air.changes++;
    for (const { member } of [...this.memberships]) member.onSignal(this);
  }

  // Members

  get members(): readonly Membership[] {
    return this.memberships;
  }

  /** There is no room for one more. */
  isFull(member: Member): boolean {
    const isMember = this.memberships.some((m) => ethAddrEquals(m.member.mac, member.mac));
    return !isMember && this.memberships.length >= this.config.maxStations;
  }

  /** Take a station in. @returns its association number; 0 if there are too many */
  join(member: Member): number {
    this.forgotten = this.forgotten.filter((m) => m !== member);
    if (this.isFull(member)) return 0;
    this.drop(member);
    let aid = 1;
    while (aid <= AID_MAX && this.memberships.some((m) => m.aid === aid)) aid++;
    this.memberships.push({ member, aid });
    this.owner?.onJoin(member.mac, aid);
    return aid;
  }

  /** A station says good-bye. */
  leave(member: Member, reason: number): void {
    this.forgotten = this.forgotten.filter((m) => m !== member);
    const membership = this.drop(member);
    if (membership !== undefined) this.owner?.onLeave(member.mac, membership.aid, reason);
  }

  /** A station has gone without a word: it is forgotten when it has been silent long enough. */
  lose(member: Member): void {
    this.forgotten = this.forgotten.filter((m) => m !== member);
    const membership = this.memberships.find((m) => m.member === member);
    if (membership === undefined) return;
    const { world } = this.air;
    const forget = (): void => {
      if (this.memberships.includes(membership)) this.leave(member, WIFI_REASON_ASSOC_EXPIRE);
    };
    world.events.schedule(new Later(forget, true), world.scheduler.nowUs + AP_INACTIVE_US);
  }

  /** Send a station away. @returns false if it is not a member */
  deauth(member: Member, reason: number): boolean {
    const membership = this.drop(member);
    if (membership === undefined) return false;
    this.owner?.onLeave(member.mac, membership.aid, reason);
    if (this.rssiAt(member.name) !== null) member.onDeauth(this, reason);
    return true;
  }

  private drop(member: Member): Membership | undefined {
    const i = this.memberships.findIndex((m) => ethAddrEquals(m.member.mac, member.mac));
    return i < 0 ? undefined : this.memberships.splice(i, 1)[0];
  }
}

/** A function at a time. */
export class Later extends EventSource {
  private readonly fn: () => void;

  /** @param isBackground it does not keep a world from being at rest */
  constructor(fn: () => void, isBackground: boolean) {
    super(isBackground);
    this.fn = fn;
  }

  override fire(): void {
    this.fn();
  }
}
