/**
 * The Wi-Fi driver of a board: what it is asked for in which state, and what it answers. The radio is station.ts and
 * soft_ap.ts. Source: ESP-IDF esp_wifi.h, components/esp_wifi/src/wifi_init.c
 */

import type { Frame } from '../../stack/frame.ts';
import { type EthAddr, ethAddrEquals, formatEthAddr, parseEthAddr } from '../../stack/prot/ethernet.ts';
import type { Air, Heard } from '../air/air.ts';
import {
  ESP_ERR_INVALID_ARG,
  ESP_ERR_WIFI_CONN,
  ESP_ERR_WIFI_IF,
  ESP_ERR_WIFI_MODE,
  ESP_ERR_WIFI_NOT_CONNECT,
  ESP_ERR_WIFI_NOT_INIT,
  ESP_ERR_WIFI_NOT_STARTED,
  ESP_ERR_WIFI_NOT_STOPPED,
  ESP_ERR_WIFI_PASSWORD,
  ESP_ERR_WIFI_SSID,
  ESP_ERR_WIFI_STATE,
  ESP_OK,
  type esp_err_t,
} from '../esp_err.ts';
import type { EventLoop } from '../esp_event.ts';
import type { EspNetif } from '../esp_netif.ts';
import { utf8 } from '../utf8.ts';
import { describeWifiEvent } from './describe.ts';
import {
  WIFI_AUTH_OPEN,
  WIFI_CIPHER_TYPE_CCMP,
  WIFI_CIPHER_TYPE_NONE,
  WIFI_EVENT,
  WIFI_EVENT_AP_START,
  WIFI_EVENT_AP_STOP,
  WIFI_EVENT_SCAN_DONE,
  WIFI_EVENT_STA_START,
  WIFI_EVENT_STA_STOP,
  WIFI_IF_AP,
  WIFI_IF_STA,
  WIFI_MODE_AP,
  WIFI_MODE_APSTA,
  WIFI_MODE_NULL,
  WIFI_MODE_STA,
  WIFI_PS_MAX_MODEM,
  WIFI_PS_MIN_MODEM,
  WIFI_PS_NONE,
  WIFI_SCAN_TYPE_PASSIVE,
  WIFI_STORAGE_FLASH,
  WIFI_STORAGE_RAM,
  type wifi_ap_config_t,
  type wifi_ap_record_t,
  type wifi_config_t,
  type wifi_event_sta_scan_done_t,
  type wifi_scan_config_t,
  type wifi_sta_config_t,
} from './esp_wifi_types.ts';
import type { WifiHardware } from './hardware.ts';
import { channelsFrom, defaultDwellUs, Scan } from './scan.ts';
import { SoftAp } from './soft_ap.ts';
import { WifiStation } from './station.ts';

/** What the driver needs of its board. */
export interface WifiBoard {
  readonly name: string;
  readonly mac: EthAddr;
  readonly air: Air;
  /** The default event loop, to which the driver's events go. */
  readonly eventLoop: EventLoop | null;
  readonly wifiHardware: WifiHardware;
  receive(frame: Frame, esp_netif: EspNetif | null): void;
  /** See Station. */
  readonly causingCall: number;
  /** Something that a reader of the trace must know. */
  note(text: string): void;
}

const SSID_MAX = 32;
const PASSWORD_MAX = 64;
const PASSWORD_MIN = 8;
/** Shortest inactive time that can be set, in seconds. */
const INACTIVE_TIME_MIN = 3;

export class WifiDriver {
  readonly station: WifiStation;
  readonly softAp: SoftAp;
  private readonly board: WifiBoard;
  private isInit = false;
  private isStarted = false;
  private mode = WIFI_MODE_STA;
  private storage = WIFI_STORAGE_FLASH;
  private ps = WIFI_PS_MIN_MODEM;
  private hasSaidPs = false;
  private scan: Scan | null = null;
  private scanId = 0;
  private records: readonly Heard[] = [];

  constructor(board: WifiBoard) {
    this.board = board;
    this.station = new WifiStation(this, board.mac);
    this.softAp = new SoftAp(this, nextMac(board.mac));
  }

  get name(): string {
    return this.board.name;
  }

