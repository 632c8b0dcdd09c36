/** The time of day and where it comes from, for programs: time.h, esp_sntp.h and esp_netif_sntp.h with C's names and results. */

import { EINVAL, type Op, type timeval } from '../sockets/index.ts';
import { IPADDR_ANY } from '../stack/prot/ip4.ts';
import { ipaddr_aton, ipaddr_ntoa } from '../stack/prot/ip6.ts';
import { sntp_setserver, sntp_setservername } from '../stack/sntp.ts';
import type { Call } from './call.ts';
import { ESP_OK, type esp_err_t } from './esp_err.ts';
import type { EspSntp, esp_sntp_config_t, sntp_sync_time_cb_t } from './esp_sntp.ts';
import { portMAX_DELAY } from './freertos.ts';
import { OsEvent } from './os_event.ts';
import type { WallClock } from './wall_clock.ts';

export abstract class OsSntp extends OsEvent {
  // The clock

  /** The time of day; it starts at 1970 with every boot. @returns 0 */
  gettimeofday(tv: timeval): number {
    fill(tv, this.clock.nowUs);
    return 0;
  }

  /** Set the clock. @returns 0 */
  settimeofday(tv: timeval): number {
    checkTimeval('settimeofday', tv);
    this.clock.set(toUs(tv));
    return 0;
  }

  /** Seconds since 1970. */
  time(): number {
    return Math.floor(this.clock.nowUs / 1_000_000);
  }

  /**
   * Correct the clock by 1/64 of the time that passes.
   * @param delta null: only ask  @param outdelta filled with what an earlier call has still to correct
   * @returns 0, or -1: EINVAL for more than 2146 s
   */
  adjtime(delta: timeval | null, outdelta: timeval | null = null): number {
    if (outdelta !== null) {
      const left = this.clock.leftToAdjustUs;
      outdelta.tv_sec = Math.trunc(left / 1_000_000);
      outdelta.tv_usec = left % 1_000_000;
    }
    if (delta === null) return 0;
    checkTimeval('adjtime', delta);
    if (this.clock.adjtime(toUs(delta))) return 0;
    this.errno = EINVAL;
    return -1;
  }

  // esp_sntp

  /** Start the client, or do nothing if it runs. The first question is asked within 5 s, at a random time. */
  esp_sntp_init(): Call<void> {
    return this.later('esp_sntp_init', [], (s) => s.init());
  }

  esp_sntp_stop(): Call<void> {
    return this.later('esp_sntp_stop', [], (s) => s.stop());
  }

  /** @param operating_mode ESP_SNTP_OPMODE_POLL or ESP_SNTP_OPMODE_LISTENONLY; while the client runs, lwIP asserts */
  esp_sntp_setoperatingmode(operating_mode: number): Call<void> {
    return this.later('esp_sntp_setoperatingmode', [operating_mode], (s) => s.setoperatingmode(operating_mode));
  }

  esp_sntp_getoperatingmode(): number {
    return this.board.esp_sntp.sntp.opmode;
  }

  /** Stop and start again. @returns false if the client does not run */
  sntp_restart(): Call<boolean> {
    const self = this;
    const restart = function* (): Op<boolean> {
      if (!self.esp_sntp_enabled()) return false;
      yield* self.post((s) => s.restart());
      return true;
    };
    return this.begin('sntp_restart', -1, this.traced && [], restart());
  }

  esp_sntp_enabled(): boolean {
    return this.board.esp_sntp.sntp.pcb !== null;
  }

  /** Name a server by address; its name is forgotten. @param addr text, null for none */
  esp_sntp_setserver(idx: number, addr: string | null): Call<void> {
    const parsed = addr === null ? IPADDR_ANY : ipaddr_aton(addr);
    if (parsed === undefined) throw new TypeError(`esp_sntp_setserver() takes an IP address, not "${addr}".`);
    return this.now('esp_sntp_setserver', [idx, addr ?? 'NULL'], (s) => sntp_setserver(s.sntp, idx, parsed));
  }

