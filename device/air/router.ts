/**
 * The router of an access point: an lwIP of its own with one interface towards the stations, a DHCP server, a name server,
 * and a way for packets that are meant for the internet.
 */

import { ERR_OK } from '../../stack/err.ts';
import { etharp_output } from '../../stack/etharp.ts';
import { ethernet_input } from '../../stack/ethernet.ts';
import { FRAME_IP, FRAME_START, type Frame, type FramePool, SUMS_VALID } from '../../stack/frame.ts';
import {
  NETIF_FLAG_BROADCAST,
  NETIF_FLAG_ETHARP,
  NETIF_FLAG_IGMP,
  Netif,
  netif_add,
  netif_set_link_up,
  netif_set_up,
} from '../../stack/netif.ts';
import { makeOpt } from '../../stack/opt.ts';
import { getI32, getU16, putU16 } from '../../stack/prot/bytes.ts';
import { inet_chksum } from '../../stack/prot/checksum.ts';
import { ETH_TYPE, ETHTYPE_IP, type EthAddr, SIZEOF_ETH_HDR } from '../../stack/prot/ethernet.ts';
import {
  IP_CHKSUM,
  IP_DEST,
  IP_HLEN,
  IP_SRC,
  IP_TTL_AT,
  IPADDR_BROADCAST,
  ip4_addr_ismulticast,
  ip4_addr_net_eq,
} from '../../stack/prot/ip4.ts';
import { type SharedMemory, Stack, type StackPort } from '../../stack/stack.ts';
import { DhcpServer, type DhcpsOptions } from '../dhcpserver.ts';
import { type EventQueue, EventSource } from '../events.ts';
import type { Scheduler } from '../freertos.ts';
import type { Lan, Port, Station } from '../lan.ts';
import type { RandomStream } from '../random.ts';
import type { NameServer } from './name_server.ts';

/** What a router needs of its world. */
export interface RouterWorld {
  readonly events: EventQueue;
  readonly scheduler: Scheduler;
  readonly memory: SharedMemory;
  readonly frames: FramePool;
  random(name: string): RandomStream;
}

/** Address and mask, int32 in host order. */
export interface RouterAddress {
  readonly ip: number;
  readonly netmask: number;
}

/** Where packets go that are not for this network. */
export interface Uplink {
  /** Takes over the reference. */
  fromRouter(router: Router, frame: Frame): void;
}

export class Router implements Station {
  readonly name: string;
  readonly mac: EthAddr;
  readonly address: RouterAddress;
  readonly dhcpsOptions: Partial<DhcpsOptions>;
  private readonly world: RouterWorld;
  private readonly names: NameServer;
  private readonly uplink: Uplink;
  private readonly lan: Lan;
  private readonly port: Port;
  private readonly chance: RandomStream;
  private life: RouterLife | null = null;
  private servesDhcp: boolean;

  constructor(
    world: RouterWorld,
    name: string,
    lan: Lan,
    mac: EthAddr,
    address: RouterAddress,
    dhcps: Partial<DhcpsOptions> | null,
    names: NameServer,
    uplink: Uplink,
  ) {
    this.world = world;
    this.name = name;
    this.mac = mac;
    this.address = address;
    this.dhcpsOptions = dhcps ?? {};
    this.servesDhcp = dhcps !== null;
    this.names = names;
    this.uplink = uplink;
    this.lan = lan;
    this.chance = world.random(`access point ${name}`);
    this.port = lan.attach(this);
    this.port.cable = false;
  }

  /** Boot, with an empty list of leases. */
  start(): void {
    this.port.cable = true;
    this.life = new RouterLife(this.world, this.chance, this.mac, this.address, this.lan.mtu, (frame) =>
      this.lan.send(this.port, frame),
    );
    this.names.listen(this.life.stack);
    if (this.servesDhcp) this.life.serve(this.dhcpsOptions);
    this.life.rearm();
  }

  stop(): void {
    this.port.cable = false;
    this.life?.end();
    this.life = null;
  }

  /** Give addresses, or do not. Leases are forgotten when it stops. */
  setDhcp(on: boolean): void {
    this.servesDhcp = on;
    if (this.life === null) return;
    if (on) this.life.serve(this.dhcpsOptions);
    else this.life.stopServing();
  }

  /** A frame of a station: for the router itself, or for somebody behind it. */
  receive(frame: Frame): void {
    const { life } = this;
    if (life === null) frame.release();
    else if (this.isTransit(frame)) this.uplink.fromRouter(this, frame);
    else life.input(frame);
  }

