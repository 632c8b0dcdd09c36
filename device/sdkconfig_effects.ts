/** What a configuration changes on a board. */

import { OPT, type Opt, type OptEntry, type OptName } from '../stack/opt.ts';
import { IPADDR_BROADCAST, ip4addr_aton } from '../stack/prot/ip4.ts';
import { type KconfigSymbol, kconfigSymbols } from './kconfig.ts';
import { makeSdkconfig, type Sdkconfig, SdkconfigError } from './sdkconfig.ts';

type Changes = Partial<Record<OptName, number>>;

/** Work something out once per configuration: many boards may share one. */
function once<T>(compute: (config: Sdkconfig) => T): (config: Sdkconfig) => T {
  const known = new WeakMap<Sdkconfig, T>();
  return (config) => {
    let result = known.get(config);
    if (result === undefined) {
      result = compute(config);
      known.set(config, result);
    }
    return result;
  };
}

/**
 * lwIP options that differ from the defaults under a configuration.
 * @throws SdkconfigError for a value that Kconfig allows and that is not modelled here
 */
export const sdkconfigOpt = once(findOpt);

function findOpt(config: Sdkconfig): Partial<Opt> {
  if (config.assignments.size === 0) return {};
  const changes: Changes = {};
  for (const name of Object.keys(OPT) as OptName[]) {
    const symbol = OPT[name].config;
    const value = symbol === '' ? undefined : config.value(symbol);
    if (value !== undefined) change(changes, config, symbol, [name], Number(value));
  }
  changeOthers(changes, config);
  checkWindow(config);
  return changes;
}

/** Symbols that do not set one option to their value. Source: ESP-IDF lwipopts.h */
function changeOthers(changes: Changes, config: Sdkconfig): void {
  const is = (symbol: string): boolean => config.value(symbol) === true;
  const set = (symbol: string, names: readonly OptName[], value: number): void => {
    change(changes, config, symbol, names, value);
  };
  const ttl = 'CONFIG_LWIP_IP_DEFAULT_TTL';
  set(ttl, ['TCP_TTL', 'UDP_TTL', 'RAW_TTL', 'ICMP_TTL'], Number(config.value(ttl)));
  const loopback = 'CONFIG_LWIP_NETIF_LOOPBACK';
  set(loopback, ['LWIP_HAVE_LOOPIF'], Number(is(loopback)));
  // The check of RFC 5227 is not modelled; the default one, by two questions, stands for it.
  if (is('CONFIG_LWIP_DHCP_DOES_ACD_CHECK')) delete changes.DHCP_DOES_ARP_CHECK;
  if (is('CONFIG_LWIP_TCP_OVERSIZE_DISABLE')) changes.TCP_OVERSIZE = 0;
  if (is('CONFIG_LWIP_HOOK_TCP_ISN_NONE')) changes.LWIP_HOOK_TCP_ISN = 0;
  // esp-lwip 2.1.3-esp does not count connections, that of ESP-IDF v5.5 does: who sets the limit has it.
  const active = 'CONFIG_LWIP_MAX_ACTIVE_TCP';
  if (config.place(active) !== undefined) set(active, ['MEMP_NUM_TCP_PCB'], Number(config.value(active)));
}

function change(changes: Changes, config: Sdkconfig, symbol: string, names: readonly OptName[], value: number): void {
  for (const name of names) {
    const { value: usual, min, max, scaledMax = max }: OptEntry = OPT[name];
    const most = config.value('CONFIG_LWIP_WND_SCALE') === true ? scaledMax : max;
    if (value < min || value > most) {
      const place = config.place(symbol) ?? 'sdkconfig';
      throw new SdkconfigError(`${place}: ${symbol} is modelled from ${min} to ${most}, not for ${value}.`);
    }
    if (value !== usual) changes[name] = value;
  }
}

/** Source: lwIP init.c, which refuses to be compiled */
function checkWindow(config: Sdkconfig): void {
  const symbol = 'CONFIG_LWIP_TCP_WND_DEFAULT';
  const wnd = Number(config.value(symbol));
  const scale = Number(config.value('CONFIG_LWIP_TCP_RCV_SCALE') ?? 0);
  if (wnd >> scale <= 0xffff) return;
  const place = config.place(symbol) ?? 'sdkconfig';
  throw new SdkconfigError(
    `${place}: ${symbol} must be from 2440 to ${0xffff << scale} with a CONFIG_LWIP_TCP_RCV_SCALE of ${scale}, not ${wnd}.`,
  );
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
  vendor: 'Nothing here sets a vendor class.',
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

/** One sentence for every setting that differs from the default and that is not modelled, in Kconfig's order. */
export const sdkconfigNotes = once(findNotes);

function findNotes(config: Sdkconfig): readonly string[] {
  if (config.assignments.size === 0) return [];
  const defaults = makeSdkconfig();
  const notes: string[] = [];
  for (const symbol of kconfigSymbols().values()) {
    const name = `CONFIG_${symbol.name}`;
    const place = config.place(name);
    const reason = reasonWithoutEffect(symbol);
    if (place === undefined || reason?.modelled !== false || config.value(name) === defaults.value(name)) continue;
    notes.push(`${place}: ${name} has no effect. ${reason.why}`);
  }
  const hz = Number(config.value('CONFIG_FREERTOS_HZ'));
  if (1000 % hz !== 0) notes.push(tickNote(config, hz));
  return notes;
}

/** lwIP and pdMS_TO_TICKS() reckon with whole milliseconds or whole ticks, and so does ESP-IDF. */
function tickNote(config: Sdkconfig, hz: number): string {
  const place = config.place('CONFIG_FREERTOS_HZ') ?? 'sdkconfig';
  return `${place}: CONFIG_FREERTOS_HZ=${hz} makes ticks of ${Math.round(1e6 / hz)} us, which lwIP takes for ${Math.floor(1000 / hz)} ms.`;
}
