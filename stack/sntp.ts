/**
 * SNTP client: asks servers for the time, one after the other, again and again. Whatever comes to its port and looks like
 * an answer counts, from any address. Source: lwIP apps/sntp/sntp.c with Espressif's options, RFC 4330
 */

import { dns_gethostbyname_addrtype, LWIP_DNS_ADDRTYPE_IPV4_IPV6 } from './dns.ts';
import { ERR_ARG, ERR_INPROGRESS, ERR_OK, type err_t } from './err.ts';
import { type Pbuf, pbuf_free } from './pbuf.ts';
import { SOF_BROADCAST } from './pcb.ts';
import { IPADDR_ANY } from './prot/ip4.ts';
import type { IpAddr } from './prot/ip6.ts';
import {
  getNtpTime,
  SNTP_MODE_BROADCAST,
  SNTP_MODE_CLIENT,
  SNTP_MODE_MASK,
  SNTP_MODE_SERVER,
  SNTP_MSG_LEN,
  SNTP_OFFSET_LI_VN_MODE,
  SNTP_OFFSET_STRATUM,
  SNTP_OFFSET_TRANSMIT_TIME,
  SNTP_PORT,
  SNTP_STRATUM_KOD,
  SNTP_VERSION,
} from './prot/sntp.ts';
import type { Stack } from './stack.ts';
import { UDP_PAYLOAD, type UdpPcb, udp_bind, udp_new, udp_recv, udp_remove, udp_sendto, udpFrame } from './udp.ts';

export const SNTP_OPMODE_POLL = 0;
export const SNTP_OPMODE_LISTENONLY = 1;

/** Milliseconds: an answer is awaited so long; the first pause before the only server is asked again; no pause is longer. */
const SNTP_RECV_TIMEOUT = 15_000;
const SNTP_RETRY_TIMEOUT = SNTP_RECV_TIMEOUT;
const SNTP_RETRY_TIMEOUT_MAX = 10 * SNTP_RETRY_TIMEOUT;
/** A server that has not answered so often is not there. */
const PATIENCE = 5;

interface SntpServer {
  name: string | null;
  addr: IpAddr;
  /** The last eight questions, the youngest in the lowest bit: 1 if answered (RFC 5905 9.2). */
  reachability: number;
}

/** What the client needs of the system. Source: lwipopts.h SNTP_SET_SYSTEM_TIME_US, SNTP_UPDATE_DELAY */
export interface SntpPort {
  /** The time has come. @param sec since 1970, 32 bits unsigned */
  sntp_set_system_time(sec: number, us: number): void;
  /** Milliseconds from an answer to the next question. */
  sntp_get_sync_interval(): number;
}

/** The client of one stack. */
export class Sntp {
  readonly port: SntpPort;
  readonly servers: SntpServer[];
  opmode = SNTP_OPMODE_POLL;
  /** DHCP may name the servers. */
  set_servers_from_dhcp = false;
  /** It runs while there is one. */
  pcb: UdpPcb | null = null;
  current_server = 0;
  retry_timeout = SNTP_RETRY_TIMEOUT;
  /** An answer has come since the start. */
  isAnswered = false;
  /** Questions since then or since the last answer. */
  unanswered = 0;

  constructor(port: SntpPort, maxServers: number) {
    this.port = port;
    this.servers = Array.from({ length: maxServers }, () => ({ name: null, addr: IPADDR_ANY, reachability: 0 }));
  }
}

/** Start: the first question is asked after a random delay. Source: lwIP sntp_init() */
export function sntp_init(stack: Stack, sntp: Sntp): void {
  if (sntp.pcb !== null) return;
  const pcb = udp_new(stack);
  sntp.pcb = pcb;
  sntp.isAnswered = false;
  sntp.unanswered = 0;
  udp_recv(pcb, receive, stack);
  if (sntp.opmode !== SNTP_OPMODE_POLL) {
    pcb.so_options |= SOF_BROADCAST;
    udp_bind(pcb, IPADDR_ANY, SNTP_PORT);
    return;
  }
  sntp.retry_timeout = SNTP_RETRY_TIMEOUT;
  const { SNTP_STARTUP_DELAY, SNTP_MAXIMUM_STARTUP_DELAY } = stack.opt;
  if (SNTP_STARTUP_DELAY === 0) request(stack);
  else after(stack, stack.port.LWIP_RAND() % SNTP_MAXIMUM_STARTUP_DELAY, request);
}

