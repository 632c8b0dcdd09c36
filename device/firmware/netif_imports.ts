/** esp_netif for C. */

import { htonl, ntohl } from '../../sockets/index.ts';
import { formatEthAddr, parseEthAddr } from '../../stack/prot/ethernet.ts';
import { ip4addr_ntoa } from '../../stack/prot/ip4.ts';
import { ESP_ERR_ESP_NETIF_INVALID_PARAMS, ESP_OK, type esp_err_t } from '../esp_err.ts';
import { EspNetif } from '../esp_netif.ts';
import {
  type dhcps_lease_t,
  ESP_NETIF_CAPTIVEPORTAL_URI,
  ESP_NETIF_OP_GET,
  ESP_NETIF_REQUESTED_IP_ADDRESS,
  type esp_netif_inherent_config_t,
  type esp_netif_ip_info_t,
  fromIpInfo,
  toIpInfo,
} from '../esp_netif_types.ts';
import { dhcpsOption, getDns, netifConfigOf, type OptionValue, setDns } from '../netif_options.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';
import type { Memory } from './memory.ts';
import { bytesOf, macBytes, macText, Struct } from './struct.ts';

const IP_INFO = new Struct({ ip: 'i32', netmask: 'i32', gw: 'i32' });
const IP6_ADDR = new Struct({ addr0: 'i32', addr1: 'i32', addr2: 'i32', addr3: 'i32', zone: 'u8' });
const LEASE = new Struct({ enable: 'u8', start_ip: 'i32', end_ip: 'i32' });
const INHERENT_CONFIG = new Struct({
  flags: 'i32',
  mac: 6,
  ip_info: 'i32',
  get_ip_event: 'i32',
  lost_ip_event: 'i32',
  if_key: 'i32',
  if_desc: 'i32',
  route_prio: 'i32',
  _bridge_info: 'i32',
});

/** Of struct esp_netif_obj, with their terminating zero. */
const KEY_SIZE = 16;
const DESC_SIZE = 24;
const HOSTNAME_SIZE = 33;

export function netifOf(m: Machine, handle: number): EspNetif {
  const esp_netif = m.handles.get(handle, EspNetif);
  if (esp_netif === null) throw new TypeError(`${handle} is no handle of an interface of board ${m.board.name}.`);
  return esp_netif;
}

/** struct esp_netif_inherent_config */
export function inherentConfig({ memory }: Machine, at: number): esp_netif_inherent_config_t {
  const word = (name: string): number => INHERENT_CONFIG.get(memory, at, name);
  const mac = macText(INHERENT_CONFIG.bytes(memory, at, 'mac'));
  const infoAt = word('ip_info');
  return {
    flags: word('flags'),
    ...(mac !== '00:00:00:00:00:00' && { mac }),
    ip_info: infoAt === 0 ? null : ipInfoAt(memory, infoAt),
    get_ip_event: word('get_ip_event'),
    lost_ip_event: word('lost_ip_event'),
    if_key: memory.string(word('if_key')),
    if_desc: memory.string(word('if_desc')),
    route_prio: word('route_prio'),
  };
}

function ipInfoAt(memory: Memory, at: number): esp_netif_ip_info_t {
  const addr = (name: string) => ({ addr: IP_INFO.get(memory, at, name) >>> 0 });
  return { ip: addr('ip'), netmask: addr('netmask'), gw: addr('gw') };
}

function putText(memory: Memory, at: number, text: string, size: number): void {
  memory.u8.set(bytesOf(text).subarray(0, size - 1), at >>> 0);
}

