/** What of a board's Wi-Fi outlives a loss of power: the driver's part of the flash, and where the radio has been. */

import type { Bss } from '../air/bss.ts';
import type { Lan } from '../lan.ts';
import type { Plug } from '../plug.ts';
import { WIFI_MODE_STA, type wifi_ap_config_t, type wifi_sta_config_t } from './esp_wifi_types.ts';

/** The board's own network, and its place in it. */
export interface OwnNetwork {
  readonly bss: Bss;
  readonly plug: Plug;
}

export class WifiHardware {
  // In the flash
  mode = WIFI_MODE_STA;
  sta: wifi_sta_config_t | null = null;
  ap: wifi_ap_config_t | null = null;
  // On the air
  /** Its places in networks that it has joined. */
  readonly plugs = new Map<Lan, Plug>();
  /** Null before its first start. */
  network: OwnNetwork | null = null;

  /** Forget what is in the flash. Source: esp_wifi_restore() */
  restore(): void {
    this.mode = WIFI_MODE_STA;
    this.sta = null;
    this.ap = null;
  }
}
