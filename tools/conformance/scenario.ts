/**
 * A scenario file: who is on the wire, what goes wrong on it, and what every task does. Parsing is strict: a key, an op
 * or an option that the format does not know is an error, because a scenario that is only half understood must not pass.
 *
 * The format is described in test/golden/README.md.
 */

import type { DhcpServerOptions } from '../../device/index.ts';
import {
  asFlag,
  asHex,
  asInt,
  asIp,
  asIps,
  asList,
  asMac,
  asObject,
  asString,
  fail,
  isObject,
  type Json,
} from './check.ts';
import { asDhcpServer, type Op, parseOps } from './ops.ts';

export interface HostSpec {
  readonly name: string;
  readonly mac: string;
  /** A DHCP client (`dhcp`), a soft-AP with a DHCP server (`dhcps`), or neither. */
  readonly kind: 'static' | 'dhcp' | 'dhcps';
  readonly ip: string;
  readonly netmask: string;
  readonly gw: string;
  /** What the hook LWIP_HOOK_TCP_ISN returns at its first call. */
  readonly isn: number;
  /** Gratuitous ARP every 60 s. */
  readonly garp: boolean;
  readonly mtu: number;
  /** dhcp: connected from the start. */
  readonly autostart: boolean;
  /** Undefined: the one of ESP-IDF. */
  readonly hostname: string | undefined;
  /** dhcps: what the server gives. */
  readonly server: DhcpServerOptions;
  readonly dns: readonly string[];
}

export interface FaultSpec {
  readonly from: string;
  /** Index among all frames of that sender, from 0. */
  readonly frame: number;
  readonly action: 'drop' | 'delay' | 'dup' | 'corrupt';
  readonly us?: number;
  readonly times?: number;
  readonly offset?: number;
  readonly xor?: number;
}

/** Frames sent in [t0Us, t1Us) are lost. */
export interface OutageSpec {
  readonly t0Us: number;
  readonly t1Us: number;
  readonly from?: string;
}

export interface InjectionSpec {
  readonly tUs: number;
  readonly to: string;
  readonly bytes: Uint8Array;
}

export interface TaskSpec {
  readonly host: string;
  readonly name: string;
  readonly priority: number;
  readonly startUs: number;
  readonly ops: readonly Op[];
}

/** One record of a call or of a frame as the trace files spell it. */
export type GoldenRecord = Readonly<Record<string, unknown>>;

/** What the real stack did ("expect" in a file), and in the same form what a replay did. */
export interface Outcome {
  readonly calls: readonly GoldenRecord[];
  readonly frames: readonly GoldenRecord[];
  readonly final: GoldenRecord;
  /** Addresses assigned, changed, cleared and lost; only where a host has dhcp or dhcps. */
  readonly events?: readonly GoldenRecord[];
}

export type Config = 'default' | 'alt' | 'liblwip';

/** What is to be run. */
export interface Plan {
  readonly name: string;
  readonly description: string;
  /**
   * `alt` is the default configuration with SO_LINGER, SO_RCVBUF and IP reassembly switched on; `liblwip` is what Debian
   * packages.
   */
  readonly config: Config;
  /** Slots of every mailbox but the tcpip thread's; undefined: as configured. */
  readonly mailboxes: number | undefined;
  readonly tickMs: number;
  readonly hosts: readonly HostSpec[];
  readonly latencyUs: number;
  readonly faults: readonly FaultSpec[];
  readonly outages: readonly OutageSpec[];
  readonly injections: readonly InjectionSpec[];
  readonly tasks: readonly TaskSpec[];
  readonly endUs: number;
}

export interface Scenario {
  readonly plan: Plan;
  readonly expect: Outcome | undefined;
}

/** Address, mask and gateway of a DHCP client before it has got any. */
export const NO_ADDRESS = '0.0.0.0';
const HOST_OPTIONS = ['name', 'mac', 'ip', 'netmask', 'gw', 'isn', 'garp', 'mtu'];
const ADDRESS_OPTIONS = ['dhcp', 'dhcp_autostart', 'hostname', 'dhcps', 'dns'];

