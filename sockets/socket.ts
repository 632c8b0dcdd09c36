/** One slot of the descriptor table. Source: lwIP sockets_priv.h (struct lwip_sock) */

import type { Pbuf } from '../stack/index.ts';
import type { Netbuf, Netconn } from './netconn.ts';

export class LwipSock {
  /** Descriptor. */
  readonly s: number;
  conn: Netconn | null = null;
  /** What is left of a chunk or datagram that was read in part. */
  lastdata: Pbuf | Netbuf | null = null;
  /** Things to receive: events counted up when posted, down when taken. */
  rcvevent = 0;
  sendevent = false;
  errevent = false;
  /** Tasks that select on it. */
  select_waiting = 0;
  /** Calls in progress on it; the slot is free when the last ends. */
  fd_used = 0;
  fd_free_pending = false;

  constructor(s: number) {
    this.s = s;
  }
}
