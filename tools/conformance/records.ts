/** What a record of the trace files says of a call: the fields beyond its arguments and its result. */

import { createHash } from 'node:crypto';
import { esp_err_to_name, type Os } from '../../device/index.ts';
import * as lwip from '../../sockets/index.ts';
import { eaiName, hErrnoName } from '../../sockets/names.ts';
import type { Endpoint } from './ops.ts';

export type Fields = Record<string, unknown>;

/** A socket variable: its descriptor, and how many bytes were sent and received since it was assigned. */
export interface SocketVariable {
  readonly fd: number;
  sent: number;
  received: number;
}

/** Received bytes are written out up to this length; beyond it their SHA-1 stands for them. */
const HEX_LIMIT = 64;

let patternTable = new Uint8Array(0);

/**
 * The pattern that scenarios send: byte k of a variable's stream is (k * 131 + 17) & 255.
 * @param k offset in the stream
 * @param size how many bytes
 * @returns a view that must not be written to
 */
export function pattern(k: number, size: number): Uint8Array {
  const first = k & 255;
  if (patternTable.length < first + size) {
    patternTable = Uint8Array.from({ length: 256 + Math.max(size, 65536) }, (_, i) => (i * 131 + 17) & 255);
  }
  return patternTable.subarray(first, first + size);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function fromSockaddr(name: lwip.sockaddr): Endpoint {
  if ('sin6_addr' in name) {
    return [String(lwip.inet_ntop(lwip.AF_INET6, name.sin6_addr)), lwip.ntohs(name.sin6_port)];
  }
  return [lwip.inet_ntoa(name.sin_addr), lwip.ntohs(name.sin_port)];
}

/** What gethostbyname() found, or why it did not. */
export function hostFields(host: lwip.hostent | null, h_errno: number): Fields {
  if (host === null) return { h_errno: hErrnoName(h_errno), h_eno: h_errno };
  const { h_name, h_addrtype, h_length, h_addr_list } = host;
  return { h_name, h_addrtype, h_length, addrs: h_addr_list.map((addr) => lwip.inet_ntop(h_addrtype, addr)) };
}

/** What getaddrinfo() found, or why it did not. */
export function addrinfoFields(ret: number, res: lwip.addrinfo | null): Fields {
  if (res === null) return { eai: eaiName(ret) };
  const ai: Fields[] = [];
  for (let one: lwip.addrinfo | null = res; one !== null; one = one.ai_next) {
    const { ai_flags: flags, ai_family: family, ai_socktype: socktype, ai_protocol: protocol } = one;
    const addr = fromSockaddr(one.ai_addr);
    ai.push({ flags, family, socktype, protocol, addrlen: one.ai_addrlen, addr, canonname: one.ai_canonname });
  }
  return { eai: '0', ai };
}

/** An address in host order. */
export function ntoa(addr: number): string {
  return lwip.inet_ntoa({ s_addr: lwip.htonl(addr) });
}

export function dnsServers(os: Os): string[] {
  return os.board.esp_netif.dnsServers().map(ntoa);
}

/** The name of an esp_netif op's result. */
export function espErr(ret: number, fields: Fields): void {
  fields.esp_err = esp_err_to_name(ret);
}

/**
 * Number 11 has two names; lwIP prefers EWOULDBLOCK, the trace files say EAGAIN. A call that fails without an errno has
 * none (wait_ip).
 */
export function errnoInTraces(n: number): string | null {
  if (n === 0) return null;
  return n === lwip.EAGAIN ? 'EAGAIN' : lwip.errnoName(n);
}

/** The value of an option as the trace files show it: an address as a dotted quad, a time in ms. */
export function optionInTraces(value: lwip.SockoptValue): unknown {
  if (typeof value !== 'object') return value;
  if ('tv_sec' in value) return value.tv_sec * 1000 + value.tv_usec / 1000;
  if ('l_onoff' in value) return [value.l_onoff, value.l_linger];
  return 's_addr' in value ? lwip.inet_ntoa(value) : value;
}

/** Record received bytes: as an offset in the pattern, as digits, or as a digest. */
export function received(s: SocketVariable, mem: Uint8Array, ret: number, fields: Fields): void {
  if (ret <= 0) return;
  const bytes = mem.subarray(0, Math.min(ret, mem.length));
  if (equalBytes(bytes, pattern(s.received, bytes.length))) fields.pat = s.received;
  else if (bytes.length <= HEX_LIMIT) fields.hex = Buffer.from(bytes).toString('hex');
  else fields.sha1 = createHash('sha1').update(bytes).digest('hex');
  s.received += ret;
}
