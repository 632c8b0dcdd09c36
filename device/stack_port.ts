/** What one board's stack needs of its surroundings: ticks, chance, initial sequence numbers, its own mailbox. */

import type { TcpipThread } from '../sockets/index.ts';
import type { Netif } from '../stack/netif.ts';
import type { HazardName, SharedMemory, StackPort } from '../stack/stack.ts';
import type { BoardSys } from './freertos.ts';
import { IsnGenerator } from './isn.ts';
import type { RandomStream } from './random.ts';

/** What the port needs of its board. */
export interface PortOwner {
  readonly name: string;
  readonly sys: BoardSys;
  /** Replacements for chance, from the board's options. */
  readonly options: {
    readonly LWIP_RAND?: (n: number) => number;
    readonly LWIP_HOOK_TCP_ISN?: (n: number) => number;
  };
  readonly world: {
    readonly memory: SharedMemory;
    random(name: string): RandomStream;
  };
  onHazard(name: HazardName): void;
}

export class BoardPort implements StackPort {
  private readonly owner: PortOwner;
  private readonly tcpip: TcpipThread;
  private readonly chance: RandomStream;
  private rands = 0;
  private isns = 0;
  private isn: IsnGenerator | null = null;

  /** @param chance where the board's random numbers come from, boot after boot */
  constructor(owner: PortOwner, tcpip: TcpipThread, chance: RandomStream) {
    this.owner = owner;
    this.tcpip = tcpip;
    this.chance = chance;
  }

  get memory(): SharedMemory {
    return this.owner.world.memory;
  }

  sys_now(): number {
    return this.owner.sys.sys_now();
  }

  LWIP_RAND(): number {
    const { LWIP_RAND } = this.owner.options;
    return LWIP_RAND === undefined ? this.chance.uint32() : LWIP_RAND(this.rands++);
  }

  LWIP_HOOK_TCP_ISN(localIp: number, localPort: number, remoteIp: number, remotePort: number): number {
    const { LWIP_HOOK_TCP_ISN } = this.owner.options;
    if (LWIP_HOOK_TCP_ISN !== undefined) return LWIP_HOOK_TCP_ISN(this.isns++);
    this.isn ??= new IsnGenerator(0, this.owner.world.random(`ISN secret of ${this.owner.name}`));
    return this.isn.next(this.sys_now(), localIp, localPort, remoteIp, remotePort);
  }

  tcpip_try_callback(fn: (arg: Netif) => void, arg: Netif): boolean {
    return this.tcpip.trypost(fn, arg, undefined);
  }

  hazard(name: HazardName): void {
    this.owner.onHazard(name);
  }
}
