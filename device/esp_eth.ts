/**
 * A board's Ethernet: a driver that looks every two seconds whether the cable is plugged in, and what ESP-IDF does by
 * default between it and esp_netif. Source: ESP-IDF components/esp_eth/src/esp_eth.c, esp_eth_netif_glue.c
 */

import type { Op, SysThread } from '../sockets/sys_arch.ts';
import { ERR_IF, type err_t } from '../stack/err.ts';
import type { Frame } from '../stack/frame.ts';
import type { EthAddr } from '../stack/prot/ethernet.ts';
import { ESP_ERR_INVALID_STATE, ESP_OK, type esp_err_t } from './esp_err.ts';
import { BuiltInHandler, type DefaultLoop, type EventLoop } from './esp_event.ts';
import type { EspNetif, NetifDriver } from './esp_netif.ts';
import { type EventQueue, EventSource } from './events.ts';
import type { Scheduler } from './freertos.ts';
import type { Lan } from './lan.ts';
import { Plug, type PlugOwner } from './plug.ts';

export const ETH_EVENT = 'ETH_EVENT';
export const ETHERNET_EVENT_START = 0;
export const ETHERNET_EVENT_STOP = 1;
export const ETHERNET_EVENT_CONNECTED = 2;
export const ETHERNET_EVENT_DISCONNECTED = 3;

const EVENT_NAMES = [
  'ETHERNET_EVENT_START',
  'ETHERNET_EVENT_STOP',
  'ETHERNET_EVENT_CONNECTED',
  'ETHERNET_EVENT_DISCONNECTED',
];

/** check_link_period_ms of ETH_DEFAULT_CONFIG(). */
const CHECK_LINK_PERIOD_US = 2_000_000;

/** What the driver needs of its board. */
export interface EthBoard extends PlugOwner {
  readonly defaultLoop: DefaultLoop;
  readonly scheduler: Scheduler;
  readonly world: { readonly events: EventQueue };
  readonly eventLoop: EventLoop | null;
  note(text: string): void;
  inTcpipThread<T>(thread: SysThread, action: () => T): Op<T>;
}

/** The driver; a program holds it as esp_eth_handle_t, and attaches it as its own netif glue. */
export class EthDriver extends EventSource implements NetifDriver {
  readonly mtu: number;
  readonly mac: EthAddr;
  private readonly board: EthBoard;
  private readonly plug: Plug;
  private isStarted = false;
  private hasLink = false;
  private isPluggedIn = true;

  constructor(board: EthBoard, lan: Lan, mac: EthAddr) {
    super(true);
    this.board = board;
    this.mtu = lan.mtu;
    this.mac = mac;
    this.plug = new Plug(board, lan, mac);
    this.plug.cable = false;
  }

  /** The cable is in. The driver notices a change when it looks the next time. */
  get cable(): boolean {
    return this.isPluggedIn;
  }

  set cable(isIn: boolean) {
    this.isPluggedIn = isIn;
    this.plug.cable = isIn && this.isStarted;
  }

  /** It will see a change by itself. */
  get isUnderWay(): boolean {
    return this.isStarted && this.hasLink !== this.isPluggedIn;
  }

  /** @returns ESP_ERR_INVALID_STATE if it runs. Source: esp_eth_start() */
  esp_eth_start(): esp_err_t {
    if (this.isStarted) return ESP_ERR_INVALID_STATE;
    this.isStarted = true;
    this.plug.cable = this.isPluggedIn;
    this.post(ETHERNET_EVENT_START);
    this.lookLater();
    return ESP_OK;
  }

  /** @returns ESP_ERR_INVALID_STATE if it does not run. Source: esp_eth_stop() */
  esp_eth_stop(): esp_err_t {
    if (!this.isStarted) return ESP_ERR_INVALID_STATE;
    this.silence();
    this.post(ETHERNET_EVENT_STOP);
    return ESP_OK;
  }

  /** The power is gone. */
  powerOff(): void {
    this.silence();
    this.plug.esp_netif = null;
  }

  private silence(): void {
    this.isStarted = false;
    this.hasLink = false;
    this.plug.cable = false;
    this.board.world.events.cancel(this);
  }

  private lookLater(): void {
    this.board.world.events.schedule(this, this.board.scheduler.nowUs + CHECK_LINK_PERIOD_US);
  }

  /** Look at the link. Source: eth_check_link_timer_cb() */
  override fire(): void {
    this.lookLater();
    if (this.hasLink === this.isPluggedIn) return;
    this.hasLink = this.isPluggedIn;
    this.post(this.hasLink ? ETHERNET_EVENT_CONNECTED : ETHERNET_EVENT_DISCONNECTED);
  }

  private post(event_id: number): void {
    this.board.note(EVENT_NAMES[event_id]!);
    this.board.eventLoop?.driverPost(ETH_EVENT, event_id, this);
  }

  /** An interface is put on top of it. Source: esp_eth_post_attach() */
  attach(esp_netif: EspNetif | null): void {
    this.plug.esp_netif = esp_netif;
  }

  transmit(frame: Frame): err_t {
    return this.isStarted ? this.plug.transmit(frame) : ERR_IF;
  }

  // Default handlers

  private readonly handlers: readonly { readonly event_id: number; readonly handler: BuiltInHandler }[] = [
    [ETHERNET_EVENT_START, (n: EspNetif) => this.startNetif(n)] as const,
    [ETHERNET_EVENT_STOP, (n: EspNetif) => n.esp_netif_stop()] as const,
    [ETHERNET_EVENT_CONNECTED, (n: EspNetif) => connected(n)] as const,
    [ETHERNET_EVENT_DISCONNECTED, (n: EspNetif) => n.esp_netif_down()] as const,
  ].map(([event_id, action]) => ({
    event_id,
    handler: new BuiltInHandler((thread) => this.onNetif(thread, action)),
  }));

  private startNetif(esp_netif: EspNetif): esp_err_t {
    esp_netif.mac = this.mac;
    return esp_netif.esp_netif_start();
  }

  private *onNetif(thread: SysThread, action: (esp_netif: EspNetif) => esp_err_t): Op<void> {
    const { esp_netif } = this.plug;
    if (esp_netif !== null) yield* this.board.inTcpipThread(thread, () => action(esp_netif));
  }

  /** @returns ESP_ERR_INVALID_STATE without the default loop. Source: esp_eth_new_netif_glue() */
  *setHandlers(thread: SysThread): Op<esp_err_t> {
    for (const { event_id, handler } of this.handlers) {
      const register = this.board.defaultLoop.with((loop) => loop.register(thread, ETH_EVENT, event_id, handler, null));
      const err = yield* register;
      if (err !== ESP_OK) return err;
    }
    return ESP_OK;
  }
}

function connected(esp_netif: EspNetif): esp_err_t {
  esp_netif.esp_netif_up();
  return esp_netif.afterConnected();
}
