/** Finds TCP pcbs by connection and by local port without walking lists: lwIP walks, with the same result. */

import type { TcpPcb } from './tcp_pcb.ts';

const FIRST_SIZE = 4;

/**
 * A hash table over the pcbs' own link fields. Every connection (active or TIME_WAIT) is in the chain of its four-tuple;
 * a count per local port serves the search for a free one.
 */
export class PcbIndex {
  private buckets: (TcpPcb | null)[] = [];
  private count = 0;
  private readonly ports = new PortCounts();

  /** Enter a connection. Its addresses and ports must not change while it is in. */
  add(pcb: TcpPcb): void {
    if (this.count >= this.buckets.length) this.grow();
    this.count++;
    this.link(pcb);
  }

  remove(pcb: TcpPcb): void {
    const i = this.slot(pcb.remote_ip, pcb.remote_port, pcb.local_port);
    this.count--;
    let p = this.buckets[i]!;
    if (p === pcb) {
      this.buckets[i] = pcb.index_next;
    } else {
      while (p.index_next !== pcb) p = p.index_next!;
      p.index_next = pcb.index_next;
    }
    pcb.index_next = null;
  }

  /** First candidate for a segment: walk on by `index_next` and compare all four parts. */
  chain(remote_ip: number, remote_port: number, local_port: number): TcpPcb | null {
    return this.count === 0 ? null : this.buckets[this.slot(remote_ip, remote_port, local_port)]!;
  }

  /** A pcb of any list took or gave back a local port. */
  takePort(port: number): void {
    this.ports.change(port, 1);
  }

  givePort(port: number): void {
    this.ports.change(port, -1);
  }

  isPortTaken(port: number): boolean {
    return this.ports.has(port);
  }

  private slot(remote_ip: number, remote_port: number, local_port: number): number {
    const h = Math.imul(remote_port, 0x9e3779b1 | 0) ^ Math.imul(remote_ip ^ (local_port << 16), 0x85ebca6b | 0);
    return (h ^ (h >>> 15)) & (this.buckets.length - 1);
  }

  private link(pcb: TcpPcb): void {
    const i = this.slot(pcb.remote_ip, pcb.remote_port, pcb.local_port);
    pcb.index_next = this.buckets[i]!;
    this.buckets[i] = pcb;
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Array<TcpPcb | null>(old.length === 0 ? FIRST_SIZE : old.length * 2).fill(null);
    for (const head of old) {
      for (let p = head; p !== null; ) {
        const next = p.index_next;
        this.link(p);
        p = next;
      }
    }
  }
}

/** How many pcbs use each local port. */
class PortCounts {
  private counts: Map<number, number> | null = null;

  change(port: number, by: number): void {
    if (port === 0) return;
    this.counts ??= new Map();
    const count = (this.counts.get(port) ?? 0) + by;
    if (count === 0) this.counts.delete(port);
    else this.counts.set(port, count);
  }

  has(port: number): boolean {
    return this.counts?.has(port) ?? false;
  }
}
