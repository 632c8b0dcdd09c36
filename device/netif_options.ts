/** What esp_netif's calls look at and change besides the life of an interface: name servers, options of the DHCP server. */

import { htonl, ntohl } from '../sockets/sockaddr.ts';
import { dns_setserver } from '../stack/dns.ts';
import { ETHZERO, parseEthAddr } from '../stack/prot/ethernet.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import type { Stack } from '../stack/stack.ts';
import type { DhcpsOptions } from './dhcpserver.ts';
import {
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED,
  ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED,
  ESP_ERR_ESP_NETIF_INVALID_PARAMS,
  ESP_OK,
  type esp_err_t,
} from './esp_err.ts';
import { type EspNetif, type EspNetifConfig, NO_ADDRESS } from './esp_netif.ts';
import {
  type dhcps_lease_t,
  ESP_NETIF_CAPTIVEPORTAL_URI,
  ESP_NETIF_DHCP_CLIENT,
  ESP_NETIF_DHCP_SERVER,
  ESP_NETIF_DHCP_STARTED,
  ESP_NETIF_DHCP_STOPPED,
  ESP_NETIF_DNS_BACKUP,
  ESP_NETIF_DNS_MAIN,
  ESP_NETIF_DOMAIN_NAME_SERVER,
  ESP_NETIF_IP_ADDRESS_LEASE_TIME,
  ESP_NETIF_OP_GET,
  ESP_NETIF_OP_SET,
  ESP_NETIF_REQUESTED_IP_ADDRESS,
  ESP_NETIF_ROUTER_SOLICITATION_ADDRESS,
  type esp_netif_inherent_config_t,
  toIpInfo,
} from './esp_netif_types.ts';

/** Value of an option that goes in or comes out. */
export interface OptionValue {
  value: number | string | dhcps_lease_t;
}

/** OFFER_DNS and OFFER_ROUTER. Source: ESP-IDF dhcpserver_options.h */
const OFFER = 0x02;

/** How lwIP names the interfaces of a driver. Source: ESP-IDF esp_netif_lwip_defaults.c, wlanif.c, ethernetif.c */
function lwipName({ flags, if_key }: esp_netif_inherent_config_t): string {
  if ((flags & ESP_NETIF_DHCP_SERVER) !== 0) return 'ap';
  return (flags & ESP_NETIF_DHCP_CLIENT) === 0 || if_key.startsWith('ETH') ? 'en' : 'st';
}

/** @param hostname CONFIG_LWIP_LOCAL_HOSTNAME */
export function netifConfigOf(config: esp_netif_inherent_config_t, hostname: string): EspNetifConfig {
  const { flags, mac, ip_info = null, get_ip_event, lost_ip_event, if_key, if_desc, route_prio } = config;
  return {
    flags,
    mac: mac === undefined ? ETHZERO : parseEthAddr(mac),
    info: ip_info === null ? NO_ADDRESS : toIpInfo(ip_info),
    get_ip_event,
    lost_ip_event,
    if_key,
    if_desc,
    route_prio,
    name: lwipName(config),
    hostname,
  };
}

/** Source: esp_netif_set_dns_info_api() */
export function setDns(esp_netif: EspNetif, stack: Stack, type: number, addr: number): esp_err_t {
  if (addr === IPADDR_ANY) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  const { dhcpsOptions } = esp_netif;
  if (dhcpsOptions === null) dns_setserver(stack, type, addr);
  else if (type === ESP_NETIF_DNS_MAIN) dhcpsOptions.dnsMain = addr;
  else if (type === ESP_NETIF_DNS_BACKUP) dhcpsOptions.dnsBackup = addr;
  else return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  return ESP_OK;
}

/** The name server of a type, int32 in host order. Source: esp_netif_get_dns_info_api() */
export function getDns(esp_netif: EspNetif, type: number): number {
  const { dhcpsOptions } = esp_netif;
  if (dhcpsOptions === null) return esp_netif.dnsServers()[type] ?? IPADDR_ANY;
  return type === ESP_NETIF_DNS_MAIN ? dhcpsOptions.dnsMain : dhcpsOptions.dnsBackup;
}

/** Source: esp_netif_dhcps_option_api() */
export function dhcpsOption(esp_netif: EspNetif, op: number, id: number, out: OptionValue): esp_err_t {
  const { dhcpsOptions, dhcp_status } = esp_netif;
  if (dhcpsOptions === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (op === ESP_NETIF_OP_GET) {
    return dhcp_status === ESP_NETIF_DHCP_STOPPED
      ? ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED
      : getOption(dhcpsOptions, id, out);
  }
  if (op !== ESP_NETIF_OP_SET) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  if (dhcp_status === ESP_NETIF_DHCP_STARTED) return ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED;
  return setOption(dhcpsOptions, id, out.value, esp_netif.esp_netif_get_ip_info().ip);
}

function getOption(options: DhcpsOptions, id: number, out: OptionValue): esp_err_t {
  switch (id) {
    case ESP_NETIF_IP_ADDRESS_LEASE_TIME:
      out.value = options.lease;
      return ESP_OK;
    case ESP_NETIF_REQUESTED_IP_ADDRESS: {
      const { start, end } = options;
      out.value = { enable: start !== IPADDR_ANY, start_ip: { addr: htonl(start) }, end_ip: { addr: htonl(end) } };
      return ESP_OK;
    }
    case ESP_NETIF_ROUTER_SOLICITATION_ADDRESS:
      out.value = options.offerRouter ? OFFER : 0;
      return ESP_OK;
    case ESP_NETIF_DOMAIN_NAME_SERVER:
      out.value = options.offerDns ? OFFER : 0;
      return ESP_OK;
    default:
      return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
}

function setOption(options: DhcpsOptions, id: number, value: OptionValue['value'], own: number): esp_err_t {
  if (typeof value === 'string') {
    if (id !== ESP_NETIF_CAPTIVEPORTAL_URI) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
    options.captivePortalUri = value;
    return ESP_OK;
  }
  if (typeof value === 'object') {
    return id === ESP_NETIF_REQUESTED_IP_ADDRESS ? setRange(options, value, own) : ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
  switch (id) {
    case ESP_NETIF_IP_ADDRESS_LEASE_TIME:
      options.lease = value;
      return ESP_OK;
    case ESP_NETIF_ROUTER_SOLICITATION_ADDRESS:
      options.offerRouter = (value & OFFER) !== 0;
      return ESP_OK;
    case ESP_NETIF_DOMAIN_NAME_SERVER:
      options.offerDns = (value & OFFER) !== 0;
      return ESP_OK;
    default:
      return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  }
}

function setRange(options: DhcpsOptions, { enable, start_ip, end_ip }: dhcps_lease_t, own: number): esp_err_t {
  const start = ntohl(start_ip.addr);
  const end = ntohl(end_ip.addr);
  const ip = own >>> 0;
  if (enable && (start > end || (ip >= start && ip <= end))) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
  options.start = enable ? start | 0 : IPADDR_ANY;
  options.end = enable ? end | 0 : IPADDR_ANY;
  return ESP_OK;
}