function parseHost(value: unknown, index: number): HostSpec {
  const where = `hosts[${index}]`;
  const host = asObject(where, value, [...HOST_OPTIONS, ...ADDRESS_OPTIONS]);
  const kind = asKind(where, host);
  return {
    name: asString(where, host.name),
    mac: asMac(where, host.mac ?? `02:00:00:00:00:${(index + 1).toString(16).padStart(2, '0')}`),
    kind,
    ...parseAddress(where, host, kind, index),
    isn: asIsn(where, host.isn ?? 0x00100000 * (index + 1)),
    garp: asFlag(where, host.garp ?? kind !== 'dhcps'),
    mtu: asInt(where, host.mtu ?? 1500, 1),
    autostart: asFlag(where, host.dhcp_autostart ?? 1),
    hostname: host.hostname === undefined ? undefined : asString(where, host.hostname),
    server: host.dhcps === undefined || host.dhcps === true ? {} : asDhcpServer(where, host.dhcps),
    dns: asIps(where, host.dns ?? [], 3),
  };
}

/** Client, server or neither, and no option that belongs to another kind. */
function asKind(where: string, { dhcp, dhcps, dhcp_autostart, hostname }: Json): HostSpec['kind'] {
  // To the recorder the option's presence counted, whatever its value.
  if (dhcp !== undefined && dhcp !== true) fail(where, 'dhcp can only be true');
  if (dhcp && dhcps !== undefined) fail(where, 'dhcp and dhcps exclude each other');
  if (dhcp_autostart !== undefined && !dhcp) fail(where, 'dhcp_autostart needs dhcp');
  if (hostname !== undefined && !dhcp && dhcps === undefined) fail(where, 'hostname needs dhcp or dhcps');
  if (dhcp) return 'dhcp';
  return dhcps === undefined ? 'static' : 'dhcps';
}

/** Address, mask and gateway, or what the kind of host has instead of those that are left out. */
function parseAddress(where: string, { ip, netmask, gw }: Json, kind: HostSpec['kind'], index: number) {
  const defaultIp = { static: `10.0.0.${index + 1}`, dhcp: NO_ADDRESS, dhcps: '192.168.4.1' }[kind];
  const own = asIp(where, ip ?? defaultIp);
  return {
    ip: own,
    netmask: asIp(where, netmask ?? (kind === 'dhcp' ? NO_ADDRESS : '255.255.255.0')),
    gw: asIp(where, gw ?? (kind === 'dhcps' ? own : NO_ADDRESS)),
  };
}

/** A number, or one written in hexadecimal digits: "0xfffff000". */
function asIsn(where: string, value: unknown): number {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value)) return Number(value);
  return asInt(where, value, 0);
}

function parseFault(value: unknown, index: number): FaultSpec {
  const where = `link.faults[${index}]`;
  const fault = asObject(where, value, ['from', 'frame', 'action', 'us', 'times', 'offset', 'xor']);
  const action = fault.action;
  if (action !== 'drop' && action !== 'delay' && action !== 'dup' && action !== 'corrupt') {
    fail(where, `unknown action ${JSON.stringify(action)}`);
  }
  const optional: Record<string, number> = {};
  for (const key of ['us', 'times', 'offset', 'xor']) {
    if (fault[key] !== undefined) optional[key] = asInt(where, fault[key], 0);
  }
  return { from: asString(where, fault.from), frame: asInt(where, fault.frame, 0), action, ...optional };
}

function parseOutage(value: unknown, index: number): OutageSpec {
  const where = `link.outages[${index}]`;
  const outage = asObject(where, value, ['t0_us', 't1_us', 'from']);
  const span = { t0Us: asInt(where, outage.t0_us, 0), t1Us: asInt(where, outage.t1_us, 0) };
  return outage.from === undefined ? span : { ...span, from: asString(where, outage.from) };
}

