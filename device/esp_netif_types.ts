/** Numbers and structures of esp_netif and its events. Source: ESP-IDF esp_netif_types.h, esp_netif_ip_addr.h, esp_netif_defaults.h */

import { htonl, ntohl } from '../sockets/sockaddr.ts';
import type { EspNetif } from './esp_netif.ts';

export const IP_EVENT = 'IP_EVENT';
export const IP_EVENT_STA_GOT_IP = 0;
export const IP_EVENT_STA_LOST_IP = 1;
export const IP_EVENT_AP_STAIPASSIGNED = 2;
export const IP_EVENT_GOT_IP6 = 3;
export const IP_EVENT_ETH_GOT_IP = 4;
export const IP_EVENT_ETH_LOST_IP = 5;

export const ESP_NETIF_DHCP_CLIENT = 1;
export const ESP_NETIF_DHCP_SERVER = 2;
export const ESP_NETIF_FLAG_AUTOUP = 4;
export const ESP_NETIF_FLAG_GARP = 8;
export const ESP_NETIF_FLAG_EVENT_IP_MODIFIED = 16;
export const ESP_NETIF_FLAG_MLDV6_REPORT = 128;

export const ESP_NETIF_DHCP_INIT = 0;
export const ESP_NETIF_DHCP_STARTED = 1;
export const ESP_NETIF_DHCP_STOPPED = 2;

export const ESP_NETIF_DNS_MAIN = 0;
export const ESP_NETIF_DNS_BACKUP = 1;
export const ESP_NETIF_DNS_FALLBACK = 2;

export const ESP_NETIF_OP_SET = 1;
export const ESP_NETIF_OP_GET = 2;

export const ESP_NETIF_SUBNET_MASK = 1;
export const ESP_NETIF_DOMAIN_NAME_SERVER = 6;
export const ESP_NETIF_ROUTER_SOLICITATION_ADDRESS = 32;
export const ESP_NETIF_REQUESTED_IP_ADDRESS = 50;
export const ESP_NETIF_IP_ADDRESS_LEASE_TIME = 51;
export const ESP_NETIF_CAPTIVEPORTAL_URI = 114;

/** An interface, as a program holds it. */
export type esp_netif_t = EspNetif;
export type esp_netif_dhcp_status_t = number;

/** Network order, as in_addr.s_addr. */
export interface esp_ip4_addr_t {
  addr: number;
}

export interface esp_netif_ip_info_t {
  ip: esp_ip4_addr_t;
  netmask: esp_ip4_addr_t;
  gw: esp_ip4_addr_t;
}

/** Four words in network order, and the number of the interface that a link-local address belongs to. */
export interface esp_ip6_addr_t {
  addr: readonly [number, number, number, number];
  zone: number;
}

export interface esp_netif_dns_info_t {
  ip: { u_addr: { ip4: esp_ip4_addr_t }; type: number };
}

/** Of IP_EVENT_STA_GOT_IP and IP_EVENT_ETH_GOT_IP; in LOST_IP only `esp_netif` says something. */
export interface ip_event_got_ip_t {
  readonly esp_netif: esp_netif_t;
  readonly ip_info: esp_netif_ip_info_t;
  readonly ip_changed: boolean;
}

export interface ip_event_got_ip6_t {
  readonly esp_netif: esp_netif_t;
  readonly ip6_info: { readonly ip: esp_ip6_addr_t };
  readonly ip_index: number;
}

export interface ip_event_ap_staipassigned_t {
  readonly esp_netif: esp_netif_t;
  readonly ip: esp_ip4_addr_t;
  /** "24:0a:c4:00:00:01" */
  readonly mac: string;
}

/** The range of addresses that a DHCP server gives. Source: ESP-IDF dhcpserver.h */
export interface dhcps_lease_t {
  enable: boolean;
  start_ip: esp_ip4_addr_t;
  end_ip: esp_ip4_addr_t;
}

/** What an interface is born with. */
export interface esp_netif_inherent_config_t {
  readonly flags: number;
  /** "24:0a:c4:00:00:01"; left out as all zeros are in C. */
  readonly mac?: string;
  readonly ip_info?: esp_netif_ip_info_t | null;
  readonly get_ip_event: number;
  readonly lost_ip_event: number;
  readonly if_key: string;
  readonly if_desc: string;
  readonly route_prio: number;
}

const CLIENT_FLAGS =
  ESP_NETIF_DHCP_CLIENT | ESP_NETIF_FLAG_GARP | ESP_NETIF_FLAG_EVENT_IP_MODIFIED | ESP_NETIF_FLAG_MLDV6_REPORT;

/** ESP_NETIF_INHERENT_DEFAULT_WIFI_STA() */
export const ESP_NETIF_INHERENT_DEFAULT_WIFI_STA: esp_netif_inherent_config_t = {
  flags: CLIENT_FLAGS,
  get_ip_event: IP_EVENT_STA_GOT_IP,
  lost_ip_event: IP_EVENT_STA_LOST_IP,
  if_key: 'WIFI_STA_DEF',
  if_desc: 'sta',
  route_prio: 100,
};

/** ESP_NETIF_INHERENT_DEFAULT_WIFI_AP() */
export const ESP_NETIF_INHERENT_DEFAULT_WIFI_AP: esp_netif_inherent_config_t = {
  flags: ESP_NETIF_DHCP_SERVER | ESP_NETIF_FLAG_AUTOUP,
  ip_info: { ip: { addr: htonl(0xc0a80401) }, netmask: { addr: htonl(0xffffff00) }, gw: { addr: htonl(0xc0a80401) } },
  get_ip_event: 0,
  lost_ip_event: 0,
  if_key: 'WIFI_AP_DEF',
  if_desc: 'ap',
  route_prio: 10,
};

/** ESP_NETIF_INHERENT_DEFAULT_ETH() */
export const ESP_NETIF_INHERENT_DEFAULT_ETH: esp_netif_inherent_config_t = {
  flags: CLIENT_FLAGS & ~ESP_NETIF_FLAG_MLDV6_REPORT,
  get_ip_event: IP_EVENT_ETH_GOT_IP,
  lost_ip_event: IP_EVENT_ETH_LOST_IP,
  if_key: 'ETH_DEF',
  if_desc: 'eth',
  route_prio: 50,
};

/** Address, mask and gateway, int32 in host order: what the inside of a board works with. */
export interface IpInfo {
  readonly ip: number;
  readonly netmask: number;
  readonly gw: number;
}

export function toIpInfo({ ip, netmask, gw }: esp_netif_ip_info_t): IpInfo {
  return { ip: ntohl(ip.addr) | 0, netmask: ntohl(netmask.addr) | 0, gw: ntohl(gw.addr) | 0 };
}

export function fromIpInfo({ ip, netmask, gw }: IpInfo): esp_netif_ip_info_t {
  return { ip: { addr: htonl(ip) }, netmask: { addr: htonl(netmask) }, gw: { addr: htonl(gw) } };
}
