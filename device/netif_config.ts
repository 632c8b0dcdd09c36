/** How a board's options say where its address comes from, read and checked. */

import type { EthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY, ip4addr_aton } from '../stack/prot/ip4.ts';
import type { DhcpsOptions } from './dhcpserver.ts';
import {
  ESP_NETIF_DHCP_CLIENT,
  ESP_NETIF_DHCP_SERVER,
  ESP_NETIF_FLAG_AUTOUP,
  ESP_NETIF_FLAG_EVENT_IP_MODIFIED,
  ESP_NETIF_FLAG_GARP,
  IP_EVENT_STA_GOT_IP,
  IP_EVENT_STA_LOST_IP,
  type IpInfo,
} from './esp_netif_types.ts';
import type { WiredConfig } from './wired.ts';

/** What a soft-AP's DHCP server gives. Addresses are dotted decimal. */
export interface DhcpServerOptions {
  /** Lease in minutes (dhcps_time_t with CONFIG_LWIP_DHCPS_LEASE_UNIT 60); 120 if left out or 0. */
  readonly leaseMinutes?: number;
  /** First and last address to give, in the board's subnet, 100 at most; derived from the board's own if left out. */
  readonly start?: string;
  readonly end?: string;
  /** Name the board's gateway as router; true if left out. */
  readonly offerRouter?: boolean;
  /** Name the servers of `dns` (main, backup) instead of the board itself; false if left out. */
  readonly offerDns?: boolean;
  readonly dns?: readonly string[];
  /** Serve from boot on; true if left out. */
  readonly autostart?: boolean;
}

/** Where the address of a board's interface comes from. */
export interface AddressOptions {
  /** "192.168.4.1/24", or the address alone with a mask of /24. Not needed with `dhcp` and `dhcps`. */
  readonly ip?: string;
  /** Gateway; none if left out (a soft-AP: its own address). */
  readonly gw?: string;
  /** The interface is a station's: its address comes from DHCP. */
  readonly dhcp?: boolean;
  /** With `dhcp`: the station is connected when the board boots, not by staConnected(). True if left out. */
  readonly autoConnect?: boolean;
  /** The interface is a soft-AP's, 192.168.4.1/24 if `ip` is left out, and gives addresses to stations. */
  readonly dhcps?: boolean | DhcpServerOptions;
  /** With `dhcp` or `dhcps`: CONFIG_LWIP_LOCAL_HOSTNAME, of the configuration if left out. */
  readonly hostname?: string;
  /** Main, backup and fallback name server; "0.0.0.0" leaves one unset. A station's come from DHCP. */
  readonly dns?: readonly string[];
  /** Periodic gratuitous ARP (ESP_NETIF_FLAG_GARP); true if left out, but for a soft-AP false. */
  readonly garp?: boolean;
}

const SOFT_AP_ADDRESS = '192.168.4.1/24';
/** Key of the interface that a board's options describe; ESP-IDF has no such one. */
const WIRED_KEY = 'LAN_DEF';
/** As Ethernet's. */
const WIRED_ROUTE_PRIO = 50;
/** Shared by all boards that set none. */
const NO_SERVERS: readonly number[] = [];
const NO_OPTIONS: Partial<DhcpsOptions> = {};

/** Options that say something about an interface, which there is only with a wire. */
const NEEDS_LAN: readonly (keyof AddressOptions)[] = [
  'ip',
  'gw',
  'dhcp',
  'autoConnect',
  'dhcps',
  'hostname',
  'dns',
  'garp',
];

/** @throws TypeError for an option that means nothing without a wire */
export function checkNoAddress(board: string, options: AddressOptions): void {
  const option = NEEDS_LAN.find((name) => options[name] !== undefined);
  if (option !== undefined) {
    throw new TypeError(
      `Board ${board} has the option ${option} but no lan; without one its programs make its interfaces.`,
    );
  }
}

type Kind = 'static' | 'dhcp' | 'dhcps';

const FLAGS: Readonly<Record<Kind, number>> = {
  static: 0,
  dhcp: ESP_NETIF_DHCP_CLIENT | ESP_NETIF_FLAG_EVENT_IP_MODIFIED,
  dhcps: ESP_NETIF_DHCP_SERVER | ESP_NETIF_FLAG_AUTOUP,
};

/**
 * @param hostname CONFIG_LWIP_LOCAL_HOSTNAME
 * @throws TypeError naming the option that is wrong
 */
