/** An access point: a network on the air with a router behind it. Everything about it can be changed while the world runs. */

import { type EthAddr, parseEthAddr } from '../../stack/prot/ethernet.ts';
import type { DhcpsOptions } from '../dhcpserver.ts';
import type { Lan } from '../lan.ts';
import { type DhcpServerOptions, dhcpsOptions, parseAddress } from '../netif_config.ts';
import { WIFI_AUTH_OPEN, WIFI_AUTH_WPA2_PSK, WIFI_REASON_AUTH_LEAVE } from '../wifi/esp_wifi_types.ts';
import type { Air, AirWorld } from './air.ts';
import { Bss, Later, type Refusal } from './bss.ts';
import type { Internet } from './internet.ts';
import { type DnsAnswer, NameServer } from './name_server.ts';
import { Router, type RouterWorld } from './router.ts';

export interface AccessPointOptions {
  readonly ssid: string;
  /** 8 to 63 characters; an open network if left out. */
  readonly password?: string;
  /** 1..13; 1 if left out. */
  readonly channel?: number;
  /** How strong boards hear it, in dBm; -50 if left out. See setRssi(). */
  readonly rssi?: number;
  /** WIFI_AUTH_WPA2_PSK with a password and WIFI_AUTH_OPEN without one if left out. */
  readonly authmode?: number;
  /** "02:00:00:00:10:01"; the next of a row if left out. */
  readonly bssid?: string;
  /** Its name in traces; the SSID if left out. */
  readonly name?: string;
  /** Not shown by scans that do not ask for it. */
  readonly hidden?: boolean;
  readonly maxStations?: number;
  /** The router's own address and its network; "192.168.1.1/24" if left out. */
  readonly gateway?: string;
  /** False: it gives no addresses. Else which, and for how long. */
  readonly dhcp?: boolean | DhcpServerOptions;
  /** What its name server knows: addresses by name, or how it fails. */
  readonly dns?: Readonly<Record<string, DnsAnswer>>;
  /** False: nothing behind it can be reached. */
  readonly internet?: boolean;
  /** From a station to the access point and back, each way, in microseconds; 1000 if left out. */
  readonly latencyUs?: number;
  readonly bitsPerSecond?: number;
  /** False: it is off until powerOn(). */
  readonly isOn?: boolean;
}

/** What an access point needs of its world. */
export interface AccessPointWorld extends RouterWorld, AirWorld {
  readonly air: Air;
  readonly internet: Internet;
  /** Leave a note in the trace. */
  note(text: string, board: string): void;
}

const DEFAULT_RSSI = -50;
const DEFAULT_GATEWAY = '192.168.1.1/24';
const MANY_STATIONS = 32;
const CHANNEL_MAX = 13;
/** Longer than the longest pause of a DHCP client without an answer. */
const SINK_IN_US = 10_000_000;

export class AccessPoint {
  readonly name: string;
  /** The wire that its stations share: for faults of their frames. */
  readonly lan: Lan;
  /** What its name server answers; set() changes it. */
  readonly dns: NameServer;
  private isConnected: boolean;
  private readonly world: AccessPointWorld;
  private readonly bss: Bss;
  private readonly router: Router;

  /** Made by world.accessPoint(). @param n how many there are before it */
  constructor(world: AccessPointWorld, n: number, options: AccessPointOptions) {
    const { ssid, latencyUs = 1000, bitsPerSecond = 0, internet = true, isOn = true } = options;
    this.world = world;
    this.name = options.name ?? ssid;
    this.isConnected = internet;
    this.lan = world.lan({ name: this.name, latencyUs, bitsPerSecond });
    this.dns = new NameServer((us, action) => this.later(us, action), options.dns ?? {});
    const bssid = parseEthAddr(options.bssid ?? `02:00:00:00:10:${(n + 1).toString(16).padStart(2, '0')}`);
    this.bss = new Bss(world.air, this.lan, bssid, options.rssi ?? DEFAULT_RSSI, bssConfig(options));
    this.router = this.makeRouter(bssid, options);
    world.internet.addRouter(this.router, () => this.isConnected && this.isOn);
    if (isOn) this.start();
  }

