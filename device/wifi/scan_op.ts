/** esp_wifi_scan_start(), which may wait for the end of the scan. */

import { type Op, type Sys, type SysThread, WaitList } from '../../sockets/sys_arch.ts';
import { ESP_OK, type esp_err_t } from '../esp_err.ts';
import type { WifiDriver } from './esp_wifi.ts';
import type { wifi_scan_config_t } from './esp_wifi_types.ts';

export function* scanOp(
  wifi: WifiDriver,
  sys: Sys,
  thread: SysThread,
  config: wifi_scan_config_t,
  block: boolean,
): Op<esp_err_t> {
  const waiters = new WaitList();
  let isOver = false;
  const onDone = (): void => {
    isOver = true;
    if (waiters.head !== null) sys.wake(waiters);
  };
  const err = wifi.esp_wifi_scan_start(config, block ? onDone : null);
  if (err !== ESP_OK || !block) return err;
  while (!isOver) {
    sys.block(thread, waiters, Number.POSITIVE_INFINITY);
    yield;
  }
  return ESP_OK;
}
