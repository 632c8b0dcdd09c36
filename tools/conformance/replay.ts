/** Builds the world that a scenario describes, runs it, and writes down what happened in the form of the trace files. */

import { type AddressOptions, World } from '../../device/index.ts';
import type { CallRecord, EventRecord, FrameRecord } from '../../device/trace.ts';
import type { Opt } from '../../stack/opt.ts';
import { fail, ScenarioError } from './check.ts';
import { LIBLWIP } from './liblwip.ts';
import { HostReplay, TaskReplay } from './program.ts';
import { type Config, type GoldenRecord, type HostSpec, NO_ADDRESS, type Outcome, type Plan } from './scenario.ts';

/**
 * Run a scenario. What is expected of it is none of the replay's business.
 * @throws ScenarioError if it asks for something that cannot be; whatever the world throws
 */
export function replay(plan: Plan): Outcome {
  const world = new World({ seed: 1, tickUs: plan.tickMs * 1000 });
  const trace = world.record();
  const lan = world.lan({ latencyUs: plan.latencyUs });
  const faults = plan.faults.map((fault) => ({ fault, handle: lan.faults.add(fault) }));
  for (const outage of plan.outages) lan.faults.outage(outage);
  // The order of setting up decides the order of events at time 0: boards, tasks, injections (rule E4).
  const boards = new Map(
    plan.hosts.map((host, index) => [host.name, world.esp32(host.name, { lan, ...boardOptions(plan, host, index) })]),
  );
  const hosts = new Map(plan.hosts.map((host) => [host.name, new HostReplay(host)]));
  const tasks = plan.tasks.map((task) => new TaskReplay(task, hostOf(hosts, task.host), trace));
  // The boards have booted when this is called.
  world.at(0, () => {
    for (const run of tasks) {
      const { host, name, priority, startUs } = run.task;
      boards.get(host)?.xTaskCreate((os) => run.run(os), name, { priority, startUs });
    }
    for (const injection of plan.injections) lan.inject(injection);
  });
  world.runSync({ until: plan.endUs, stopWhenIdle: false });

  const calls = tasks
    .flatMap((run) => run.calls)
    .sort((a, b) => a.at - b.at)
    .map(({ at, fields }) => ({ call: traced(trace.calls, at, fields), fields }));
  const frames = trace.frames.filter((frame) => frame.from !== '');
  const renumber = ranks([
    ...frames.map((frame) => frame.n),
    ...trace.events.map((event) => event.n),
    ...calls.flatMap(({ call }) => (call.n1 < 0 ? [call.n0] : [call.n0, call.n1])),
  ]);
  return {
    calls: calls.map(({ call, fields }) => TaskReplay.toGolden(fields, call, renumber)),
    frames: frames.map((frame) => frameToGolden(frame, renumber)),
    ...(plan.hosts.some(({ kind }) => kind !== 'static') && {
      events: trace.events.map((event) => eventToGolden(event, renumber)),
    }),
    final: {
      end_us: world.nowUs,
      nframes: frames.length,
      ncalls: calls.length,
      tasks: tasks.map(({ task, op }) => {
        const state = world.tasks.find(({ owner, name }) => owner.name === task.host && name === task.name)?.state;
        return { name: task.name, state, op };
      }),
      ...(world.hazards[0] !== undefined && { abort: world.hazards[0].name, abort_us: world.hazards[0].tUs }),
      unused_faults: faults.filter(({ handle }) => !handle.matched).map(({ fault }) => fault),
    },
  };
}

const CONFIGS: Readonly<Record<Config, Partial<Opt>>> = {
  default: {},
  alt: { LWIP_SO_LINGER: 1, LWIP_SO_RCVBUF: 1, IP_REASSEMBLY: 1 },
  liblwip: LIBLWIP,
};

/** lwIP's options in the configuration of a scenario. */
function lwipOptions({ config, mailboxes }: Plan): Partial<Opt> {
  const opt = CONFIGS[config];
  if (mailboxes === undefined) return opt;
  return {
    ...opt,
    DEFAULT_TCP_RECVMBOX_SIZE: mailboxes,
    DEFAULT_UDP_RECVMBOX_SIZE: mailboxes,
    DEFAULT_RAW_RECVMBOX_SIZE: mailboxes,
    DEFAULT_ACCEPTMBOX_SIZE: mailboxes,
  };
}

/** The configuration of a recorded board: options, and the two sources of numbers that the recorder made predictable. */
function boardOptions(plan: Plan, host: HostSpec, index: number) {
  const { mac, mtu, garp } = host;
  return {
    mac,
    mtu,
    garp,
    opt: lwipOptions(plan),
    ...addressOptions(host),
    LWIP_HOOK_TCP_ISN: (call: number) => (host.isn + call * 0x00010000) >>> 0,
    LWIP_RAND: (call: number) => (1000 * index + 137 * call) >>> 0,
  };
}

/** Where the address of a board comes from. */
function addressOptions(host: HostSpec): AddressOptions {
  const { kind, ip, netmask, gw, autostart, hostname, server, dns } = host;
  return {
    ...((kind !== 'dhcp' || ip !== NO_ADDRESS) && { ip: `${ip}/${prefixLength(netmask)}`, gw }),
    ...(kind === 'dhcp' && { dhcp: true, autoConnect: autostart }),
    ...(kind === 'dhcps' && { dhcps: server }),
    ...(hostname !== undefined && { hostname }),
    dns,
  };
}

function prefixLength(netmask: string): number {
  const mask = netmask.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  const host = 2 ** 32 - mask;
  const bits = Math.log2(host);
  if (!Number.isInteger(bits)) throw new ScenarioError(`the netmask ${netmask} has holes`);
  return 32 - bits;
}

function hostOf(hosts: ReadonlyMap<string, HostReplay>, name: string): HostReplay {
  return hosts.get(name) ?? fail('scenario', `there is no host "${name}"`);
}

function traced(calls: readonly CallRecord[], at: number, fields: Readonly<Record<string, unknown>>): CallRecord {
  const call = calls[at];
  if (call === undefined || call.task !== fields.task)
    throw new Error(`the call ${fields.fn} of ${fields.task} was not traced`);
  return call;
}

/**
 * The trace also numbers what the trace files leave out (sleeps within looping ops, injected frames). Counting only what
 * they record keeps the order and gives their running numbers.
 */
function ranks(numbers: readonly number[]): (n: number) => number {
  const rank = new Map([...numbers].sort((a, b) => a - b).map((n, i) => [n, i]));
  return (n) => rank.get(n) ?? -1;
}

function frameToGolden(frame: FrameRecord, renumber: (n: number) => number) {
  return {
    t_us: frame.tUs,
    n: renumber(frame.n),
    from: frame.from,
    ...(frame.fault !== '' && { fault: frame.fault }),
    hex: Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length).toString('hex'),
  };
}

function eventToGolden(event: EventRecord, renumber: (n: number) => number): GoldenRecord {
  return {
    t_us: event.tUs,
    n: renumber(event.n),
    host: event.board,
    event: event.event,
    ...eventFields(event),
  };
}

/** What is recorded of an event depends on its kind. */
function eventFields({ event, ip, netmask: mask, gw, dns, ip_changed, mac }: EventRecord): GoldenRecord {
  switch (event) {
    case 'ip_assigned':
    case 'ip_changed':
      return { ip, mask, gw, dns, ip_changed };
    case 'ip_cleared':
      return { ip, mask, gw, dns };
    case 'ip_lost':
      return {};
    case 'dhcps_assigned':
      return { ip, mac };
  }
}
