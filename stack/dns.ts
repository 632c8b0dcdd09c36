/** The resolver's servers. Source: lwIP dns.c with Espressif's fallback server */

import { IPADDR_ANY } from './prot/ip4.ts';
import type { Stack } from './stack.ts';

/** Main, backup and fallback server. */
export const DNS_MAX_SERVERS = 3;
/** The slot that DHCP never writes. */
export const DNS_FALLBACK_SERVER_INDEX = 2;

/** Set one of the name servers; a number out of range is ignored. @param dnsserver int32, host order. Source: lwIP dns_setserver() */
export function dns_setserver(stack: Stack, numdns: number, dnsserver: number): void {
  if (numdns >= DNS_MAX_SERVERS || dns_getserver(stack, numdns) === dnsserver) return;
  stack.dns_servers = Array.from({ length: DNS_MAX_SERVERS }, (_, n) =>
    n === numdns ? dnsserver : dns_getserver(stack, n),
  );
}

/** One of the name servers, IPADDR_ANY if it is not set. Source: lwIP dns_getserver() */
export function dns_getserver(stack: Stack, numdns: number): number {
  return stack.dns_servers[numdns] ?? IPADDR_ANY;
}
