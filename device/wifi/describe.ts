/** An event of the Wi-Fi driver in words, for traces. */

import * as types from './esp_wifi_types.ts';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(types).flatMap(([name, value]) =>
    name.startsWith('WIFI_EVENT_') && typeof value === 'number' ? [[value, name] as const] : [],
  ),
);

/** "WIFI_EVENT_STA_DISCONNECTED home reason 200 BEACON_TIMEOUT" */
export function describeWifiEvent(event_id: number, data: unknown): string {
  const name = NAMES.get(event_id) ?? `WIFI_EVENT ${event_id}`;
  if (typeof data !== 'object' || data === null) return name;
  const words = [name];
  if ('ssid' in data) words.push(`${data.ssid}`);
  if ('channel' in data) words.push(`channel ${data.channel}`);
  if ('mac' in data) words.push(`${data.mac}`);
  if ('reason' in data && typeof data.reason === 'number')
    words.push(`reason ${data.reason} ${types.reasonName(data.reason)}`);
  if ('number' in data) words.push(`${data.number} found`);
  return words.join(' ');
}