function parseTask(value: unknown, index: number): TaskSpec {
  const where = `tasks[${index}]`;
  const task = asObject(where, value, ['host', 'name', 'priority', 'start_us', 'ops']);
  const name = asString(where, task.name);
  return {
    host: asString(where, task.host),
    name,
    priority: asInt(where, task.priority ?? 5, 0),
    startUs: asInt(where, task.start_us ?? 0, 0),
    ops: parseOps(`task ${name}: ops`, task.ops),
  };
}

function parseExpect(value: unknown): Outcome {
  const expect = asObject('expect', value, ['calls', 'frames', 'final', 'events']);
  const records = (key: string): readonly GoldenRecord[] =>
    asList(`expect.${key}`, expect[key]).map((record) =>
      isObject(record) ? record : fail(`expect.${key}`, 'a list of objects is expected'),
    );
  const final = isObject(expect.final) ? expect.final : fail('expect.final', 'an object is expected');
  const outcome = { calls: records('calls'), frames: records('frames'), final };
  return expect.events === undefined ? outcome : { ...outcome, events: records('events') };
}

/**
 * Check a scenario and bring it into the form that the replay works from.
 * @param value the parsed JSON of a scenario file
 * @throws ScenarioError if anything in it is unknown, missing or of the wrong type
 */
export function parseScenario(value: unknown): Scenario {
  const file = asObject('scenario', value, [
    'name',
    'description',
    'config',
    'tick_ms',
    'hosts',
    'link',
    'injections',
    'tasks',
    'end_us',
    'mailboxes',
    'expect',
  ]);
  const config = file.config ?? 'default';
  if (config !== 'default' && config !== 'alt' && config !== 'liblwip') {
    fail('config', `unknown configuration ${JSON.stringify(config)}`);
  }
  const link = asObject('link', file.link ?? {}, ['latency_us', 'faults', 'outages']);
  const hosts = asList('hosts', file.hosts).map(parseHost);
  const injections = asList('injections', file.injections ?? []).map((entry, i) => {
    const where = `injections[${i}]`;
    const injection = asObject(where, entry, ['t_us', 'to', 'hex']);
    const to = asString(where, injection.to);
    return { tUs: asInt(where, injection.t_us, 0), to, bytes: asHex(where, injection.hex) };
  });
  const plan: Plan = {
    name: asString('name', file.name),
    description: asString('description', file.description ?? ''),
    config,
    mailboxes: file.mailboxes === undefined ? undefined : asInt('mailboxes', file.mailboxes, 1),
    tickMs: asInt('tick_ms', file.tick_ms ?? 1, 1),
    hosts,
    latencyUs: asInt('link.latency_us', link.latency_us ?? 1000, 0),
    faults: asList('link.faults', link.faults ?? []).map(parseFault),
    outages: asList('link.outages', link.outages ?? []).map(parseOutage),
    injections,
    tasks: asList('tasks', file.tasks).map(parseTask),
    endUs: asInt('end_us', file.end_us, 0),
  };
  checkNames(plan);
  return { plan, expect: file.expect === undefined ? undefined : parseExpect(file.expect) };
}

/** Every host that is named must exist, and a task's records are told apart by its name. */
function checkNames(plan: Plan): void {
  const hosts = unique('hosts', plan.hosts);
  unique('tasks', plan.tasks);
  const named = [
    ...plan.tasks.map((task) => task.host),
    ...plan.faults.map((fault) => fault.from),
    ...plan.outages.flatMap((outage) => outage.from ?? []),
    ...plan.injections.map((injection) => injection.to),
  ];
  for (const name of named) if (!hosts.has(name)) fail('scenario', `there is no host "${name}"`);
}

function unique(what: string, list: readonly { readonly name: string }[]): Set<string> {
  const names = new Set<string>();
  for (const { name } of list) {
    if (names.has(name)) fail(what, `"${name}" occurs twice`);
    names.add(name);
  }
  return names;
}