  get causingCall(): number {
    return this.board.causingCall;
  }

  get air(): Air {
    return this.board.air;
  }

  get hardware(): WifiHardware {
    return this.board.wifiHardware;
  }

  /** Something is under way that may end in an event. */
  get isUnderWay(): boolean {
    return this.scan !== null || this.station.isUnderWay;
  }

  receive(frame: Frame, esp_netif: EspNetif | null): void {
    this.board.receive(frame, esp_netif);
  }

  /** An event of the driver. */
  post(event_id: number, event_data: unknown): void {
    this.board.note(describeWifiEvent(event_id, event_data));
    this.board.eventLoop?.driverPost(WIFI_EVENT, event_id, event_data);
  }

  private get hasStation(): boolean {
    return this.mode === WIFI_MODE_STA || this.mode === WIFI_MODE_APSTA;
  }

  private get hasSoftAp(): boolean {
    return this.mode === WIFI_MODE_AP || this.mode === WIFI_MODE_APSTA;
  }

  /** What stands against a call that needs the driver started. */
  private notStarted(): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    return this.isStarted ? ESP_OK : ESP_ERR_WIFI_NOT_STARTED;
  }

  /** The same for one that needs a station too. */
  private noStation(): esp_err_t {
    const err = this.notStarted();
    if (err !== ESP_OK) return err;
    return this.hasStation ? ESP_OK : ESP_ERR_WIFI_MODE;
  }

  // Life

  /** @returns ESP_OK, also if it was done before */
  esp_wifi_init(): esp_err_t {
    if (this.isInit) return ESP_OK;
    const { mode, sta, ap } = this.hardware;
    this.isInit = true;
    this.mode = mode;
    if (sta !== null) this.station.config = sta;
    if (ap !== null) this.softAp.config = ap;
    return ESP_OK;
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_STOPPED */
  esp_wifi_deinit(): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (this.isStarted) return ESP_ERR_WIFI_NOT_STOPPED;
    this.isInit = false;
    return ESP_OK;
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT, ESP_ERR_INVALID_ARG */
  esp_wifi_set_mode(mode: number): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (mode < WIFI_MODE_NULL || mode > WIFI_MODE_APSTA) return ESP_ERR_INVALID_ARG;
    if (this.isStarted) this.changeMode(mode);
    else this.mode = mode;
    if (this.storage === WIFI_STORAGE_FLASH) this.hardware.mode = mode;
    return ESP_OK;
  }

  /** Of a driver that runs: what falls away stops, what is new starts. */
  private changeMode(mode: number): void {
    const { hasStation, hasSoftAp } = this;
    this.mode = mode;
    if (hasStation && !this.hasStation) this.stopStation();
    if (hasSoftAp && !this.hasSoftAp) this.stopSoftAp();
    if (!hasStation && this.hasStation) this.post(WIFI_EVENT_STA_START, null);
    if (!hasSoftAp && this.hasSoftAp) this.startSoftAp();
  }

  /** @returns the mode, or ESP_ERR_WIFI_NOT_INIT */
  esp_wifi_get_mode(out: { value: number }): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    out.value = this.mode;
    return ESP_OK;
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT */
  esp_wifi_start(): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (this.isStarted) return ESP_OK;
    this.isStarted = true;
    if (this.hasStation) this.post(WIFI_EVENT_STA_START, null);
    if (this.hasSoftAp) this.startSoftAp();
    return ESP_OK;
  }

  private startSoftAp(): void {
    this.softAp.start();
    this.post(WIFI_EVENT_AP_START, null);
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT */
  esp_wifi_stop(): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (!this.isStarted) return ESP_OK;
    if (this.hasStation) this.stopStation();
    if (this.hasSoftAp) this.stopSoftAp();
    this.isStarted = false;
    return ESP_OK;
  }

  private stopStation(): void {
    this.esp_wifi_scan_stop();
    this.station.disconnect();
    this.post(WIFI_EVENT_STA_STOP, null);
  }

  private stopSoftAp(): void {
    this.softAp.stop();
    this.post(WIFI_EVENT_AP_STOP, null);
  }

  /** The board has lost its power: nobody is told. */
  powerOff(): void {
    this.scan?.stop();
    this.scan = null;
    this.station.powerOff();
    this.softAp.powerOff();
  }

  // Configuration

  /** @returns ESP_ERR_WIFI_NOT_INIT, _IF, _MODE, _SSID, _PASSWORD, _STATE while connecting, ESP_ERR_INVALID_ARG */
  esp_wifi_set_config(ifx: number, conf: wifi_config_t): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (ifx === WIFI_IF_STA) return this.setStation(conf.sta);
    return ifx === WIFI_IF_AP ? this.setSoftAp(conf.ap) : ESP_ERR_WIFI_IF;
  }

  private setStation(config: wifi_sta_config_t | undefined): esp_err_t {
    if (config === undefined) return ESP_ERR_INVALID_ARG;
    if (!this.hasStation) return ESP_ERR_WIFI_MODE;
    if (utf8(config.ssid).length > SSID_MAX) return ESP_ERR_WIFI_SSID;
    if (utf8(config.password ?? '').length > PASSWORD_MAX) return ESP_ERR_WIFI_PASSWORD;
    if (this.station.state === 'connecting') return ESP_ERR_WIFI_STATE;
    this.station.config = config;
    if (this.storage === WIFI_STORAGE_FLASH) this.hardware.sta = config;
    return ESP_OK;
  }

  private setSoftAp(config: wifi_ap_config_t | undefined): esp_err_t {
    if (config === undefined) return ESP_ERR_INVALID_ARG;
    if (!this.hasSoftAp) return ESP_ERR_WIFI_MODE;
    const ssidLength = utf8(config.ssid).length;
    if (ssidLength === 0 || ssidLength > SSID_MAX) return ESP_ERR_WIFI_SSID;
    const { length } = utf8(config.password ?? '');
    const needsPassword = (config.authmode ?? WIFI_AUTH_OPEN) !== WIFI_AUTH_OPEN;
    if (length > PASSWORD_MAX || (needsPassword && length < PASSWORD_MIN)) return ESP_ERR_WIFI_PASSWORD;
    this.softAp.configure(config);
    if (this.storage === WIFI_STORAGE_FLASH) this.hardware.ap = config;
    return ESP_OK;
  }

  /** @param conf filled in */
  esp_wifi_get_config(ifx: number, conf: wifi_config_t): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (ifx === WIFI_IF_STA) conf.sta = this.station.config;
    else if (ifx === WIFI_IF_AP) conf.ap = this.softAp.config;
    else return ESP_ERR_WIFI_IF;
    return ESP_OK;
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT, ESP_ERR_INVALID_ARG */
  esp_wifi_set_storage(storage: number): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (storage !== WIFI_STORAGE_FLASH && storage !== WIFI_STORAGE_RAM) return ESP_ERR_INVALID_ARG;
    this.storage = storage;
    return ESP_OK;
  }

  /** Forget what is in the flash, and what was set. */
  esp_wifi_restore(): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    this.hardware.restore();
    this.mode = WIFI_MODE_STA;
    this.station.config = { ssid: '' };
    return ESP_OK;
  }

  /** The radio never sleeps here, whatever is set; the trace says so once. */
  esp_wifi_set_ps(type: number): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (type !== WIFI_PS_NONE && type !== WIFI_PS_MIN_MODEM && type !== WIFI_PS_MAX_MODEM) return ESP_ERR_INVALID_ARG;
    this.ps = type;
    if (type !== WIFI_PS_NONE && !this.hasSaidPs) {
      this.hasSaidPs = true;
      this.board.note('esp_wifi_set_ps: power save is not modelled, the radio is always awake.');
    }
    return ESP_OK;
  }

  esp_wifi_get_ps(out: { value: number }): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    out.value = this.ps;
    return ESP_OK;
  }

  /** @param out filled in, "24:0a:c4:00:00:01" */
  esp_wifi_get_mac(ifx: number, out: { value: string }): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (ifx !== WIFI_IF_STA && ifx !== WIFI_IF_AP) return ESP_ERR_WIFI_IF;
    out.value = formatEthAddr(ifx === WIFI_IF_STA ? this.station.mac : this.softAp.mac);
    return ESP_OK;
  }

  /** @param sec at least 3 for the station, of which alone it is used */
  esp_wifi_set_inactive_time(ifx: number, sec: number): esp_err_t {
    const err = this.notStarted();
    if (err !== ESP_OK) return err;
    if (ifx === WIFI_IF_STA) {
      if (sec < INACTIVE_TIME_MIN) return ESP_ERR_INVALID_ARG;
      this.station.inactiveTimeUs = sec * 1_000_000;
      return ESP_OK;
    }
    return ESP_ERR_INVALID_ARG;
  }

  esp_wifi_get_inactive_time(ifx: number, out: { value: number }): esp_err_t {
    const err = this.notStarted();
    if (err !== ESP_OK) return err;
    if (ifx !== WIFI_IF_STA) return ESP_ERR_INVALID_ARG;
    out.value = this.station.inactiveTimeUs / 1_000_000;
    return ESP_OK;
  }

  /** An event tells when the signal of the network falls below. */
  esp_wifi_set_rssi_threshold(rssi: number): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    this.station.rssiThreshold = rssi;
    return ESP_OK;
  }

  // The station

  /** @returns ESP_ERR_WIFI_NOT_INIT, _NOT_STARTED, _MODE, _SSID without one, _CONN if it is connecting or connected */
  esp_wifi_connect(): esp_err_t {
    const err = this.noStation();
    if (err !== ESP_OK) return err;
    if (this.station.config.ssid === '') return ESP_ERR_WIFI_SSID;
    if (this.station.state !== 'idle') return ESP_ERR_WIFI_CONN;
    this.esp_wifi_scan_stop();
    this.station.connect();
    return ESP_OK;
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT, _NOT_STARTED, _MODE */
  esp_wifi_disconnect(): esp_err_t {
    const err = this.noStation();
    if (err !== ESP_OK) return err;
    this.station.disconnect();
    return ESP_OK;
  }

  /** @param out filled in  @returns ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_MODE, ESP_ERR_WIFI_NOT_CONNECT */
  esp_wifi_sta_get_ap_info(out: { value: wifi_ap_record_t | null }): esp_err_t {
    const err = this.noStation();
    if (err !== ESP_OK) return err;
    const bss = this.station.current;
    if (bss === null) return ESP_ERR_WIFI_NOT_CONNECT;
    out.value = recordOf({ bss, rssi: bss.rssiAt(this.name) ?? -128 });
    return ESP_OK;
  }

  esp_wifi_sta_get_rssi(out: { value: number }): esp_err_t {
    const record: { value: wifi_ap_record_t | null } = { value: null };
    const err = this.esp_wifi_sta_get_ap_info(record);
    if (err === ESP_OK) out.value = record.value!.rssi;
    return err;
  }

  esp_wifi_sta_get_aid(out: { value: number }): esp_err_t {
    const err = this.noStation();
    if (err === ESP_OK) out.value = this.station.associationId;
    return err;
  }

  // Scanning

  /**
   * @param onDone told when it is over; without it an event tells
   * @returns ESP_ERR_WIFI_NOT_INIT, _NOT_STARTED, _MODE, _STATE while connecting or scanning
   */
  esp_wifi_scan_start(config: wifi_scan_config_t, onDone: (() => void) | null): esp_err_t {
    const err = this.noStation();
    if (err !== ESP_OK) return err;
    if (this.scan !== null || this.station.state === 'connecting') return ESP_ERR_WIFI_STATE;
    const { channel = 0 } = config;
    const channels = channel === 0 ? channelsFrom(0) : [channel];
    const id = ++this.scanId & 0xff;
    this.scan = new Scan(this.air, this.name, channels, this.dwell(config), notEnough, (heard) => {
      this.scan = null;
      this.records = heard.filter((one) => isWanted(one, config)).sort((a, b) => b.rssi - a.rssi);
      if (onDone !== null) onDone();
      else this.reportScan(0, id);
    });
    return ESP_OK;
  }

  private dwell({ scan_type, scan_time }: wifi_scan_config_t): (channel: number) => number {
    const standard = defaultDwellUs(this.air);
    const isPassive = scan_type === WIFI_SCAN_TYPE_PASSIVE;
    const { scanPassiveUs, scanHomeUs } = this.air.times;
    const ms = isPassive ? (scan_time?.passive ?? 0) : (scan_time?.active?.max ?? 0);
    const homeUs = this.station.state === 'connected' ? scanHomeUs : 0;
    if (ms > 0) return () => ms * 1000 + homeUs;
    return (channel) => (isPassive ? scanPassiveUs : standard(channel)) + homeUs;
  }

  private reportScan(status: number, scan_id: number): void {
    const data: wifi_event_sta_scan_done_t = { status, number: this.records.length, scan_id };
    this.post(WIFI_EVENT_SCAN_DONE, data);
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_STARTED */
  esp_wifi_scan_stop(): esp_err_t {
    const err = this.notStarted();
    if (err !== ESP_OK || this.scan === null) return err;
    this.scan.stop();
    this.scan = null;
    this.reportScan(1, this.scanId & 0xff);
    return ESP_OK;
  }

  esp_wifi_scan_get_ap_num(out: { value: number }): esp_err_t {
    const err = this.notStarted();
    if (err === ESP_OK) out.value = this.records.length;
    return err;
  }

  /** The driver forgets them with this. @param number how many are wanted; filled with how many there are */
  esp_wifi_scan_get_ap_records(number: { value: number }, ap_records: wifi_ap_record_t[]): esp_err_t {
    const err = this.notStarted();
    if (err !== ESP_OK) return err;
    const records = this.records.slice(0, number.value).map(recordOf);
    number.value = records.length;
    records.forEach((record, i) => {
      ap_records[i] = record;
    });
    this.records = [];
    return ESP_OK;
  }

  esp_wifi_clear_ap_list(): esp_err_t {
    const err = this.notStarted();
    if (err === ESP_OK) this.records = [];
    return err;
  }

  // The soft-AP

  /** @param aid 0 for all  @returns ESP_ERR_WIFI_NOT_INIT, _NOT_STARTED, _MODE, ESP_ERR_INVALID_ARG */
  esp_wifi_deauth_sta(aid: number): esp_err_t {
    const err = this.notStarted();
    if (err !== ESP_OK) return err;
    if (!this.hasSoftAp) return ESP_ERR_WIFI_MODE;
    return this.softAp.deauth(aid) ? ESP_OK : ESP_ERR_INVALID_ARG;
  }

  /** @returns ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_MODE */
  esp_wifi_ap_get_sta_list(sta: { sta: readonly { mac: string; rssi: number }[]; num: number }): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (!this.hasSoftAp) return ESP_ERR_WIFI_MODE;
    sta.sta = this.softAp.stations();
    sta.num = sta.sta.length;
    return ESP_OK;
  }

  esp_wifi_ap_get_sta_aid(mac: string, out: { value: number }): esp_err_t {
    if (!this.isInit) return ESP_ERR_WIFI_NOT_INIT;
    if (!this.hasSoftAp) return ESP_ERR_WIFI_MODE;
    out.value = this.softAp.aidOf(parseEthAddr(mac));
    return out.value === 0 ? ESP_ERR_WIFI_NOT_CONNECT : ESP_OK;
  }
}

/** The soft-AP's address: the station's with one more in its last byte. Source: ESP-IDF mac_addr.c, esp_read_mac() */
function nextMac({ hi, lo }: EthAddr): EthAddr {
  return { hi, lo: (lo & ~0xff) | ((lo + 1) & 0xff) };
}

function recordOf({ bss, rssi }: Heard): wifi_ap_record_t {
  const { ssid, channel, authmode } = bss.config;
  const cipher = bss.isOpen ? WIFI_CIPHER_TYPE_NONE : WIFI_CIPHER_TYPE_CCMP;
  const bssid = formatEthAddr(bss.bssid);
  return { bssid, ssid, primary: channel, rssi, authmode, pairwise_cipher: cipher, group_cipher: cipher };
}

function isWanted({ bss }: Heard, { ssid = null, bssid = null, show_hidden = false }: wifi_scan_config_t): boolean {
  if (ssid !== null && bss.config.ssid !== ssid) return false;
  if (bssid !== null && !ethAddrEquals(bss.bssid, parseEthAddr(bssid))) return false;
  return !bss.config.isHidden || show_hidden || ssid !== null;
}

function notEnough(): boolean {
  return false;
}