/** Module esp. */
export function netifImports(on: Running): HostFunctions {
  const of = (handle: number): EspNetif => netifOf(on.machine, handle);
  return {
    netif_new: (configAt) => {
      const m = on.machine;
      return m.handles.of(m.board.netifs.create(netifConfigOf(inherentConfig(m, configAt), m.board.localHostname)));
    },
    netif_next: (handle) => {
      const { handles, board } = on.machine;
      return handles.of(board.netifs.next(handle === 0 ? null : of(handle)));
    },
    netif_with_key: (keyAt) => {
      const { handles, board, memory } = on.machine;
      return handles.of(board.netifs.withKey(memory.string(keyAt)));
    },
    netif_default: () => on.machine.handles.of(on.machine.board.netifs.default),
    netif_count: () => on.machine.board.netifs.all.length,
    netif_texts: (handle, keyAt, descAt, hostnameAt) => {
      const { memory } = on.machine;
      const { config, hostname } = of(handle);
      putText(memory, keyAt, config.if_key, KEY_SIZE);
      putText(memory, descAt, config.if_desc, DESC_SIZE);
      putText(memory, hostnameAt, hostname, HOSTNAME_SIZE);
      return 0;
    },
    netif_flags: (handle) => of(handle).config.flags,
    netif_route_prio: (handle, route_prio, change) => {
      const esp_netif = of(handle);
      const before = esp_netif.route_prio;
      if (change !== 0) esp_netif.route_prio = route_prio;
      return before;
    },
    netif_is_up: (handle) => Number(of(handle).isUp),
    netif_index: (handle) => of(handle).netif?.index ?? -1,
    netif_impl_name: (handle, nameAt) => {
      const { netif } = of(handle);
      if (netif === null) return ESP_ERR_ESP_NETIF_INVALID_PARAMS;
      const name = `${netif.name}${netif.num}`;
      on.machine.memory.u8.set([...bytesOf(name), 0], nameAt >>> 0);
      return ESP_OK;
    },
    netif_get_mac: (handle, macAt) => {
      on.machine.memory.u8.set(macBytes(formatEthAddr(of(handle).mac)), macAt >>> 0);
      return 0;
    },
    netif_get_ip_info: (handle, infoAt) => {
      const { ip, netmask, gw } = fromIpInfo(of(handle).esp_netif_get_ip_info());
      on.machine.memory.u8.set(IP_INFO.encode({ ip: ip.addr, netmask: netmask.addr, gw: gw.addr }), infoAt >>> 0);
      return 0;
    },
    netif_dhcp_status: (handle, ofServer) => {
      const esp_netif = of(handle);
      const isOther = ofServer === 0 ? esp_netif.isServer : esp_netif.isClient;
      return isOther ? -1 : esp_netif.dhcp_status;
    },
    netif_ip6: (handle, addressesAt) => {
      const addresses = of(handle).ip6Addresses();
      addresses.forEach(({ addr: [addr0, addr1, addr2, addr3], zone }, i) => {
        const bytes = IP6_ADDR.encode({ addr0, addr1, addr2, addr3, zone });
        on.machine.memory.u8.set(bytes, (addressesAt >>> 0) + i * IP6_ADDR.size);
      });
      return addresses.length;
    },
  };
}

/** By their numbers in src/esp_netif.c: the name of the call, and what it does. */
const ACTIONS: readonly (readonly [string, (m: Machine, esp_netif: EspNetif) => esp_err_t])[] = [
  ['esp_netif_destroy', (m, n) => ok(m.board.netifs.destroy(n))],
  ['esp_netif_set_default_netif', (m, n) => ok(m.board.netifs.pin(n))],
  ['esp_netif_action_start', (_, n) => n.esp_netif_start()],
  ['esp_netif_action_stop', (_, n) => n.esp_netif_stop()],
  ['esp_netif_action_connected', (_, n) => n.esp_netif_up()],
  ['esp_netif_action_disconnected', (_, n) => n.esp_netif_down()],
  ['esp_netif_dhcpc_start', (_, n) => n.esp_netif_dhcpc_start()],
  ['esp_netif_dhcpc_stop', (_, n) => n.esp_netif_dhcpc_stop()],
  ['esp_netif_dhcps_start', (_, n) => n.esp_netif_dhcps_start()],
  ['esp_netif_dhcps_stop', (_, n) => n.esp_netif_dhcps_stop()],
  ['esp_netif_create_ip6_linklocal', (_, n) => n.esp_netif_create_ip6_linklocal()],
];
const CONNECTED = 4;

function ok(_: unknown): esp_err_t {
  return ESP_OK;
}

