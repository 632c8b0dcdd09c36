/**
 * A board as a station: it looks for a network, joins it, and notices when it is gone. What takes time here is the radio;
 * the events are those of ESP-IDF's driver, in its order.
 * Source: ESP-IDF docs/en/api-guides/wifi.rst, "Station Connecting Scenario", "Wi-Fi Reason Code"
 */

import { ERR_IF, type err_t } from '../../stack/err.ts';
import type { Frame } from '../../stack/frame.ts';
import { ETHZERO, type EthAddr, formatEthAddr } from '../../stack/prot/ethernet.ts';
import type { Air, Heard } from '../air/air.ts';
import { type Bss, Later, type Member } from '../air/bss.ts';
import type { EspNetif, NetifDriver } from '../esp_netif.ts';
import type { Lan } from '../lan.ts';
import { Plug, type PlugOwner } from '../plug.ts';
import { utf8 } from '../utf8.ts';
import {
  WIFI_ALL_CHANNEL_SCAN,
  WIFI_AUTH_WPA3_PSK,
  WIFI_EVENT_STA_BEACON_TIMEOUT,
  WIFI_EVENT_STA_BSS_RSSI_LOW,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT,
  WIFI_REASON_ASSOC_EXPIRE,
  WIFI_REASON_ASSOC_LEAVE,
  WIFI_REASON_ASSOC_TOOMANY,
  WIFI_REASON_AUTH_EXPIRE,
  WIFI_REASON_AUTH_FAIL,
  WIFI_REASON_BEACON_TIMEOUT,
  WIFI_REASON_HANDSHAKE_TIMEOUT,
  type wifi_event_bss_rssi_low_t,
  type wifi_event_sta_connected_t,
  type wifi_event_sta_disconnected_t,
  type wifi_sta_config_t,
} from './esp_wifi_types.ts';
import type { WifiHardware } from './hardware.ts';
import { channelsFrom, choose, defaultDwellUs, Scan } from './scan.ts';

/** What a station needs of its driver. */
export interface StationDriver extends PlugOwner {
  readonly air: Air;
  readonly hardware: WifiHardware;
  post(event_id: number, event_data: unknown): void;
}

/** MTU of a Wi-Fi interface. */
const WIFI_MTU = 1500;
/** esp_wifi_set_inactive_time(WIFI_IF_STA): 6 s unless set. */
const INACTIVE_TIME_US = 6_000_000;
/** A program that gives up does so earlier. */
const FAILURES_MAX = 100;
/** In an event that tells of no access point. */
const NO_RSSI = -128;

export class WifiStation implements Member, NetifDriver {
  readonly mtu = WIFI_MTU;
  mac: EthAddr;
  private wanted: wifi_sta_config_t = { ssid: '' };
  inactiveTimeUs = INACTIVE_TIME_US;
  /** The interface above. */
  esp_netif: EspNetif | null = null;
  /** Below this an event tells of a weak signal, once; null for never. */
  rssiThreshold: number | null = null;
  state: 'idle' | 'connecting' | 'connected' = 'idle';
  private readonly driver: StationDriver;
  private scan: Scan | null = null;
  private bss: Bss | null = null;
  private aid = 0;
  private plug: Plug | null = null;
  /** The step that is under way; another number says that it does not matter any more. */
  private step = 0;
  /** Does not hear its network. */
  private isDeaf = false;
  /** Waits for the end of the radio's silence. */
  private silence: Later | null = null;
  /** What had changed on the air when it last failed, and how often it has failed since. */
  private changesAtFailure = -1;
  private failures = 0;

  constructor(driver: StationDriver, mac: EthAddr) {
    this.driver = driver;
    this.mac = mac;
  }

  get name(): string {
    return this.driver.name;
  }

  /** What it looks for. */
  get config(): wifi_sta_config_t {
    return this.wanted;
  }

  set config(config: wifi_sta_config_t) {
    this.wanted = config;
    this.failures = 0;
  }

  /** The network that it is in. */
  get current(): Bss | null {
    return this.state === 'connected' ? this.bss : null;
  }

  get associationId(): number {
    return this.aid;
  }

  /** It will connect, or has something to say, by itself. Who has failed so often while nothing changed will fail for ever. */
  get isUnderWay(): boolean {
    if (this.silence !== null) return true;
    const isHopeless = this.failures >= FAILURES_MAX && this.changesAtFailure === this.driver.air.changes;
    return this.state === 'connecting' && !isHopeless;
  }

