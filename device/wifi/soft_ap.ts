/** A board as an access point: a network of its own, and events about who comes and goes. */

import { ERR_IF, type err_t } from '../../stack/err.ts';
import type { Frame } from '../../stack/frame.ts';
import { type EthAddr, ethAddrEquals, formatEthAddr } from '../../stack/prot/ethernet.ts';
import type { Air } from '../air/air.ts';
import { Bss, type BssOwner, type Member } from '../air/bss.ts';
import type { EspNetif, NetifDriver } from '../esp_netif.ts';
import { Plug, type PlugOwner } from '../plug.ts';
import {
  WIFI_AUTH_OPEN,
  WIFI_EVENT_AP_STACONNECTED,
  WIFI_EVENT_AP_STADISCONNECTED,
  WIFI_REASON_AUTH_EXPIRE,
  type wifi_ap_config_t,
  type wifi_event_ap_staconnected_t,
  type wifi_event_ap_stadisconnected_t,
  type wifi_sta_info_t,
} from './esp_wifi_types.ts';
import type { OwnNetwork, WifiHardware } from './hardware.ts';

/** What a soft-AP needs of its driver. */
export interface SoftApDriver extends PlugOwner {
  readonly air: Air;
  readonly hardware: WifiHardware;
  post(event_id: number, event_data: unknown): void;
}

const WIFI_MTU = 1500;
/** How strong a board's network is heard unless something else is set, in dBm. */
const SOFT_AP_RSSI = -40;
const MAX_CONNECTION_DEFAULT = 4;
const CHANNEL_DEFAULT = 1;

export class SoftAp implements NetifDriver, BssOwner {
  readonly mtu = WIFI_MTU;
  mac: EthAddr;
  config: wifi_ap_config_t;
  /** The interface above. */
  esp_netif: EspNetif | null = null;
  private readonly driver: SoftApDriver;

  constructor(driver: SoftApDriver, mac: EthAddr) {
    this.driver = driver;
    this.mac = mac;
    // What the driver of a chip without a stored configuration says.
    const last = formatEthAddr(mac).slice(9).replaceAll(':', '').toUpperCase();
    this.config = { ssid: `ESP_${last}`, authmode: WIFI_AUTH_OPEN };
  }

  /** Its network, once it was started. */
  get network(): Bss | null {
    return this.driver.hardware.network?.bss ?? null;
  }

  private get plug(): Plug | null {
    return this.driver.hardware.network?.plug ?? null;
  }

  get isOn(): boolean {
    return this.network?.isOn ?? false;
  }

  /** Put an interface on top of it, or take it away. */
  attach(esp_netif: EspNetif | null): void {
    this.esp_netif = esp_netif;
    if (this.plug !== null) this.plug.esp_netif = esp_netif;
  }

  /** Go on the air. The network keeps its wire through stops and restarts. */
  start(): void {
    const { bss, plug } = this.onAir();
    Object.assign(bss.config, bssConfig(this.config));
    bss.owner = this;
    plug.attach(this.esp_netif);
    plug.cable = true;
    bss.start();
  }

  private onAir(): OwnNetwork {
    const { driver } = this;
    const { air, hardware } = driver;
    if (hardware.network !== null) return hardware.network;
    const lan = air.world.lan({ name: `${driver.name} soft-AP` });
    const bss = new Bss(air, lan, this.mac, SOFT_AP_RSSI, bssConfig(this.config));
    hardware.network = { bss, plug: new Plug(driver, lan, this.mac, WIFI_MTU) };
    return hardware.network;
  }

  /** Its configuration has changed: who does not fit any more is sent away. */
  configure(config: wifi_ap_config_t): void {
    this.config = config;
    if (!this.isOn) return;
    this.network!.stop(WIFI_REASON_AUTH_EXPIRE);
    this.start();
  }

  stop(): void {
    this.network?.stop(WIFI_REASON_AUTH_EXPIRE);
    this.pull();
  }

  powerOff(): void {
    this.network?.vanish();
    this.pull();
  }

  private pull(): void {
    if (this.plug !== null) this.plug.cable = false;
  }

  // Stations

  stations(): wifi_sta_info_t[] {
    const { network } = this;
    if (network === null) return [];
    return network.members.map(({ member }) => ({
      mac: formatEthAddr(member.mac),
      rssi: network.rssiAt(member.name) ?? 0,
    }));
  }

  /** @param aid 0 for all  @returns false if there is none of that number */
  deauth(aid: number): boolean {
    const meant: Member[] = (this.network?.members ?? [])
      .filter((m) => aid === 0 || m.aid === aid)
      .map(({ member }) => member);
    for (const member of meant) this.network!.deauth(member, WIFI_REASON_AUTH_EXPIRE);
    return aid === 0 || meant.length > 0;
  }

  aidOf(mac: EthAddr): number {
    return this.network?.members.find(({ member }) => ethAddrEquals(member.mac, mac))?.aid ?? 0;
  }

  onJoin(mac: EthAddr, aid: number): void {
    const data: wifi_event_ap_staconnected_t = { mac: formatEthAddr(mac), aid, is_mesh_child: false };
    this.driver.post(WIFI_EVENT_AP_STACONNECTED, data);
  }

  onLeave(mac: EthAddr, aid: number, reason: number): void {
    const data: wifi_event_ap_stadisconnected_t = { mac: formatEthAddr(mac), aid, is_mesh_child: false, reason };
    this.driver.post(WIFI_EVENT_AP_STADISCONNECTED, data);
  }

  transmit(frame: Frame): err_t {
    return this.plug === null || !this.isOn ? ERR_IF : this.plug.transmit(frame);
  }
}

function bssConfig(config: wifi_ap_config_t) {
  const { ssid, password = '', channel = 0, authmode = WIFI_AUTH_OPEN, ssid_hidden = 0, max_connection = 0 } = config;
  return {
    ssid,
    password: authmode === WIFI_AUTH_OPEN ? '' : password,
    channel: channel === 0 ? CHANNEL_DEFAULT : channel,
    authmode,
    isHidden: ssid_hidden !== 0,
    maxStations: max_connection === 0 ? MAX_CONNECTION_DEFAULT : max_connection,
  };
}
