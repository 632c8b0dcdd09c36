/** Ethernet as a program sees it, with ESP-IDF's names, arguments and results. */

import type { Op } from '../sockets/index.ts';
import type { Call } from './call.ts';
import { ESP_ERR_NOT_FOUND, ESP_OK, type esp_err_t } from './esp_err.ts';
import type { EthDriver } from './esp_eth.ts';
import type { HandleOut } from './os_event.ts';
import { OsSntp } from './os_sntp.ts';

export type esp_eth_handle_t = EthDriver;

export abstract class OsEth extends OsSntp {
  /** The driver of the board's Ethernet. @returns ESP_OK, ESP_ERR_NOT_FOUND if the board was made without `eth` */
  esp_eth_driver_install(out_hdl: HandleOut<esp_eth_handle_t>): Call<esp_err_t> {
    return this.ethCall('esp_eth_driver_install', () => {
      out_hdl.value = this.board.eth;
      return this.board.eth === null ? ESP_ERR_NOT_FOUND : ESP_OK;
    });
  }

  /** The default handlers between driver and interface. @returns what esp_netif_attach() takes */
  esp_eth_new_netif_glue(eth_hdl: esp_eth_handle_t): Call<esp_eth_handle_t> {
    const { task } = this;
    const make = function* (): Op<esp_eth_handle_t> {
      yield* eth_hdl.setHandlers(task);
      return eth_hdl;
    };
    return this.begin('esp_eth_new_netif_glue', -1, this.traced && [], make());
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_STATE if it runs */
  esp_eth_start(hdl: esp_eth_handle_t): Call<esp_err_t> {
    return this.ethCall('esp_eth_start', () => hdl.esp_eth_start());
  }

  /** @returns ESP_OK, ESP_ERR_INVALID_STATE if it does not run */
  esp_eth_stop(hdl: esp_eth_handle_t): Call<esp_err_t> {
    return this.ethCall('esp_eth_stop', () => hdl.esp_eth_stop());
  }

  private ethCall(fn: string, action: () => esp_err_t): Call<esp_err_t> {
    const { scheduler } = this.board;
    const run = function* (): Op<esp_err_t> {
      const err = action();
      if (scheduler.switchPending) yield;
      return err;
    };
    return this.begin(fn, -1, this.traced && [], run());
  }
}