  /** @returns the address that was set, or that the resolver has found for the name; "0.0.0.0" if there is none */
  esp_sntp_getserver(idx: number): string {
    return ipaddr_ntoa(this.board.esp_sntp.sntp.servers[idx]?.addr ?? IPADDR_ANY);
  }

  /** Name a server by name; it is resolved for each question. @param server null for none */
  esp_sntp_setservername(idx: number, server: string | null): Call<void> {
    const args = [idx, server === null ? 'NULL' : `"${server}"`];
    return this.now('esp_sntp_setservername', args, (s) => sntp_setservername(s.sntp, idx, server));
  }

  esp_sntp_getservername(idx: number): string | null {
    return this.board.esp_sntp.sntp.servers[idx]?.name ?? null;
  }

  /** The last eight questions to a server, the youngest in the lowest bit, which is set if it was answered. */
  esp_sntp_getreachability(idx: number): number {
    return this.board.esp_sntp.sntp.servers[idx]?.reachability ?? 0;
  }

  /**
   * Let DHCP name the servers, from the next ACK on.
   * @throws TypeError without CONFIG_LWIP_DHCP_GET_NTP_SRV: the function does not exist then
   */
  esp_sntp_servermode_dhcp(enable: boolean): Call<void> {
    if (this.board.stack.opt.LWIP_DHCP_GET_NTP_SRV === 0) {
      throw new TypeError('esp_sntp_servermode_dhcp() needs CONFIG_LWIP_DHCP_GET_NTP_SRV.');
    }
    return this.later('esp_sntp_servermode_dhcp', [enable ? 1 : 0], (s) => void s.servermode_dhcp(enable));
  }

  /** @param sync_mode SNTP_SYNC_MODE_IMMED or SNTP_SYNC_MODE_SMOOTH */
  sntp_set_sync_mode(sync_mode: number): void {
    this.board.esp_sntp.sync_mode = sync_mode;
  }

  sntp_get_sync_mode(): number {
    return this.board.esp_sntp.sync_mode;
  }

  sntp_set_sync_status(sync_status: number): void {
    this.board.esp_sntp.sync_status = sync_status;
  }

  /** SNTP_SYNC_STATUS_RESET, _COMPLETED (once for each time that has come), _IN_PROGRESS. */
  sntp_get_sync_status(): number {
    return this.board.esp_sntp.sntp_get_sync_status();
  }

  /** Milliseconds between questions; below 15 s counts as 15 s. It holds from the next answer on. */
  sntp_set_sync_interval(interval_ms: number): void {
    this.board.esp_sntp.sntp_set_sync_interval(interval_ms);
  }

  sntp_get_sync_interval(): number {
    return this.board.esp_sntp.sntp_get_sync_interval();
  }

  /** @param callback told of every time that comes; it runs in the tcpip thread and can make no calls */
  sntp_set_time_sync_notification_cb(callback: sntp_sync_time_cb_t | null): void {
    this.board.esp_sntp.time_sync_notification_cb = callback;
  }

  /** Replace ESP-IDF's weak function: what is done with a time that has come. It runs in the tcpip thread and can make no calls. */
  set sntp_sync_time(sync_time: sntp_sync_time_cb_t) {
    this.board.esp_sntp.sntp_sync_time = sync_time;
  }

  // The same under the names that esp_sntp.h defines for them

  esp_sntp_restart(): Call<boolean> {
    return this.sntp_restart();
  }

  esp_sntp_set_sync_mode(sync_mode: number): void {
    this.sntp_set_sync_mode(sync_mode);
  }

  esp_sntp_get_sync_mode(): number {
    return this.sntp_get_sync_mode();
  }

  esp_sntp_set_sync_status(sync_status: number): void {
    this.sntp_set_sync_status(sync_status);
  }

  esp_sntp_get_sync_status(): number {
    return this.sntp_get_sync_status();
  }

  esp_sntp_set_sync_interval(interval_ms: number): void {
    this.sntp_set_sync_interval(interval_ms);
  }

  esp_sntp_get_sync_interval(): number {
    return this.sntp_get_sync_interval();
  }

  esp_sntp_set_time_sync_notification_cb(callback: sntp_sync_time_cb_t | null): void {
    this.sntp_set_time_sync_notification_cb(callback);
  }

