/** Listening to one channel after the other, and which of the networks that were heard fits. */

import { ethAddrEquals, parseEthAddr } from '../../stack/prot/ethernet.ts';
import type { Air, Heard } from '../air/air.ts';
import { CHANNEL_COUNT, FIRST_PASSIVE_CHANNEL } from '../air/air.ts';
import { Later } from '../air/bss.ts';
import {
  WIFI_AUTH_OPEN,
  WIFI_AUTH_WPA_WPA2_PSK,
  WIFI_AUTH_WPA2_PSK,
  WIFI_AUTH_WPA2_WPA3_PSK,
  WIFI_AUTH_WPA3_PSK,
  WIFI_CONNECT_AP_BY_SECURITY,
  WIFI_REASON_NO_AP_FOUND,
  WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD,
  WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD,
  WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY,
  type wifi_sta_config_t,
} from './esp_wifi_types.ts';

/** A scan that is under way. */
export class Scan {
  readonly heard: Heard[] = [];
  private readonly air: Air;
  private readonly board: string;
  private readonly channels: readonly number[];
  private readonly dwellUs: (channel: number) => number;
  private readonly isEnough: (heard: readonly Heard[]) => boolean;
  private readonly onDone: (heard: readonly Heard[]) => void;
  private at = 0;
  private isStopped = false;

  /**
   * @param dwellUs stay on a channel
   * @param isEnough asked after every channel: nothing more is wanted
   */
  constructor(
    air: Air,
    board: string,
    channels: readonly number[],
    dwellUs: (channel: number) => number,
    isEnough: (heard: readonly Heard[]) => boolean,
    onDone: (heard: readonly Heard[]) => void,
  ) {
    this.air = air;
    this.board = board;
    this.channels = channels;
    this.dwellUs = dwellUs;
    this.isEnough = isEnough;
    this.onDone = onDone;
    this.next();
  }

  /** Nobody is told of the end. */
  stop(): void {
    this.isStopped = true;
  }

  private next(): void {
    const channel = this.channels[this.at]!;
    const { events, scheduler } = this.air.world;
    events.schedule(new Later(() => this.leave(channel), true), scheduler.nowUs + this.dwellUs(channel));
  }

  private leave(channel: number): void {
    if (this.isStopped) return;
    this.heard.push(...this.air.heardBy(this.board, channel));
    this.at++;
    if (this.at < this.channels.length && !this.isEnough(this.heard)) this.next();
    else this.onDone(this.heard);
  }
}

/** All channels, a given one first; 0 for none. */
export function channelsFrom(first: number): number[] {
  const all = Array.from({ length: CHANNEL_COUNT }, (_, i) => i + 1);
  return first === 0 ? all : [first, ...all.filter((c) => c !== first)];
}

/** How long a scan stays on a channel if nobody says otherwise. */
export function defaultDwellUs({ times }: Air): (channel: number) => number {
  return (channel) => (channel < FIRST_PASSIVE_CHANNEL ? times.scanChannelUs : times.scanPassiveUs);
}

/** The networks that fit a station's configuration, the best first; or the reason why there is none. */
export interface Choice {
  readonly candidates: readonly Heard[];
  readonly reason: number;
}

/** Source: ESP-IDF's documentation of the scan in esp_wifi_connect(), and of the reasons NO_AP_FOUND */
export function choose(heard: readonly Heard[], config: wifi_sta_config_t): Choice {
  const candidates: Heard[] = [];
  let reason = WIFI_REASON_NO_AP_FOUND;
  for (const one of heard) {
    if (!isMeant(one, config)) continue;
    const why = obstacle(one, config);
    if (why === 0) candidates.push(one);
    // Of several that do not fit, the one that came closest counts: the reasons are numbered in that order.
    else if (reason === WIFI_REASON_NO_AP_FOUND || why < reason) reason = why;
  }
  const bySecurity = config.sort_method === WIFI_CONNECT_AP_BY_SECURITY;
  const rank = ({ bss }: Heard): number => (bySecurity ? strength(bss.config.authmode) : 0);
  candidates.sort((a, b) => rank(b) - rank(a) || b.rssi - a.rssi);
  return { candidates, reason };
}

function isMeant({ bss }: Heard, { ssid, bssid_set = false, bssid }: wifi_sta_config_t): boolean {
  if (bss.config.ssid !== ssid) return false;
  return !bssid_set || bssid === undefined || ethAddrEquals(bss.bssid, parseEthAddr(bssid));
}

/** Why a network of the right name will not do; 0 if it will. If there is more than one reason, the weightiest. */
function obstacle({ bss, rssi }: Heard, { password = '', threshold = {} }: wifi_sta_config_t): number {
  const { rssi: least = 0, authmode = WIFI_AUTH_OPEN } = threshold;
  if (least !== 0 && rssi < least) return WIFI_REASON_NO_AP_FOUND_IN_RSSI_THRESHOLD;
  if (strength(bss.config.authmode) < strength(authmode)) return WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD;
  return bss.isOpen === (password === '') ? 0 : WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY;
}

/** Authentication modes from weak to strong: a mixed one is as strong as its weaker half allows. */
function strength(authmode: number): number {
  switch (authmode) {
    case WIFI_AUTH_WPA_WPA2_PSK:
      return WIFI_AUTH_WPA2_PSK - 0.5;
    case WIFI_AUTH_WPA2_WPA3_PSK:
      return WIFI_AUTH_WPA2_PSK + 0.5;
    case WIFI_AUTH_WPA3_PSK:
      return WIFI_AUTH_WPA2_PSK + 1;
    default:
      return authmode;
  }
}