/** Source: lwIP sntp_stop() */
export function sntp_stop(stack: Stack, sntp: Sntp): void {
  if (sntp.pcb === null) return;
  for (const server of sntp.servers) server.reachability = 0;
  stack.timeouts.cancel(request);
  stack.timeouts.cancel(tryNextServer);
  udp_remove(sntp.pcb);
  sntp.pcb = null;
}

/** The client does not run while its mode is set; in lwIP an assertion would fail. Source: lwIP sntp_setoperatingmode() */
export function sntp_setoperatingmode(stack: Stack, sntp: Sntp, operating_mode: number): void {
  if (sntp.pcb !== null) stack.port.hazard('sntp_mode_while_running');
  else sntp.opmode = operating_mode;
}

/** Name a server by address; a number out of range is ignored. @param addr IPADDR_ANY for none. Source: lwIP sntp_setserver() */
export function sntp_setserver(sntp: Sntp, idx: number, addr: IpAddr): void {
  const server = sntp.servers[idx];
  if (server === undefined) return;
  server.addr = addr;
  server.name = null;
}

/** Name a server by name, which is resolved anew for each question. @param name one byte a character. Source: lwIP sntp_setservername() */
export function sntp_setservername(sntp: Sntp, idx: number, name: string | null): void {
  const server = sntp.servers[idx];
  if (server !== undefined) server.name = name;
}

/** DHCP has named time servers: they take the place of all others, if the client wants them. Source: lwIP dhcp_set_ntp_servers() */
export function dhcp_set_ntp_servers({ sntp }: Stack, servers: readonly number[]): void {
  if (sntp === null || !sntp.set_servers_from_dhcp || servers.length === 0) return;
  for (let i = 0; i < sntp.servers.length; i++) sntp_setserver(sntp, i, servers[i] ?? IPADDR_ANY);
}

/** True while an answer could soon come: to the first questions after the start, or after the last answer. */
export function sntp_is_under_way(stack: Stack): boolean {
  const { sntp } = stack;
  if (sntp === null || sntp.pcb === null || sntp.opmode !== SNTP_OPMODE_POLL) return false;
  return sntp.unanswered > 0 ? sntp.unanswered <= PATIENCE : !sntp.isAnswered;
}

function after(stack: Stack, ms: number, h: (stack: Stack) => void): void {
  stack.timeouts.at(stack.port.sys_now() + ms, h);
}

/** Ask the current server, once its address is known. Source: lwIP sntp_request() */
function request(stack: Stack): void {
  const sntp = stack.sntp!;
  const server = sntp.servers[sntp.current_server]!;
  sntp.unanswered++;
  let err: err_t = server.addr === IPADDR_ANY ? ERR_ARG : ERR_OK;
  if (server.name !== null) {
    const addr: { value: IpAddr } = { value: IPADDR_ANY };
    server.addr = IPADDR_ANY;
    const found = (ipaddr: IpAddr | null): void => {
      if (ipaddr === null) tryNextServer(stack);
      else askAt(stack, ipaddr);
    };
    err = dns_gethostbyname_addrtype(stack, server.name, addr, found, LWIP_DNS_ADDRTYPE_IPV4_IPV6);
    if (err === ERR_INPROGRESS) return;
    server.addr = addr.value;
  }
  if (err === ERR_OK) sendRequest(stack, server.addr);
  else after(stack, SNTP_RETRY_TIMEOUT, tryNextServer);
}

