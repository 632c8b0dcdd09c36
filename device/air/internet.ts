/**
 * What is behind the access points: hosts at any address, each at the end of a wire of its own length. Packets are routed as
 * they are, without address translation.
 */

import type { Frame } from '../../stack/frame.ts';
import { FRAME_START } from '../../stack/frame.ts';
import { ETH_DEST, ETH_SRC, type EthAddr, parseEthAddr, putEthAddr } from '../../stack/prot/ethernet.ts';
import { ip4addr_ntoa } from '../../stack/prot/ip4.ts';
import type { Esp32Options } from '../esp32.ts';
import type { Lan, Port, Station } from '../lan.ts';
import { parseIp } from '../netif_config.ts';
import { endsOf, oneHopOn, type Router } from './router.ts';

/** The address of the internet's end of every wire. */
const INTERNET_MAC = '02:00:5e:00:00:01';

/** How a board becomes a host: everything goes to the internet's end of its wire, whose address it knows from boot on. */
export function hostOptions(ip: string): Pick<Esp32Options, 'ip' | 'gw' | 'garp' | 'neighbours'> {
  const gw = ip4addr_ntoa(parseIp('ip', ip) ^ 1);
  return { ip: `${ip}/32`, gw, garp: false, neighbours: { [gw]: INTERNET_MAC } };
}

/** A host and the wire to it. */
class Host implements Station {
  readonly name = 'internet';
  readonly mac: EthAddr;
  private readonly internet: Internet;
  private readonly lan: Lan;
  private readonly port: Port;
  private readonly hostMac: EthAddr;

  constructor(internet: Internet, lan: Lan, hostMac: EthAddr) {
    this.internet = internet;
    this.lan = lan;
    this.hostMac = hostMac;
    this.mac = parseEthAddr(INTERNET_MAC);
    this.port = lan.attach(this);
  }

  /** The host has sent something. */
  receive(frame: Frame): void {
    this.internet.fromHost(frame);
    frame.release();
  }

  /** Takes over the reference. */
  deliver(frame: Frame): void {
    putEthAddr(frame.bytes, FRAME_START + ETH_DEST, this.hostMac);
    putEthAddr(frame.bytes, FRAME_START + ETH_SRC, this.mac);
    this.lan.send(this.port, frame);
    frame.release();
  }
}

export class Internet {
  private readonly hosts = new Map<number, Host>();
  private readonly routers: { readonly router: Router; readonly isConnected: () => boolean }[] = [];
  /** Through which router an address was heard last: networks may have the same addresses. */
  private readonly lastSeen = new Map<number, Router>();

  /** @throws RangeError if the address is taken */
  addHost(ip: number, lan: Lan, mac: EthAddr): void {
    if (this.hosts.has(ip)) throw new RangeError(`There is a host at ${ip4addr_ntoa(ip)} already.`);
    this.hosts.set(ip, new Host(this, lan, mac));
  }

  /** @param isConnected the router's way to the internet is open */
  addRouter(router: Router, isConnected: () => boolean): void {
    this.routers.push({ router, isConnected });
  }

  /** A station has sent something. Takes over the reference. */
  fromRouter(router: Router, frame: Frame): void {
    const { src, dest } = endsOf(frame);
    if (this.isConnected(router)) {
      this.lastSeen.set(src, router);
      this.route(frame, dest);
    }
    frame.release();
  }

  /** A host has sent something; the caller keeps its reference. */
  fromHost(frame: Frame): void {
    this.route(frame, endsOf(frame).dest);
  }

  private isConnected(router: Router): boolean {
    return this.routers.some((r) => r.router === router && r.isConnected());
  }

  private route(frame: Frame, dest: number): void {
    const host = this.hosts.get(dest);
    const router = host === undefined ? this.routerOf(dest) : undefined;
    if (host === undefined && router === undefined) return;
    const copy = oneHopOn(frame);
    if (copy === null) return;
    if (host !== undefined) host.deliver(copy);
    else router!.forward(copy);
  }

  private routerOf(dest: number): Router | undefined {
    const last = this.lastSeen.get(dest);
    const router = last ?? this.routers.find((r) => r.router.isNeighbour(dest))?.router;
    return router !== undefined && this.isConnected(router) ? router : undefined;
  }
}
