/** A stored golden scenario, seen as the Trace that our own world would have recorded. */

import { join } from 'node:path';
import { Trace } from '../../device/trace.ts';
import { GoldenReader } from '../../tools/conformance/golden.ts';

type Endpoint = readonly [string, number];

interface GoldenCall {
  readonly task: string;
  readonly t0_us: number;
  readonly t1_us: number | null;
  readonly n0: number;
  readonly n1: number | null;
  readonly fn: string;
  readonly ret: number | null;
  readonly eno?: number;
  readonly addr?: Endpoint;
  readonly from?: Endpoint;
  readonly to?: Endpoint | null;
  readonly pat?: number;
  readonly hex?: string;
  readonly [argument: string]: unknown;
}

interface GoldenFrame {
  readonly t_us: number;
  readonly n: number;
  readonly from: string;
  readonly fault?: string;
  readonly hex: string;
}

export interface GoldenScenario {
  readonly name: string;
  readonly tasks: readonly { readonly host: string; readonly name: string }[];
  readonly expect: { readonly calls: readonly GoldenCall[]; readonly frames: readonly GoldenFrame[] };
}

/** Read a scenario. @param path inside test/golden, for example "api/tcp_echo.json" */
export function readGolden(path: string): GoldenScenario {
  return new GoldenReader().read(join(__dirname, '..', 'golden', path)) as GoldenScenario;
}

/** What the real stack did in a scenario, as a Trace. Sent bytes are not in the golden files: only received ones are. */
export function goldenTrace(scenario: GoldenScenario): Trace {
  const trace = new Trace();
  for (const frame of scenario.expect.frames) {
    const fault = frame.fault ?? '';
    trace.frames.push({
      kind: 'frame',
      n: frame.n,
      tUs: frame.t_us,
      lan: 'lan0',
      from: frame.from,
      fault,
      lost: /drop|outage|nocable/.test(fault),
      bytes: Uint8Array.from(Buffer.from(frame.hex, 'hex')),
    });
  }
  const boardOf = new Map(scenario.tasks.map((task) => [task.name, task.host]));
  for (const call of scenario.expect.calls) {
    const filledIn = call.from ?? (FILLS_IN_ADDR.has(call.fn) ? call.addr : undefined);
    trace.calls.push({
      kind: 'call',
      n0: call.n0,
      n1: call.n1 ?? -1,
      t0Us: call.t0_us,
      t1Us: call.t1_us ?? -1,
      board: boardOf.get(call.task) ?? '',
      task: call.task,
      fn: call.fn,
      args: argumentsOf(call),
      ret: call.ret ?? undefined,
      errno: call.eno ?? 0,
      addr: filledIn === undefined ? '' : endpoint(filledIn),
      data: dataOf(call),
    });
  }
  return trace;
}

const FILLS_IN_ADDR: ReadonlySet<string> = new Set(['accept', 'getsockname', 'getpeername']);

const DOMAINS: Readonly<Record<string, string>> = { 2: 'AF_INET', 10: 'AF_INET6' };
const TYPES: Readonly<Record<string, string>> = { 1: 'SOCK_STREAM', 2: 'SOCK_DGRAM', 3: 'SOCK_RAW' };

/** The arguments of a C programmer in their order; those that say nothing (a wait's own name) are left out. */
function argumentsOf(call: GoldenCall): (number | string)[] {
  if (call.fn === 'socket') {
    const [domain, type] = [String(call.domain), String(call.type)];
    return [DOMAINS[domain] ?? domain, TYPES[type] ?? type, Number(call.proto)];
  }
  const names = [
    'fd',
    'lens',
    'len',
    'backlog',
    'how',
    'opt',
    'cmd',
    'val',
    'flags',
    'ms',
    'in_r',
    'in_w',
    'in_e',
    'fds',
  ];
  const values = [...names, 'timeout_ms', 'name', 'node', 'service'].map((name) => call[name]);
  const to = call.to ?? (FILLS_IN_ADDR.has(call.fn) ? undefined : call.addr);
  if (to !== undefined) values.push(endpoint(to));
  return values
    .filter((value) => value !== undefined && value !== null)
    .map((value) => (typeof value === 'number' ? value : typeof value === 'string' ? value : JSON.stringify(value)));
}

function endpoint([ip, port]: Endpoint): string {
  return `${ip === 'any' ? '0.0.0.0' : ip}:${port}`;
}

function dataOf(call: GoldenCall): Uint8Array | undefined {
  if (call.hex !== undefined) return Uint8Array.from(Buffer.from(call.hex, 'hex'));
  if (call.pat === undefined) return undefined;
  const start = call.pat;
  return Uint8Array.from({ length: Math.max(0, call.ret ?? 0) }, (_, i) => ((start + i) * 131 + 17) & 255);
}
