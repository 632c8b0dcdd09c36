/** A board's place on a segment: what its interface sends goes out here, what arrives is handed to the interface. */

import { ERR_OK, type err_t } from '../stack/err.ts';
import type { Frame } from '../stack/frame.ts';
import type { EthAddr } from '../stack/prot/ethernet.ts';
import type { EspNetif, NetifDriver } from './esp_netif.ts';
import type { Lan, Port, Station } from './lan.ts';

/** The board behind a plug. */
export interface PlugOwner {
  readonly name: string;
  /** See Station. */
  readonly causingCall?: number;
  /** A frame for one of its interfaces has arrived. Takes over the reference. */
  receive(frame: Frame, esp_netif: EspNetif | null): void;
}

export class Plug implements Station, NetifDriver {
  readonly mac: EthAddr;
  readonly mtu: number;
  /** The interface above; null while there is none. */
  esp_netif: EspNetif | null = null;
  private readonly owner: PlugOwner;
  readonly lan: Lan;
  private readonly port: Port;

  constructor(owner: PlugOwner, lan: Lan, mac: EthAddr, mtu = lan.mtu) {
    this.owner = owner;
    this.lan = lan;
    this.mac = mac;
    this.mtu = mtu;
    this.port = lan.attach(this);
  }

  get name(): string {
    return this.owner.name;
  }

  get causingCall(): number {
    return this.owner.causingCall ?? -1;
  }

  /** It is plugged in. */
  get cable(): boolean {
    return this.port.cable;
  }

  set cable(isIn: boolean) {
    this.port.cable = isIn;
  }

  attach(esp_netif: EspNetif | null): void {
    this.esp_netif = esp_netif;
  }

  transmit(frame: Frame): err_t {
    this.lan.send(this.port, frame);
    return ERR_OK;
  }

  receive(frame: Frame): void {
    this.owner.receive(frame, this.esp_netif);
  }
}
