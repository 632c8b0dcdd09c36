/** How a board's interface is lost and comes back: a wired one, Ethernet with its driver, a Wi-Fi station. */

import { netif_set_link_down, netif_set_link_up } from '../../stack/netif.ts';
import type { IpInfo } from '../esp_netif_types.ts';
import type { Esp32 } from '../esp32.ts';
import { WIFI_REASON_BEACON_TIMEOUT } from '../wifi/esp_wifi_types.ts';
import type { WiredInterface } from '../wired.ts';

/** Have the tcpip thread of a board that is on do something, as the driver's events do. */
function inTcpipThread(board: Esp32, fn: () => void): void {
  if (board.isOn) board.tcpip.trypost(call, fn, null);
}

function call(fn: () => void): void {
  fn();
}

/** The link is lost, or back: the cable, or the radio. */
export function setLink(board: Esp32, isUp: boolean): void {
  const wired = board.wiredInterface;
  if (wired !== null) setWiredLink(board, wired, isUp);
  else if (board.eth !== null) board.eth.cable = isUp;
  else board.air.setDeaf(board.name, !isUp);
}

function setWiredLink(board: Esp32, { plug, esp_netif }: WiredInterface, isUp: boolean): void {
  plug.cable = isUp && board.isOn;
  inTcpipThread(board, () => {
    const { netif } = esp_netif;
    if (netif !== null) (isUp ? netif_set_link_up : netif_set_link_down)(netif);
  });
}

/** The interface goes down at once, with its address. A station loses its network and finds none until it regains it. */
export function loseInterface(board: Esp32): void {
  const wired = board.wiredInterface;
  if (wired !== null) {
    wired.plug.cable = false;
    inTcpipThread(board, () => wired.esp_netif.esp_netif_down());
    return;
  }
  setLink(board, false);
  if (board.eth === null && board.isOn) board.wifi.station.disconnect(WIFI_REASON_BEACON_TIMEOUT);
}

/** @param address of a wired interface: another one than before; null for the same, or one from DHCP */
export function regainInterface(board: Esp32, address: IpInfo | null): void {
  const wired = board.wiredInterface;
  if (wired === null) {
    setLink(board, true);
    return;
  }
  if (!board.isOn) return;
  wired.plug.cable = true;
  inTcpipThread(board, () => {
    if (address !== null) setAddress(board, address);
    wired.up();
    wired.esp_netif.afterConnected();
  });
}

export function changeAddress(board: Esp32, address: IpInfo): void {
  inTcpipThread(board, () => setAddress(board, address));
}

/** An address that does not come from DHCP: the client, if there is one, stops first, or it would not be taken. */
function setAddress(board: Esp32, address: IpInfo): void {
  const esp_netif = board.wiredInterface?.esp_netif ?? board.netifs.default;
  esp_netif?.esp_netif_dhcpc_stop();
  esp_netif?.esp_netif_set_ip_info(address);
}