/** The resolver has found the server that is the current one now. Source: lwIP sntp_dns_found() */
function askAt(stack: Stack, addr: IpAddr): void {
  const sntp = stack.sntp!;
  sntp.servers[sntp.current_server]!.addr = addr;
  sendRequest(stack, addr);
}

/** Source: lwIP sntp_send_request() */
function sendRequest(stack: Stack, addr: IpAddr): void {
  const sntp = stack.sntp!;
  if (stack.lacks('pbuf')) {
    after(stack, SNTP_RETRY_TIMEOUT, request);
    return;
  }
  // Stopped while the name was being resolved: nothing can be sent. IPv6 has no route.
  if (sntp.pcb !== null && typeof addr === 'number') {
    const frame = udpFrame(stack, SNTP_MSG_LEN);
    frame.bytes.fill(0, UDP_PAYLOAD, UDP_PAYLOAD + SNTP_MSG_LEN);
    frame.bytes[UDP_PAYLOAD + SNTP_OFFSET_LI_VN_MODE] = SNTP_VERSION | SNTP_MODE_CLIENT;
    udp_sendto(sntp.pcb, frame, addr, SNTP_PORT);
    frame.release();
  }
  const server = sntp.servers[sntp.current_server]!;
  server.reachability = (server.reachability << 1) & 0xff;
  after(stack, SNTP_RECV_TIMEOUT, tryNextServer);
}

/** No answer, or an unwanted one: ask the next server at once, or the only one after a pause. Source: lwIP sntp_try_next_server() */
function tryNextServer(stack: Stack): void {
  const sntp = stack.sntp!;
  const { servers } = sntp;
  for (let i = 1; i < servers.length; i++) {
    const idx = (sntp.current_server + i) % servers.length;
    const { addr, name } = servers[idx]!;
    if (addr === IPADDR_ANY && name === null) continue;
    sntp.current_server = idx;
    sntp.retry_timeout = SNTP_RETRY_TIMEOUT;
    request(stack);
    return;
  }
  after(stack, sntp.retry_timeout, request);
  const longer = 2 * sntp.retry_timeout;
  if (longer <= SNTP_RETRY_TIMEOUT_MAX) sntp.retry_timeout = longer;
}

/** A datagram to the client's port. Source: lwIP sntp_recv() */
function receive(stack: Stack, _pcb: UdpPcb, p: Pbuf): void {
  const sntp = stack.sntp!;
  const isPolling = sntp.opmode === SNTP_OPMODE_POLL;
  const m = p.frame.bytes.subarray(p.at, p.at + p.len);
  const mode = m[SNTP_OFFSET_LI_VN_MODE]! & SNTP_MODE_MASK;
  const isWanted = m.length === SNTP_MSG_LEN && mode === (isPolling ? SNTP_MODE_SERVER : SNTP_MODE_BROADCAST);
  const isRefusal = m[SNTP_OFFSET_STRATUM] === SNTP_STRATUM_KOD;
  const { sec, us } = isWanted ? getNtpTime(m, SNTP_OFFSET_TRANSMIT_TIME) : { sec: 0, us: 0 };
  pbuf_free(p);
  if (!isWanted) return;
  if (!isRefusal) takeTime(stack, sntp, sec, us);
  else if (isPolling) {
    // The time-out of the question goes on: what it does then comes on top.
    stack.timeouts.cancel(request);
    tryNextServer(stack);
  }
}

function takeTime(stack: Stack, sntp: Sntp, sec: number, us: number): void {
  sntp.isAnswered = true;
  sntp.unanswered = 0;
  sntp.port.sntp_set_system_time(sec, us);
  sntp.servers[sntp.current_server]!.reachability |= 1;
  if (sntp.opmode !== SNTP_OPMODE_POLL) return;
  stack.timeouts.cancel(tryNextServer);
  stack.timeouts.cancel(request);
  sntp.retry_timeout = SNTP_RETRY_TIMEOUT;
  after(stack, sntp.port.sntp_get_sync_interval(), request);
}