export function netifConfig(options: AddressOptions, hostname: string, mac: EthAddr): WiredConfig {
  const { dhcp = false, dhcps = false } = options;
  if (dhcp && dhcps !== false) throw new TypeError('A board cannot have both dhcp (station) and dhcps (soft-AP).');
  const kind = dhcp ? 'dhcp' : dhcps === false ? 'static' : 'dhcps';
  const server: DhcpServerOptions = typeof dhcps === 'object' ? dhcps : {};
  const garp = options.garp ?? kind !== 'dhcps';
  return {
    netif: {
      mac,
      flags: FLAGS[kind] | (garp ? ESP_NETIF_FLAG_GARP : 0),
      info: ipInfo(options, kind),
      get_ip_event: IP_EVENT_STA_GOT_IP,
      lost_ip_event: IP_EVENT_STA_LOST_IP,
      if_key: WIRED_KEY,
      // As ESP-IDF's station and soft-AP: examples look for their interface by this.
      if_desc: kind === 'dhcps' ? 'ap' : 'sta',
      route_prio: WIRED_ROUTE_PRIO,
      name: 'en',
      hostname: options.hostname ?? hostname,
    },
    autostart: (dhcp ? options.autoConnect : server.autostart) ?? true,
    dns: options.dns === undefined ? NO_SERVERS : options.dns.map((ip) => parseIp('dns', ip)),
    dhcps: kind === 'dhcps' ? dhcpsOptions(server) : NO_OPTIONS,
  };
}

function ipInfo({ ip, gw }: AddressOptions, kind: Kind): IpInfo {
  if (ip === undefined && kind === 'static') {
    throw new TypeError('A board needs an address: ip: "192.168.4.1/24", or dhcp: true, or dhcps: true.');
  }
  const text = ip ?? (kind === 'dhcps' ? SOFT_AP_ADDRESS : undefined);
  if (text === undefined) return { ip: IPADDR_ANY, netmask: IPADDR_ANY, gw: IPADDR_ANY };
  const info = parseAddress(text, gw);
  return gw === undefined && kind === 'dhcps' ? { ...info, gw: info.ip } : info;
}

/** "192.168.4.1/24", or the address alone with a mask of /24. @param gw none if undefined  @param name of the option  @throws TypeError naming the option */
export function parseAddress(text: string, gw: string | undefined, name = 'ip'): IpInfo {
  const [address = '', prefix = '24'] = text.split('/');
  const ip = parseIp(name, address);
  return { ip, netmask: parsePrefix(prefix, text), gw: gw === undefined ? IPADDR_ANY : parseIp('gw', gw) };
}

/** Options of the DHCP server as the server wants them. @throws TypeError naming the option that is wrong */
export function dhcpsOptions(server: DhcpServerOptions): Partial<DhcpsOptions> {
  const { leaseMinutes, start, end, offerRouter, offerDns, dns } = server;
  if (leaseMinutes !== undefined && (!Number.isInteger(leaseMinutes) || leaseMinutes < 0)) {
    throw new RangeError(`leaseMinutes must be a whole number of minutes, not ${leaseMinutes}.`);
  }
  return {
    ...(leaseMinutes !== undefined && { lease: leaseMinutes }),
    ...(start !== undefined && { start: parseIp('start', start) }),
    ...(end !== undefined && { end: parseIp('end', end) }),
    ...(offerRouter !== undefined && { offerRouter }),
    ...(offerDns !== undefined && { offerDns }),
    ...(dns?.[0] !== undefined && { dnsMain: parseIp('dns', dns[0]) }),
    ...(dns?.[1] !== undefined && { dnsBackup: parseIp('dns', dns[1]) }),
  };
}

/** Dotted decimal to int32 in host order. @throws TypeError naming the option */
export function parseIp(name: string, value: string): number {
  const ip = ip4addr_aton(value);
  if (ip === undefined) throw new TypeError(`${name} must be an IPv4 address, not "${value}".`);
  return ip;
}

function parsePrefix(prefix: string, whole: string): number {
  const bits = Number(prefix);
  if (!Number.isInteger(bits) || bits < 1 || bits > 32) {
    throw new TypeError(`"${whole}" must end in a prefix length from /1 to /32.`);
  }
  return (0xffffffff << (32 - bits)) | 0;
}
