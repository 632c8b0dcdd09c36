/** The interfaces of a board, and which of them is the default one. Source: ESP-IDF esp_netif_objects.c, esp_netif_lwip.c */

import { type Op, type Sys, type SysThread, WaitList } from '../sockets/sys_arch.ts';
import { EspNetif, type EspNetifBoard, type EspNetifConfig } from './esp_netif.ts';

/** A task in waitIp(). */
class IpWaiter {
  readonly list = new WaitList();
  hasAddress = false;
}

/** Shared by all boards that have none. */
const NONE: readonly EspNetif[] = [];

export class EspNetifs {
  /** The newest first, as esp_netif_next() walks. */
  all: readonly EspNetif[] = NONE;
  private readonly sys: Sys;
  private readonly board: EspNetifBoard;
  private lastDefault: EspNetif | null = null;
  /** esp_netif_set_default_netif() was called. */
  private isPinned = false;
  private waiters: (IpWaiter | undefined)[] | null = null;

  constructor(board: EspNetifBoard, sys: Sys) {
    this.board = board;
    this.sys = sys;
  }

  /** @returns null if there is one of that key. Source: esp_netif_new() */
  create(config: EspNetifConfig): EspNetif | null {
    if (this.withKey(config.if_key) !== null) return null;
    const esp_netif = new EspNetif(config, this.board);
    this.all = [esp_netif, ...this.all];
    return esp_netif;
  }

  /** Source: esp_netif_destroy() */
  destroy(esp_netif: EspNetif): void {
    if (!this.all.includes(esp_netif)) return;
    this.all = this.all.filter((n) => n !== esp_netif);
    if (this.lastDefault === esp_netif) this.isPinned = false;
    esp_netif.destroy();
  }

  /** Source: esp_netif_get_handle_from_ifkey() */
  withKey(if_key: string): EspNetif | null {
    return this.all.find((n) => n.config.if_key === if_key) ?? null;
  }

  /** The one after this, the first after null. Source: esp_netif_next_unsafe() */
  next(esp_netif: EspNetif | null): EspNetif | null {
    return this.all[esp_netif === null ? 0 : this.all.indexOf(esp_netif) + 1] ?? null;
  }

  // The default one

  get default(): EspNetif | null {
    return this.lastDefault;
  }

  /** From now on it is this one. Source: esp_netif_set_default_netif() */
  pin(esp_netif: EspNetif): void {
    this.isPinned = true;
    this.makeDefault(esp_netif);
  }

  /**
   * One that comes up replaces a default one of lower or equal priority; when one goes down, the best that is up follows.
   * Source: esp_netif_update_default_netif()
   */
  chooseDefault(esp_netif: EspNetif, isUp: boolean): void {
    if (this.isPinned) return;
    if (isUp) {
      const last = this.lastDefault;
      const stays = last?.isUp && last.route_prio > esp_netif.route_prio;
      if (!stays && esp_netif.isUp) this.makeDefault(esp_netif);
      return;
    }
    let best: EspNetif | null = null;
    for (const n of this.all) if (n.isUp && (best === null || n.route_prio > best.route_prio)) best = n;
    if (best === null) this.lastDefault = null;
    else this.makeDefault(best);
  }

  private makeDefault(esp_netif: EspNetif): void {
    this.lastDefault = esp_netif;
    if (esp_netif.netif !== null) this.board.stack.netif_default = esp_netif.netif;
  }

  // Waiting for an address

  /** An interface of a station, or of a cable, has an address; where there is only a soft-AP, that has one. */
  private get hasAddress(): boolean {
    const { all } = this;
    return all.some((n) => n.hasAddress && (!n.isServer || all.length === 1));
  }

  /** Wait until the board has an address. @returns 0, or -1 after `ticks` without one */
  *waitIp(thread: SysThread, ticks: number): Op<number> {
    if (this.hasAddress) return 0;
    const waiter = new IpWaiter();
    const slot = this.slotFor(waiter);
    const deadlineUs = ticks === Number.POSITIVE_INFINITY ? ticks : this.sys.deadline(ticks);
    while (!waiter.hasAddress && this.sys.block(thread, waiter.list, deadlineUs)) yield;
    this.waiters![slot] = undefined;
    return waiter.hasAddress ? 0 : -1;
  }

  /** The first free place: those who wait are woken in order of their places. */
  private slotFor(waiter: IpWaiter): number {
    this.waiters ??= [];
    const free = this.waiters.indexOf(undefined);
    const slot = free < 0 ? this.waiters.length : free;
    this.waiters[slot] = waiter;
    return slot;
  }

  /** There is an address: whoever waited for one goes on. */
  wakeWaiters(): void {
    if (this.waiters === null) return;
    for (const waiter of this.waiters) {
      if (waiter === undefined || waiter.list.head === null) continue;
      waiter.hasAddress = true;
      this.sys.wake(waiter.list);
      this.sys.preemptIfHigher();
    }
  }
}