  private get air(): Air {
    return this.driver.air;
  }

  private after(us: number, action: () => void): void {
    const { step } = this;
    const go = (): void => {
      if (this.step === step) action();
    };
    const { events, scheduler } = this.air.world;
    events.schedule(new Later(go, true), scheduler.nowUs + us);
  }

  /** Put an interface on top of it, or take it away. */
  attach(esp_netif: EspNetif | null): void {
    this.esp_netif = esp_netif;
    if (this.plug !== null) this.plug.esp_netif = esp_netif;
  }

  // Joining

  /** Look for the configured network and join it. */
  connect(): void {
    const { config, air } = this;
    this.state = 'connecting';
    this.step++;
    const { scan_method } = config;
    const isEnough = (heard: readonly Heard[]): boolean =>
      scan_method !== WIFI_ALL_CHANNEL_SCAN && choose(heard, config).candidates.length > 0;
    const channels = channelsFrom(config.channel ?? 0);
    this.scan = new Scan(air, this.name, channels, defaultDwellUs(air), isEnough, (heard) => {
      this.scan = null;
      const { candidates, reason } = choose(heard, config);
      this.tryNext(candidates, 0, 0, reason);
    });
  }

  /** @param tries how often this candidate has been tried */
  private tryNext(candidates: readonly Heard[], at: number, tries: number, reason: number): void {
    const candidate = candidates[at];
    if (candidate === undefined) {
      this.fail(candidates.at(-1) ?? null, reason);
      return;
    }
    this.bss = candidate.bss;
    const again = tries < (this.config.failure_retry_cnt ?? 0);
    this.authenticate(candidate.bss, (why) => {
      if (again) this.tryNext(candidates, at, tries + 1, why);
      else this.tryNext(candidates, at + 1, 0, why);
    });
  }

  /** @returns the network hears it and answers this step */
  private answers(bss: Bss, step: Bss['refuses']): boolean {
    return bss.rssiAt(this.name) !== null && bss.refuses !== step;
  }

  private authenticate(bss: Bss, failed: (reason: number) => void): void {
    const { times } = this.air;
    this.after(times.authUs, () => {
      if (!this.answers(bss, 'auth')) {
        this.after(times.authTimeoutUs - times.authUs, () => failed(WIFI_REASON_AUTH_EXPIRE));
      } else if (bss.config.authmode === WIFI_AUTH_WPA3_PSK && !this.knowsPassword(bss)) failed(WIFI_REASON_AUTH_FAIL);
      else this.associate(bss, failed);
    });
  }

  private associate(bss: Bss, failed: (reason: number) => void): void {
    const { times } = this.air;
    this.after(times.assocUs, () => {
      if (!this.answers(bss, 'assoc')) {
        this.after(times.assocTimeoutUs - times.assocUs, () => failed(WIFI_REASON_ASSOC_EXPIRE));
      } else if (bss.isFull(this)) failed(WIFI_REASON_ASSOC_TOOMANY);
      else if (bss.isOpen) this.join(bss, failed);
      else this.shakeHands(bss, failed);
    });
  }

  private shakeHands(bss: Bss, failed: (reason: number) => void): void {
    const { times } = this.air;
    this.after(times.handshakeUs, () => {
      const answers = this.answers(bss, 'handshake');
      if (answers && this.knowsPassword(bss)) this.join(bss, failed);
      else {
        const reason = answers ? WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT : WIFI_REASON_HANDSHAKE_TIMEOUT;
        this.after(times.handshakeTimeoutUs - times.handshakeUs, () => failed(reason));
      }
    });
  }

  private knowsPassword(bss: Bss): boolean {
    return this.config.password === bss.config.password;
  }

  private join(bss: Bss, failed: (reason: number) => void): void {
    this.aid = bss.join(this);
    if (this.aid === 0) {
      failed(WIFI_REASON_ASSOC_TOOMANY);
      return;
    }
    this.state = 'connected';
    this.isDeaf = false;
    this.failures = 0;
    this.plug = this.plugInto(bss.lan);
    this.plug.cable = true;
    const { ssid, channel, authmode } = bss.config;
    const data: wifi_event_sta_connected_t = {
      ssid,
      ssid_len: utf8(ssid).length,
      bssid: formatEthAddr(bss.bssid),
      channel,
      authmode,
      aid: this.aid,
    };
    this.driver.post(WIFI_EVENT_STA_CONNECTED, data);
  }

