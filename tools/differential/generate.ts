/** Random scenarios: what programs do on two or three hosts, and what befalls the wire. */

import { RandomStream } from '../../device/random.ts';
import { Draw } from './draw.ts';
import type { JsonFault, JsonHost, JsonOp, JsonOutage, JsonTask, ScenarioFile } from './scenario-file.ts';
import { tcpFlow } from './tcp-flow.ts';
import { rawFlow, udpFlow } from './udp-flow.ts';

const HOSTS = ['A', 'B', 'C'];

/** A program on one host, and its partner on another. */
export interface Flow {
  /** Address of the partner. */
  readonly serverIp: string;
  readonly clientIp: string;
  readonly port: number;
  /** Distinguishes the names of sockets and tasks. */
  readonly id: number;
}

/** What both sides of a flow do. */
export interface Sides {
  readonly server: readonly JsonOp[];
  readonly client: readonly JsonOp[];
}

/**
 * Make the scenario of a seed: always the same.
 * @param seed any whole number
 */
export function generateScenario(seed: number): ScenarioFile {
  const d = new Draw(new RandomStream(seed));
  const hosts = makeHosts(d);
  const latency = d.pick([100, 1000, 1000, 1000, 5000, 20_000, 150_000]);
  const tasks = d.list(1, 3, (id) => makeFlow(d, id, hosts)).flat();
  return {
    name: `seed ${seed}`,
    description: `generated from seed ${seed}`,
    config: 'liblwip',
    mailboxes: d.pick([6, 6, 8, 16, 64]),
    tick_ms: d.percent(80) ? 1 : 10,
    hosts,
    link: { latency_us: latency, faults: makeFaults(d, hosts), outages: makeOutages(d, hosts) },
    injections: [],
    tasks,
    end_us: d.pick([3, 10, 10, 30, 30, 120]) * 1_000_000,
  };
}

function makeHosts(d: Draw): JsonHost[] {
  const mtu = d.percent(10) ? d.pick([576, 1000, 1400]) : undefined;
  const names = HOSTS.slice(0, d.percent(15) ? 3 : 2);
  return names.map((name) => ({
    name,
    garp: 0,
    ...(mtu !== undefined && { mtu }),
    ...(d.percent(10) && { isn: d.pick([0xffff0000, 0xfffffff0, 0x7ffffff0]) }),
    ...(d.percent(10) && { gw: `10.0.0.${d.between(1, 3)}` }),
  }));
}

function makeFlow(d: Draw, id: number, hosts: readonly JsonHost[]): JsonTask[] {
  const server = d.between(0, hosts.length - 1);
  const loops = d.percent(8);
  const client = loops ? server : (server + d.between(1, hosts.length - 1)) % hosts.length;
  const flow: Flow = {
    serverIp: loops && d.percent(40) ? '127.0.0.1' : `10.0.0.${server + 1}`,
    clientIp: `10.0.0.${client + 1}`,
    port: 1000 + 10 * id,
    id,
  };
  const kind = d.between(1, 100);
  const make = kind <= 70 ? tcpFlow : kind <= 94 ? udpFlow : rawFlow;
  const sides = make(d, flow);
  const tasks = [
    { host: hosts[server]!.name, name: `srv${id}`, ...priority(d), start_us: late(d, 10), ops: sides.server },
    { host: hosts[client]!.name, name: `cli${id}`, ...priority(d), start_us: late(d, 70), ops: sides.client },
  ];
  if (d.percent(15)) {
    // Another client of the same server, whose sockets have names of their own.
    const { client: ops } = make(d, { ...flow, id: id + 10 });
    tasks.push({ host: hosts[client]!.name, name: `cli${id + 10}`, ...priority(d), start_us: late(d, 70), ops });
  }
  if (d.percent(6))
    tasks.push({ host: d.pick(hosts).name, name: `cut${id}`, start_us: late(d, 90), ops: unplugged(d) });
  return tasks;
}

/** The tcpip thread has 18. */
function priority(d: Draw): { readonly priority?: number } {
  if (d.percent(75)) return {};
  return { priority: d.percent(20) ? d.between(17, 20) : d.between(1, 12) };
}

/** The cable is pulled for a while, and the interface may notice. */
function unplugged(d: Draw): JsonOp[] {
  const how = d.percent(50) ? [] : [{ cable_only: 1 }];
  return [
    ['link_down', ...how],
    ['sleep_ms', d.pick([1, 20, 700, 5000])],
    ['link_up', ...how],
  ];
}

function late(d: Draw, share: number): number {
  return d.percent(share) ? d.between(0, 500) * 1000 + d.pick([0, 0, 0, 137]) : 0;
}

/** Frames of one sender have numbers; the first dozen carries the handshakes. */
function makeFaults(d: Draw, hosts: readonly JsonHost[]): JsonFault[] {
  if (d.percent(30)) return [];
  const range = d.pick([12, 30, 100]);
  const many = d.percent(10) ? 25 : 6;
  return d.list(0, many, () => {
    const base = { from: d.pick(hosts).name, frame: d.between(0, range) };
    switch (d.between(1, 10)) {
      case 1:
      case 2:
      case 3:
      case 4:
        return { ...base, action: 'drop' };
      case 5:
      case 6:
      case 7:
        return { ...base, action: 'delay', us: d.pick([100, 1500, 5000, 40_000, 700_000, 4_000_000]) };
      case 8:
      case 9:
        return { ...base, action: 'dup', us: d.pick([0, 0, 300, 50_000]), times: d.between(1, 3) };
      default:
        // Nothing behind the addresses of Ethernet: what a switch would not deliver is another matter.
        return { ...base, action: 'corrupt', offset: d.between(14, 60), xor: d.between(1, 255) };
    }
  });
}

function makeOutages(d: Draw, hosts: readonly JsonHost[]): JsonOutage[] {
  if (d.percent(85)) return [];
  const t0 = d.between(0, 2000) * 1000;
  const length = d.pick([5, 100, 2000, 9000, 60_000]) * 1000;
  return [{ t0_us: t0, t1_us: t0 + length, ...(d.percent(50) && { from: d.pick(hosts).name }) }];
}
