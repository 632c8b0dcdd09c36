/** What esp_netif posts about addresses: as records of the trace, and as events of the default loop. */

import { formatEthAddr } from '../stack/prot/ethernet.ts';
import { ip4addr_ntoa } from '../stack/prot/ip4.ts';
import type { EventLoop } from './esp_event.ts';
import type { EspNetif, IpEvent } from './esp_netif.ts';
import {
  type esp_ip6_addr_t,
  fromIpInfo,
  IP_EVENT,
  IP_EVENT_AP_STAIPASSIGNED,
  IP_EVENT_ETH_GOT_IP,
  IP_EVENT_ETH_LOST_IP,
  IP_EVENT_GOT_IP6,
  IP_EVENT_STA_GOT_IP,
  IP_EVENT_STA_LOST_IP,
  type ip_event_ap_staipassigned_t,
  type ip_event_got_ip_t,
  type ip_event_got_ip6_t,
} from './esp_netif_types.ts';
import type { EventRecord } from './trace.ts';

/** Events of an interface with a DHCP client, by their numbers. */
const NAMES: Readonly<Record<number, string>> = {
  [IP_EVENT_STA_GOT_IP]: 'IP_EVENT_STA_GOT_IP',
  [IP_EVENT_STA_LOST_IP]: 'IP_EVENT_STA_LOST_IP',
  [IP_EVENT_ETH_GOT_IP]: 'IP_EVENT_ETH_GOT_IP',
  [IP_EVENT_ETH_LOST_IP]: 'IP_EVENT_ETH_LOST_IP',
};

/** The board that an event happens on. */
export interface IpEventBoard {
  readonly name: string;
  readonly scheduler: { readonly nowUs: number };
  readonly eventLoop: EventLoop | null;
  takeNumber(): number;
  note(text: string): void;
}

export function ipEventRecord(board: IpEventBoard, esp_netif: EspNetif, ipEvent: IpEvent): EventRecord {
  const { event, info, ip_changed, mac } = ipEvent;
  return {
    kind: 'event',
    n: board.takeNumber(),
    tUs: board.scheduler.nowUs,
    board: board.name,
    event,
    ip: ip4addr_ntoa(info.ip),
    netmask: ip4addr_ntoa(info.netmask),
    gw: ip4addr_ntoa(info.gw),
    dns: esp_netif.dnsServers().map(ip4addr_ntoa),
    ip_changed,
    mac: mac === null ? '' : formatEthAddr(mac),
  };
}

/** Called in the tcpip thread: handlers of the loop run right there. A full queue loses the event, as in ESP-IDF. */
export function postIpEvent(board: IpEventBoard, esp_netif: EspNetif, ipEvent: IpEvent): void {
  const { event, info, ip_changed, mac } = ipEvent;
  const { eventLoop } = board;
  if (eventLoop === null || event === 'ip_cleared') return;
  const ip_info = fromIpInfo(info);
  if (event === 'dhcps_assigned') {
    const data: ip_event_ap_staipassigned_t = { esp_netif, ip: ip_info.ip, mac: formatEthAddr(mac!) };
    board.note(`IP_EVENT_AP_STAIPASSIGNED ${ip4addr_ntoa(info.ip)} ${data.mac}`);
    eventLoop.tcpipPost(IP_EVENT, IP_EVENT_AP_STAIPASSIGNED, data);
    return;
  }
  const { get_ip_event, lost_ip_event } = esp_netif.config;
  const data: ip_event_got_ip_t = { esp_netif, ip_info, ip_changed };
  const id = event === 'ip_lost' ? lost_ip_event : get_ip_event;
  board.note(`${NAMES[id] ?? `IP_EVENT ${id}`} ${ip4addr_ntoa(info.ip)}`);
  eventLoop.tcpipPost(IP_EVENT, id, data);
}

export function postIp6Event(board: IpEventBoard, esp_netif: EspNetif, ip: esp_ip6_addr_t): void {
  if (board.eventLoop === null) return;
  const data: ip_event_got_ip6_t = { esp_netif, ip6_info: { ip }, ip_index: 0 };
  board.note('IP_EVENT_GOT_IP6');
  board.eventLoop.tcpipPost(IP_EVENT, IP_EVENT_GOT_IP6, data);
}
