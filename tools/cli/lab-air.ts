/** What a lab file says about access points. */

import type { AccessPointOptions, DnsAnswer, World } from '../../device/index.ts';
import { checkAddress } from './board-plan.ts';
import type { JsonValue } from './json-value.ts';
import { A_DURATION } from './settings.ts';
import { parseDuration } from './units.ts';

/** An access point, and when it loses its power for a while. */
export interface WantedAccessPoint {
  readonly options: AccessPointOptions;
  readonly outages: readonly { readonly atUs: number; readonly forUs: number }[];
}

const MEMBERS = [
  'ssid',
  'password',
  'channel',
  'rssi',
  'bssid',
  'name',
  'gateway',
  'dhcp',
  'dns',
  'internet',
  'outages',
] as const;

const A_GATEWAY = 'the address of a router and its network, such as "192.168.1.1/24"';
const AN_ANSWER = 'an address, a list of addresses, "NXDOMAIN", "SERVFAIL", "REFUSED" or "silent"';
const FAILURES: readonly unknown[] = ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'silent'];
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

export function readAccessPoint(given: JsonValue): WantedAccessPoint {
  const { ssid, password, channel, rssi, bssid, name, gateway, dhcp, dns, internet, outages } = given.members(MEMBERS);
  return {
    options: {
      ssid: (ssid ?? given.missing('ssid')).text('the name of a network'),
      ...(password && { password: password.text('a password') }),
      ...(channel && { channel: channel.whole(1, 13, 'a channel from 1 to 13') }),
      ...(rssi && { rssi: rssi.whole(-120, 0, 'a strength in dBm, from -120 to 0') }),
      ...(bssid && { bssid: readMac(bssid) }),
      ...(name && { name: name.text('a name') }),
      ...(gateway && { gateway: checkAddress(gateway.text(A_GATEWAY)) ?? gateway.fail(A_GATEWAY) }),
      ...(dhcp && { dhcp: dhcp.boolean() }),
      ...(dns && { dns: readNames(dns) }),
      ...(internet && { internet: internet.boolean() }),
    },
    outages: outages === undefined ? [] : outages.items('a list of objects with "at" and "for"').map(readOutage),
  };
}

function readMac(given: JsonValue): string {
  const expected = 'a hardware address, such as "02:00:00:00:10:01"';
  const text = given.text(expected);
  return MAC.test(text) ? text : given.fail(expected);
}

function readNames(given: JsonValue): Record<string, DnsAnswer> {
  const entries = given.entries('an object with names and what is answered');
  return Object.fromEntries(entries.map(([name, answer]) => [name, readAnswer(answer)]));
}

function readAnswer(given: JsonValue): DnsAnswer {
  if (Array.isArray(given.value)) return given.items(AN_ANSWER).map(readHostAddress);
  return FAILURES.includes(given.value) ? given.text(AN_ANSWER) : readHostAddress(given);
}

function readHostAddress(given: JsonValue): string {
  return checkAddress(given.text(AN_ANSWER))?.split('/')[0] ?? given.fail(AN_ANSWER);
}

function readOutage(given: JsonValue): { atUs: number; forUs: number } {
  const { at, for: length } = given.members(['at', 'for']);
  return { atUs: readTime(at ?? given.missing('at')), forUs: readTime(length ?? given.missing('for')) };
}

function readTime(given: JsonValue): number {
  return parseDuration(typeof given.value === 'string' ? given.value : '') ?? given.fail(A_DURATION);
}

/** An access point with its outages. */
export function setUp(world: World, { options, outages }: WantedAccessPoint): void {
  const ap = world.accessPoint(options);
  for (const { atUs, forUs } of outages) world.at(atUs, () => ap.reboot(forUs));
}
