/** What is on the air: the networks that stations can hear, and how long everything takes. */

import type { EventQueue } from '../events.ts';
import type { Scheduler } from '../freertos.ts';
import type { Lan, LanOptions } from '../lan.ts';
import type { Bss } from './bss.ts';

/**
 * How long the steps of a station's life take, in microseconds of virtual time. ESP-IDF's driver is a closed binary; where
 * its documentation gives a figure, it is that one, the others are read off published logs of real stations. All can be set.
 */
export interface AirTimes {
  /** Stay on a channel of a scan. ESP-IDF: 120 ms of active scanning. */
  scanChannelUs: number;
  /** Stay on a channel that is only listened to: 12 and 13 as long as nobody has told the country. ESP-IDF: 360 ms. */
  scanPassiveUs: number;
  /** A station that is connected goes home between two channels of a scan. ESP-IDF: 30 ms. */
  scanHomeUs: number;
  /** Authentication and association, if the access point answers; the four messages of the handshake with a password. */
  authUs: number;
  assocUs: number;
  handshakeUs: number;
  /** A station gives up waiting for an answer: AUTH_EXPIRE, ASSOC_EXPIRE. */
  authTimeoutUs: number;
  assocTimeoutUs: number;
  /** A handshake that does not come to an end, as with a wrong password. */
  handshakeTimeoutUs: number;
  /** Between two beacons (100 TU): how fast a station sees that its access point has begun anew. */
  beaconUs: number;
  /** When no beacon came for the inactive time (esp_wifi_set_inactive_time(), 6 s), five probes, 500 ms each, go out before the end. */
  probeUs: number;
}

export const DEFAULT_AIR_TIMES: Readonly<AirTimes> = {
  scanChannelUs: 120_000,
  scanPassiveUs: 360_000,
  scanHomeUs: 30_000,
  authUs: 20_000,
  assocUs: 10_000,
  handshakeUs: 50_000,
  authTimeoutUs: 1_000_000,
  assocTimeoutUs: 1_000_000,
  handshakeTimeoutUs: 3_000_000,
  beaconUs: 102_400,
  probeUs: 2_500_000,
};

/** 2.4 GHz, as ESP-IDF's default country "01" allows: from 12 on a station only listens. */
export const CHANNEL_COUNT = 13;
export const FIRST_PASSIVE_CHANNEL = 12;

/** What the air needs of its world. */
export interface AirWorld {
  readonly events: EventQueue;
  readonly scheduler: Scheduler;
  lan(options: LanOptions): Lan;
}

/** A network as one station hears it. */
export interface Heard {
  readonly bss: Bss;
  readonly rssi: number;
}

export class Air {
  readonly world: AirWorld;
  readonly times: AirTimes = { ...DEFAULT_AIR_TIMES };
  private readonly networks: Bss[] = [];
  /** Counts what has changed: who has failed and finds everything unchanged will fail again. */
  changes = 0;
  /** Boards that hear nothing, by a planned fault. */
  private readonly deaf = new Set<string>();

  constructor(world: AirWorld) {
    this.world = world;
  }

  add(bss: Bss): void {
    this.networks.push(bss);
    this.changes++;
  }

  isDeaf(board: string): boolean {
    return this.deaf.has(board);
  }

  /** From now on a board hears no network at all, or does again. */
  setDeaf(board: string, isDeaf: boolean): void {
    if (isDeaf) this.deaf.add(board);
    else this.deaf.delete(board);
    for (const bss of this.networks) bss.tellAll();
  }

  /** The networks that a board hears on a channel. */
  heardBy(board: string, channel: number): Heard[] {
    const heard: Heard[] = [];
    for (const bss of this.networks) {
      const rssi = bss.channel === channel ? bss.rssiAt(board) : null;
      if (rssi !== null) heard.push({ bss, rssi });
    }
    return heard;
  }
}