  private plugInto(lan: Lan): Plug {
    const { plugs } = this.driver.hardware;
    let plug = plugs.get(lan);
    if (plug === undefined) {
      plug = new Plug(this.driver, lan, this.mac, WIFI_MTU);
      plugs.set(lan, plug);
    }
    plug.esp_netif = this.esp_netif;
    return plug;
  }

  private fail(candidate: Heard | null, reason: number): void {
    const { changes } = this.air;
    this.failures = this.changesAtFailure === changes ? this.failures + 1 : 1;
    this.changesAtFailure = changes;
    this.end(candidate?.bss ?? null, candidate?.rssi ?? NO_RSSI, reason);
  }

  // Leaving

  /** @returns false if there was nothing to leave */
  disconnect(reason = WIFI_REASON_ASSOC_LEAVE): boolean {
    if (this.state === 'idle') return false;
    const { bss } = this;
    if (this.state === 'connected') bss!.leave(this, reason);
    this.end(this.state === 'connected' ? bss : null, bss?.rssiAt(this.name) ?? NO_RSSI, reason);
    return true;
  }

  /** The driver's side of an end: no frame goes out any more, the event tells why. */
  private end(bss: Bss | null, rssi: number, reason: number): void {
    this.stopRadio();
    const ssid = bss?.config.ssid ?? this.config.ssid;
    const data: wifi_event_sta_disconnected_t = {
      ssid,
      ssid_len: utf8(ssid).length,
      bssid: formatEthAddr(bss?.bssid ?? ETHZERO),
      reason,
      rssi,
    };
    this.driver.post(WIFI_EVENT_STA_DISCONNECTED, data);
  }

  private stopRadio(): void {
    this.step++;
    this.scan?.stop();
    this.scan = null;
    this.cancelSilence();
    if (this.plug !== null) this.plug.cable = false;
    this.plug = null;
    this.bss = null;
    this.aid = 0;
    this.state = 'idle';
  }

  /** The power is gone. */
  powerOff(): void {
    if (this.state === 'connected') this.bss!.lose(this);
    this.stopRadio();
  }

  /** The network sends it away. */
  onDeauth(bss: Bss, reason: number): void {
    if (this.current === bss) this.end(bss, bss.rssiAt(this.name) ?? NO_RSSI, reason);
  }

  /** Source: ESP-IDF's documentation of WIFI_EVENT_STA_BEACON_TIMEOUT and WIFI_REASON_BEACON_TIMEOUT */
  onSignal(bss: Bss): void {
    if (this.current !== bss) return;
    const rssi = bss.rssiAt(this.name);
    this.plug!.cable = rssi !== null;
    if (rssi !== null) {
      this.cancelSilence();
      if (this.rssiThreshold !== null && rssi < this.rssiThreshold) this.reportWeakness(rssi);
    } else if (!this.isDeaf) this.listen(this.inactiveTimeUs, () => this.probe(bss));
    this.isDeaf = rssi === null;
  }

  private reportWeakness(rssi: number): void {
    this.rssiThreshold = null;
    const data: wifi_event_bss_rssi_low_t = { rssi };
    this.driver.post(WIFI_EVENT_STA_BSS_RSSI_LOW, data);
  }

  private probe(bss: Bss): void {
    this.driver.post(WIFI_EVENT_STA_BEACON_TIMEOUT, null);
    this.listen(this.air.times.probeUs, () => {
      bss.lose(this);
      this.end(bss, NO_RSSI, WIFI_REASON_BEACON_TIMEOUT);
    });
  }

  private listen(us: number, action: () => void): void {
    const { events, scheduler } = this.air.world;
    this.silence = new Later(() => {
      this.silence = null;
      action();
    }, true);
    events.schedule(this.silence, scheduler.nowUs + us);
  }

  private cancelSilence(): void {
    if (this.silence !== null) this.air.world.events.cancel(this.silence);
    this.silence = null;
  }

  // Frames

  /** Without a network the driver takes no frames. Source: esp_wifi_internal_tx() */
  transmit(frame: Frame): err_t {
    return this.plug === null ? ERR_IF : this.plug.transmit(frame);
  }
}