  // esp_netif_sntp

  /**
   * Set the client up in one go.
   * @param config ESP_NETIF_SNTP_DEFAULT_CONFIG(server), perhaps changed
   * @returns ESP_OK; ESP_ERR_INVALID_STATE the second time, or without event loop if servers are to be renewed;
   *   ESP_ERR_INVALID_ARG for more servers than CONFIG_LWIP_SNTP_MAX_SERVERS, or servers from DHCP without
   *   CONFIG_LWIP_DHCP_GET_NTP_SRV
   */
  esp_netif_sntp_init(config: esp_sntp_config_t): Call<esp_err_t> {
    const op = this.board.esp_sntp.netifInit(this.task, config);
    const servers = config.servers.map((server) => `"${server}"`).join(' ');
    return this.begin('esp_netif_sntp_init', -1, this.traced && [servers], op);
  }

  /** Start the client, or start it again. @returns ESP_OK */
  esp_netif_sntp_start(): Call<esp_err_t> {
    const { esp_sntp } = this.board;
    const op = this.inThread(() => {
      esp_sntp.restart();
      return ESP_OK;
    });
    return this.begin('esp_netif_sntp_start', -1, this.traced && [], op);
  }

  /** Stop the client and forget what esp_netif_sntp_init() was told. */
  esp_netif_sntp_deinit(): Call<void> {
    return this.begin('esp_netif_sntp_deinit', -1, this.traced && [], this.board.esp_sntp.netifDeinit(this.task));
  }

  /**
   * Wait until the time has come, or take note that it has since the last wait.
   * @param tout ticks, portMAX_DELAY for ever
   * @returns ESP_OK, ESP_ERR_TIMEOUT, ESP_ERR_NOT_FINISHED while the clock is being corrected smoothly,
   *   ESP_ERR_INVALID_STATE without esp_netif_sntp_init() or wait_for_sync
   */
  esp_netif_sntp_sync_wait(tout: number): Call<esp_err_t> {
    const ticks = tout === portMAX_DELAY ? Number.POSITIVE_INFINITY : tout;
    const op = this.board.esp_sntp.syncWait(this.task, ticks);
    return this.begin('esp_netif_sntp_sync_wait', -1, this.traced && [tout], op);
  }

  /** @param reachability gets what esp_sntp_getreachability() gives  @returns ESP_OK, ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_STATE */
  esp_netif_sntp_reachability(index: number, reachability: { value: number } | null): esp_err_t {
    return this.board.esp_sntp.reachability(index, reachability);
  }

  private get clock(): WallClock {
    return this.board.clock;
  }

  private inThread<T>(action: () => T): Op<T> {
    return this.sockets.inTcpipThread(this.task, action);
  }

  /** A call that waits until the tcpip thread has done it. */
  private now(fn: string, args: (number | string)[], action: (sntp: EspSntp) => void): Call<void> {
    const { esp_sntp } = this.board;
    const op = this.inThread(() => action(esp_sntp));
    return this.begin(fn, -1, this.traced && args, op);
  }

  /** A call that leaves a message to the tcpip thread and goes on. */
  private later(fn: string, args: (number | string)[], action: (sntp: EspSntp) => void): Call<void> {
    return this.begin(fn, -1, this.traced && args, this.post(action));
  }

  private post(action: (sntp: EspSntp) => void): Op<void> {
    return this.sockets.tcpip.callback(this.task, action, this.board.esp_sntp);
  }
}

function toUs({ tv_sec, tv_usec }: timeval): number {
  return tv_sec * 1_000_000 + tv_usec;
}

function fill(tv: timeval, us: number): void {
  tv.tv_sec = Math.floor(us / 1_000_000);
  tv.tv_usec = us - tv.tv_sec * 1_000_000;
}

function checkTimeval(fn: string, { tv_sec, tv_usec }: timeval): void {
  if (Number.isInteger(tv_sec) && Number.isInteger(tv_usec)) return;
  throw new TypeError(`${fn}() takes a time of whole seconds and microseconds { tv_sec, tv_usec }.`);
}