/** Module espb: what the tcpip thread does. */
export function waitingNetifImports(on: Running): HostFunctions {
  return {
    netif_action: (handle, action) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      const [fn, run] = ACTIONS[action]!;
      const act = (): esp_err_t => {
        const err = run(m, esp_netif);
        return action === CONNECTED && err === ESP_OK ? esp_netif.afterConnected() : err;
      };
      return inTcpip(m, fn, [esp_netif.config.if_key], act);
    },
    netif_set_mac: (handle, macAt) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      const mac = macText(m.memory.bytes(macAt, 6));
      return inTcpip(m, 'esp_netif_set_mac', [esp_netif.config.if_key, mac], () => {
        esp_netif.mac = parseEthAddr(mac);
        if (esp_netif.netif !== null) esp_netif.netif.hwaddr = esp_netif.mac;
        return ESP_OK;
      });
    },
    netif_set_hostname: (handle, hostnameAt) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      const hostname = m.memory.string(hostnameAt);
      return inTcpip(m, 'esp_netif_set_hostname', [hostname], () => esp_netif.esp_netif_set_hostname(hostname));
    },
    netif_set_ip_info: (handle, infoAt) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      const info = toIpInfo(ipInfoAt(m.memory, infoAt));
      const args = [info.ip, info.netmask, info.gw].map(ip4addr_ntoa);
      return inTcpip(m, 'esp_netif_set_ip_info', [esp_netif.config.if_key, ...args], () =>
        esp_netif.esp_netif_set_ip_info(info),
      );
    },
    netif_set_dns: (handle, type, address) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      const addr = ntohl(address) | 0;
      return inTcpip(m, 'esp_netif_set_dns_info', [esp_netif.config.if_key, type, ip4addr_ntoa(addr)], () =>
        setDns(esp_netif, m.board.stack, type, addr),
      );
    },
    netif_get_dns: (handle, type, addressAt) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      return inTcpip(m, 'esp_netif_get_dns_info', [esp_netif.config.if_key, type], () => {
        m.memory.setWord(addressAt, htonl(getDns(esp_netif, type)) | 0);
        return ESP_OK;
      });
    },
    netif_dhcps_option: (handle, op, id, valueAt, length) => {
      const m = on.machine;
      const esp_netif = netifOf(m, handle);
      const option: OptionValue = { value: optionAt(m.memory, id, valueAt, length) };
      return inTcpip(m, 'esp_netif_dhcps_option', [op, id], () => {
        const err = dhcpsOption(esp_netif, op, id, option);
        if (err === ESP_OK && op === ESP_NETIF_OP_GET) putOption(m.memory, option.value, valueAt, length);
        return err;
      });
    },
  };
}

function inTcpip(m: Machine, fn: string, args: readonly (number | string)[], action: () => esp_err_t): number {
  return m.call(fn, -1, m.sockets.inTcpipThread(m.task, action), m.isTraced && args);
}

function optionAt(memory: Memory, id: number, at: number, length: number): OptionValue['value'] {
  if (id === ESP_NETIF_CAPTIVEPORTAL_URI) return memory.string(at);
  if (id === ESP_NETIF_REQUESTED_IP_ADDRESS) {
    const addr = (name: string) => ({ addr: LEASE.get(memory, at, name) >>> 0 });
    const lease: dhcps_lease_t = {
      enable: LEASE.get(memory, at, 'enable') !== 0,
      start_ip: addr('start_ip'),
      end_ip: addr('end_ip'),
    };
    return lease;
  }
  return length < 4 ? memory.u8[at >>> 0]! : memory.word(at);
}

function putOption(memory: Memory, value: OptionValue['value'], at: number, length: number): void {
  if (typeof value === 'object') {
    const { enable, start_ip, end_ip } = value;
    const bytes = LEASE.encode({ enable: Number(enable), start_ip: start_ip.addr, end_ip: end_ip.addr });
    memory.u8.set(bytes.subarray(0, length), at >>> 0);
  } else if (typeof value === 'number') {
    if (length < 4) memory.u8[at >>> 0] = value;
    else memory.setWord(at, value);
  }
}
