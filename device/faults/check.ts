/** Is a fault what the plan format says? Plans come from files and from generators, where no compiler has looked. */

import type { FaultSpec } from './plan.ts';

/** @returns what the value should be, in words; '' if it is */
type Check = (value: unknown) => string;

const whole =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  (value) => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return '';
    return max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  };
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value) ? '' : `one of ${values.map((v) => JSON.stringify(v)).join(', ')}`;
const text: Check = (value) => (typeof value === 'string' ? '' : 'a text');
const flag = oneOf(true, false);
const time = whole(0);
const probability: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? '' : 'a probability from 0 to 1';
const count: Check = (value) => (value === 'all' || whole(1)(value) === '' ? '' : `"all" or ${whole(1)('')}`);
const hex: Check = (value) =>
  typeof value === 'string' && /^([0-9a-f]{2})+$/i.test(value) ? '' : 'bytes in hexadecimal, such as "ffff00"';
const names: Check = (value) =>
  typeof value === 'string' || (Array.isArray(value) && value.every((v) => typeof v === 'string'))
    ? ''
    : 'a name or a list of names';
const errno: Check = (value) =>
  typeof value === 'string' || Number.isSafeInteger(value) ? '' : 'the name or number of an errno';
const numbers: Check = (value) =>
  Array.isArray(value) && value.every((v) => whole(1)(v) === '') ? '' : 'a list of whole numbers from 1 on';
const match: Check = (value) =>
  typeof value === 'function' || (typeof value === 'object' && value !== null) ? '' : 'conditions on frames';
const burst = objectOf({ enter: probability, leave: probability, bad: probability, good: probability }, [
  'enter',
  'leave',
]);

function objectOf(fields: Readonly<Record<string, Check>>, required: readonly string[]): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null) return 'an object';
    const wrong = wrongField(value, fields, required);
    return wrong === null ? '' : `an object whose ${wrong}`;
  };
}

const calls = { board: text, task: text, fd: whole(0) };
const trigger: Check = (value) => {
  const isCall = typeof value === 'object' && value !== null && 'call' in value;
  return isCall
    ? objectOf({ call: names, nth: whole(1), ...calls }, ['call'])(value)
    : objectOf({ match, nth: whole(1) }, ['match'])(value);
};

const period = { sinceUs: time, untilUs: time, after: trigger };
const moment = { atUs: time, after: trigger };
const onFrames = {
  ...period,
  match,
  nth: whole(1),
  count,
  again: whole(0),
  chance: probability,
  burst,
  seed: whole(Number.MIN_SAFE_INTEGER),
};
const reset = {
  ...onFrames,
  toward: oneOf('receiver', 'sender', 'both'),
  replace: flag,
  delayUs: time,
  atUs: time,
};
const onBoard = { ...moment, board: text };
const onCalls = { ...calls, ...period, fn: names, nth: whole(1), count };
const checksums = oneOf('wrong', 'right');

