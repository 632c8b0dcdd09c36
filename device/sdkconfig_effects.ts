/** What a configuration changes on a board. */

import { OPT, type Opt, type OptName } from '../stack/opt.ts';
import { IPADDR_BROADCAST, ip4addr_aton } from '../stack/prot/ip4.ts';
import { type KconfigSymbol, kconfigSymbols } from './kconfig.ts';
import type { Sdkconfig } from './sdkconfig.ts';

/** lwIP options that differ from the defaults under a configuration. */
export function sdkconfigOpt(config: Sdkconfig): Partial<Opt> {
  const opt: Partial<Record<OptName, number>> = {};
  if (config.assignments.size === 0) return opt;
  for (const name of Object.keys(OPT) as OptName[]) {
    const { config: symbol, value } = OPT[name];
    const set = symbol === '' ? undefined : config.value(symbol);
    if (set !== undefined && Number(set) !== value) opt[name] = Number(set);
  }
  const ttl = Number(config.value('CONFIG_LWIP_IP_DEFAULT_TTL'));
  if (ttl !== OPT.TCP_TTL.value) {
    for (const name of ['TCP_TTL', 'UDP_TTL', 'RAW_TTL', 'ICMP_TTL'] as const) opt[name] = ttl;
  }
  return opt;
}

/** Microseconds of a FreeRTOS tick; undefined if the configuration does not say. */
export function sdkconfigTickUs(config: Sdkconfig): number | undefined {
  if (config.place('CONFIG_FREERTOS_HZ') === undefined) return undefined;
  return Math.round(1_000_000 / Number(config.value('CONFIG_FREERTOS_HZ')));
}

/** The fallback name server, int32 in host order; undefined if there is none. Source: ESP-IDF lwipopts.h FALLBACK_DNS_SERVER_ADDRESS */
export function sdkconfigFallbackDns(config: Sdkconfig): number | undefined {
  if (config.value('CONFIG_LWIP_FALLBACK_DNS_SERVER_SUPPORT') !== true) return undefined;
  return ip4addr_aton(String(config.value('CONFIG_LWIP_FALLBACK_DNS_SERVER_ADDRESS'))) ?? IPADDR_BROADCAST;
}

/** Why a symbol changes nothing that could be seen here, by the word that stands for it in the table. */
const UNSEEN: Readonly<Record<string, string>> = {
  place: 'It places code or memory, or passes it on; computing takes no time here.',
  log: 'It bears on logs and counters only.',
  core: 'A board has one core here.',
  stack: "The stacks of the system's own tasks cannot overflow here.",
  heap: 'lwIP takes these control blocks from the heap and does not count them.',
  oversize: 'Every segment is a buffer of its own that has room for a whole MSS.',
};

/** Why a symbol is not modelled. */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  '': 'It is not modelled.',
  ipv6: 'IPv6 is not modelled.',
  ppp: 'PPP and SLIP are not modelled.',
  napt: 'Address translation is not modelled.',
  autoip: 'AutoIP is not modelled.',
  bridge: 'Bridging is not modelled.',
  l2tap: 'Raw Ethernet descriptors are not modelled.',
  radio: 'Buffers, aggregation and sleep of the radio are not modelled.',
  hook: 'Hooks of the stack are not called.',
  v22: 'esp-lwip 2.1.3-esp, which is modelled here, does not have it.',
  whole: 'IPv4 of lwIP is always there.',
};

/** Why a symbol has no effect here; null if it has one, or is for the firmware to read. */
export function reasonWithoutEffect({
  bears,
}: KconfigSymbol): { readonly modelled: boolean; readonly why: string } | null {
  const word = bears.slice(1);
  if (bears.startsWith('=')) return { modelled: true, why: UNSEEN[word]! };
  return bears.startsWith('-') ? { modelled: false, why: NOT_MODELLED[word]! } : null;
}

/** One sentence for every setting that differs from the default and that the twin does not model, in Kconfig's order. */
export function sdkconfigNotes(config: Sdkconfig, defaults: Sdkconfig): string[] {
  const notes: string[] = [];
  for (const symbol of kconfigSymbols().values()) {
    const name = `CONFIG_${symbol.name}`;
    const place = config.place(name);
    const reason = reasonWithoutEffect(symbol);
    if (place === undefined || reason?.modelled !== false || config.value(name) === defaults.value(name)) continue;
    notes.push(`${place}: ${name} has no effect. ${reason.why}`);
  }
  return notes;
}