  private isTransit(frame: Frame): boolean {
    const b = frame.bytes;
    if (getU16(b, FRAME_START + ETH_TYPE) !== ETHTYPE_IP || frame.len < SIZEOF_ETH_HDR + IP_HLEN) return false;
    const dest = getI32(b, FRAME_IP + IP_DEST);
    return dest !== IPADDR_BROADCAST && !ip4_addr_ismulticast(dest) && !this.isNeighbour(dest);
  }

  /** The address is one of this network. */
  isNeighbour(ip: number): boolean {
    return ip4_addr_net_eq(ip, this.address.ip, this.address.netmask);
  }

  /** A packet from outside for a station. Takes over the reference. */
  forward(frame: Frame): void {
    const { life } = this;
    if (life !== null) life.forward(frame);
    frame.release();
  }
}

/** One life of a router, from power to power. */
class RouterLife extends EventSource implements StackPort {
  readonly memory: SharedMemory;
  readonly stack: Stack;
  private readonly world: RouterWorld;
  private readonly chance: RandomStream;
  private readonly netif: Netif;
  private readonly bootUs: number;
  private dhcps: DhcpServer | null = null;

  constructor(
    world: RouterWorld,
    chance: RandomStream,
    mac: EthAddr,
    { ip, netmask }: RouterAddress,
    mtu: number,
    send: (frame: Frame) => void,
  ) {
    super(true);
    this.world = world;
    this.memory = world.memory;
    this.chance = chance;
    this.bootUs = world.scheduler.nowUs;
    this.stack = new Stack(this, makeOpt({ ARP_QUEUE_LEN: 10 }));
    const flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_IGMP;
    this.netif = new Netif(this.stack, 'br', mac, mtu, flags, (_netif, frame) => {
      send(frame);
      return ERR_OK;
    });
    netif_add(this.netif, ip, netmask, ip);
    this.stack.netif_default = this.netif;
    netif_set_up(this.netif);
    netif_set_link_up(this.netif);
  }

  serve(options: Partial<DhcpsOptions>): void {
    if (this.dhcps !== null) return;
    this.dhcps = new DhcpServer(() => undefined);
    Object.assign(this.dhcps.options, options);
    this.dhcps.start(this.netif, this.netif.ip_addr, this.netif.netmask);
    this.rearm();
  }

  stopServing(): void {
    this.dhcps?.stop();
    this.dhcps = null;
  }

  end(): void {
    this.world.events.cancel(this);
  }

  input(frame: Frame): void {
    ethernet_input(frame, this.netif);
    this.rearm();
  }

  /** The caller keeps its reference. */
  forward(frame: Frame): void {
    etharp_output(this.netif, frame, getI32(frame.bytes, FRAME_IP + IP_DEST));
    this.rearm();
  }

  /** Wake up when the next timer of the stack is due. */
  rearm(): void {
    this.world.events.schedule(
      this,
      Math.max(this.bootUs + this.stack.timeouts.due * 1000, this.world.scheduler.nowUs),
    );
  }

  override fire(): void {
    this.stack.runDue();
    this.rearm();
  }

  sys_now(): number {
    return Math.floor((this.world.scheduler.nowUs - this.bootUs) / 1000);
  }

  LWIP_RAND(): number {
    return this.chance.uint32();
  }

  LWIP_HOOK_TCP_ISN(): number {
    return this.chance.uint32();
  }

  /** A router does not talk to itself. */
  tcpip_try_callback(): boolean {
    return false;
  }

  hazard(name: string): never {
    throw new Error(`The router of an access point ran into the hazard ${name}, though it has no programs.`);
  }
}

/** A packet on its way through: a copy with one hop less to live. @returns null if it has none left */
export function oneHopOn(frame: Frame): Frame | null {
  const ttl = frame.bytes[FRAME_IP + IP_TTL_AT]!;
  if (ttl <= 1) return null;
  const copy = frame.clone();
  const b = copy.bytes;
  b[FRAME_IP + IP_TTL_AT] = ttl - 1;
  // Of a frame whose sums are put off, this one will be right as well.
  if (copy.sums !== SUMS_VALID) return copy;
  putU16(b, FRAME_IP + IP_CHKSUM, 0);
  putU16(b, FRAME_IP + IP_CHKSUM, inet_chksum(b, FRAME_IP, (b[FRAME_IP]! & 15) * 4));
  return copy;
}

/** Source and destination of a packet, int32 in host order. */
export function endsOf(frame: Frame): { readonly src: number; readonly dest: number } {
  return { src: getI32(frame.bytes, FRAME_IP + IP_SRC), dest: getI32(frame.bytes, FRAME_IP + IP_DEST) };
}