/** The fields of every kind, and those that it cannot do without. */
const KINDS: { readonly [K in FaultSpec['kind']]: readonly [Readonly<Record<string, Check>>, ...string[]] } = {
  drop: [onFrames],
  outage: [onFrames],
  blackhole: [onFrames],
  delay: [{ ...onFrames, us: time }, 'us'],
  duplicate: [{ ...onFrames, copies: whole(1), gapUs: time }],
  reorder: [{ ...onFrames, behind: whole(1), withinUs: time }],
  corrupt: [
    {
      ...onFrames,
      layer: oneOf('frame', 'network', 'transport', 'payload'),
      offset: whole(0),
      xor: whole(1, 255),
      bit: whole(0, 7),
      checksums,
    },
  ],
  truncate: [{ ...onFrames, length: whole(14), checksums }, 'length'],
  rate: [{ ...onFrames, bitsPerSecond: whole(1), queueBytes: whole(0) }, 'bitsPerSecond'],
  jitter: [
    {
      ...onFrames,
      minUs: time,
      maxUs: whole(0, 0xffff_ffff),
      distribution: oneOf('uniform', 'bell', 'tail'),
      keepOrder: flag,
    },
    'maxUs',
  ],
  stall: [{ ...onFrames, afterBytes: whole(0), forUs: time }, 'afterBytes'],
  rst: [reset],
  fin: [reset],
  inject: [{ ...moment, to: text, bytes: hex }, 'to', 'bytes'],
  powerOff: [{ ...onBoard, forUs: time }, 'board'],
  reboot: [{ ...onBoard, forUs: time }, 'board'],
  linkDown: [{ ...onBoard, forUs: time }, 'board'],
  interfaceDown: [{ ...onBoard, forUs: time, ip: text, gw: text }, 'board'],
  addressChange: [{ ...onBoard, ip: text, gw: text }, 'board', 'ip'],
  freeze: [{ ...onBoard, forUs: whole(1), priority: whole(0, 24) }, 'board', 'forUs'],
  noMemory: [
    {
      ...period,
      board: text,
      of: oneOf('descriptor', 'netconn', 'pcb', 'pbuf', 'rx_pbuf', 'netdb'),
      nth: whole(1),
      count,
    },
    'board',
    'of',
  ],
  queueSize: [
    { ...onBoard, of: oneOf('tcp', 'udp', 'raw', 'accept', 'tcpip', 'arp'), size: whole(0) },
    'board',
    'of',
    'size',
  ],
  callFails: [{ ...onCalls, errno, ret: whole(Number.MIN_SAFE_INTEGER) }, 'fn', 'errno'],
  shortTransfer: [{ ...onCalls, bytes: whole(1) }, 'fn', 'bytes'],
  slowCall: [{ ...onCalls, us: time }, 'fn', 'us'],
  schedule: [
    {
      ...period,
      of: oneOf('tasks', 'events', 'both'),
      swaps: numbers,
      chance: probability,
      seed: whole(Number.MIN_SAFE_INTEGER),
    },
  ],
};

/** Kinds that are done once, at a time or after something. */
const AT_A_MOMENT: ReadonlySet<string> = new Set(
  Object.entries(KINDS)
    .filter(([, [fields]]) => 'atUs' in fields && !('match' in fields))
    .map(([kind]) => kind),
);

/**
 * @param where of the fault in its plan, from 0
 * @throws TypeError that names the fault, the field and what it should be
 */
export function checkFault(spec: FaultSpec, where: number): void {
  const name = `Fault ${where} of the plan`;
  if (typeof spec !== 'object' || spec === null) throw new TypeError(`${name} is no object.`);
  if (!Object.hasOwn(KINDS, spec.kind)) {
    const kinds = Object.keys(KINDS).join(', ');
    throw new TypeError(`${name} has the unknown kind ${JSON.stringify(spec.kind)}; there are ${kinds}.`);
  }
  const [fields, ...required] = KINDS[spec.kind];
  const wrong = wrongField(spec, { ...fields, kind: text }, required);
  if (wrong !== null) throw new TypeError(`${name} is a ${spec.kind} whose ${wrong}.`);
  if (AT_A_MOMENT.has(spec.kind) && !('atUs' in spec) && !('after' in spec)) {
    throw new TypeError(`${name} is a ${spec.kind} that needs atUs or after: when is it to happen?`);
  }
}

/** @returns "us must be a whole number of at least 0, not -1", or null */
function wrongField(
  value: object,
  fields: Readonly<Record<string, Check>>,
  required: readonly string[],
): string | null {
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  for (const name of required) if (!entries.some(([key]) => key === name)) return `${name} is missing`;
  for (const [name, v] of entries) {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (check === undefined) return `${name} is unknown; there are ${Object.keys(fields).join(', ')}`;
    const expected = check(v);
    if (expected !== '') return `${name} must be ${expected}, not ${JSON.stringify(v)}`;
  }
  return null;
}