  private makeRouter(mac: EthAddr, { gateway = DEFAULT_GATEWAY, dhcp = true }: AccessPointOptions): Router {
    const { world, name, lan, dns } = this;
    const { ip, netmask } = parseAddress(gateway, undefined, 'gateway');
    const dhcps: Partial<DhcpsOptions> | null = dhcp === false ? null : dhcpsOptions(dhcp === true ? {} : dhcp);
    return new Router(world, name, lan, mac, { ip, netmask }, dhcps, dns, world.internet);
  }

  private later(us: number, action: () => void): void {
    const { events, scheduler } = this.world;
    events.schedule(new Later(action, false), scheduler.nowUs + us);
  }

  /** Whoever has given up hope, but tries now and then, is to notice: the world is not at rest for a while. */
  private letItSinkIn(): void {
    this.later(SINK_IN_US, () => undefined);
  }

  private start(): void {
    this.router.start();
    this.bss.start();
  }

  // Power

  get isOn(): boolean {
    return this.bss.isOn;
  }

  /** It is gone without a word: its stations notice when the beacons stay away. */
  powerOff(): void {
    if (!this.isOn) return;
    this.world.note('access point off', this.name);
    this.bss.vanish();
    this.router.stop();
  }

  /** It boots: no station is known, no lease. */
  powerOn(): void {
    if (this.isOn) return;
    this.world.note('access point on', this.name);
    this.start();
    this.letItSinkIn();
  }

  /** Off, and on again. @param offUs how long that takes, in microseconds */
  reboot(offUs: number): void {
    this.powerOff();
    this.later(offUs, () => this.powerOn());
  }

  // What it does to its stations

  /**
   * How strong it is heard. @param rssi dBm, null for out of range
   * @param board by one board; by all that have no value of their own if left out
   */
  setRssi(rssi: number | null, board: string | null = null): void {
    this.bss.setRssi(board, rssi);
  }

  /** Send a station away. @param board its name  @param reason WIFI_REASON_ number  @returns false if it is not connected here */
  deauth(board: string, reason: number = WIFI_REASON_AUTH_LEAVE): boolean {
    const membership = this.bss.members.find(({ member }) => member.name === board);
    return membership !== undefined && this.bss.deauth(membership.member, reason);
  }

  /** Names of the boards that are connected, in order of coming. */
  get stations(): readonly string[] {
    return this.bss.members.map(({ member }) => member.name);
  }

  /** From now on it does not answer at this step of joining; null: it does again. */
  refuse(step: Refusal | null): void {
    this.bss.refuses = step;
    this.bss.tellAll();
  }

  /** Another password; who is connected stays. */
  setPassword(password: string): void {
    this.bss.config.password = password;
    this.bss.tellAll();
  }

  /** It gives addresses, or does not. Given ones are forgotten when it stops. */
  setDhcp(on: boolean): void {
    this.router.setDhcp(on);
    this.letItSinkIn();
  }

  /** The way to the internet is open. */
  get hasInternet(): boolean {
    return this.isConnected;
  }

  set hasInternet(isOpen: boolean) {
    this.isConnected = isOpen;
    this.letItSinkIn();
  }

  /** Other addresses, another lease: from the next start of its DHCP server on. */
  setDhcpOptions(options: DhcpServerOptions): void {
    Object.assign(this.router.dhcpsOptions, dhcpsOptions(options));
  }
}

function bssConfig(options: AccessPointOptions) {
  const { ssid, password = '', channel = 1, hidden = false, maxStations = MANY_STATIONS } = options;
  const { authmode = password === '' ? WIFI_AUTH_OPEN : WIFI_AUTH_WPA2_PSK } = options;
  if (!Number.isInteger(channel) || channel < 1 || channel > CHANNEL_MAX) {
    throw new RangeError(`The channel of an access point is a whole number from 1 to ${CHANNEL_MAX}, not ${channel}.`);
  }
  if ((authmode === WIFI_AUTH_OPEN) !== (password === '')) {
    throw new TypeError(
      `The access point "${ssid}" is ${password === '' ? 'protected but has no' : 'open but has a'} password.`,
    );
  }
  return { ssid, password, channel, authmode, isHidden: hidden, maxStations };
}
