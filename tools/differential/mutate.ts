/** Injections: frames that were really sent, changed in one way or another, and sent once more. */

import { RandomStream } from '../../device/random.ts';
import type { GoldenRecord, Outcome } from '../conformance/scenario.ts';
import { Draw } from './draw.ts';
import { fixSums, type PacketView, viewOf } from './packet.ts';
import type { JsonInjection, ScenarioFile } from './scenario-file.ts';

const FIN_SYN_RST_PSH_ACK_URG = 0x3f;
const DISTANCES = [1, -1, 2, 100, -100, 536, 1459, 1460, 1461, -1460, 5840, 32_768, 65_535, 131_070, -65_535];
const WINDOWS = [0, 1, 100, 536, 1460, 5840, 32_767, 65_535];

/**
 * Add injections to a scenario.
 * @param seed another stream of chance than the scenario's
 * @param outcome what happens without them
 */
export function withInjections(scenario: ScenarioFile, seed: number, outcome: Outcome): ScenarioFile {
  const d = new Draw(new RandomStream(seed ^ 0x5bd1e995));
  const { frames } = outcome;
  if (frames.length === 0) return scenario;
  const injections = d.list(1, 6, () => injection(d, scenario, d.pick(frames)));
  return { ...scenario, injections: injections.sort((a, b) => a.t_us - b.t_us) };
}

function injection(d: Draw, scenario: ScenarioFile, frame: GoldenRecord): JsonInjection {
  const others = scenario.hosts.map(({ name }) => name).filter((name) => name !== frame.from);
  const to = d.percent(92) ? d.pick(others) : String(frame.from);
  const delay = d.pick([0, 0, 1, 500, 1000, 1001, 5000, 100_000, 2_000_000]);
  const t_us = Number(frame.t_us) + scenario.link.latency_us + delay;
  const bytes = Uint8Array.from(Buffer.from(String(frame.hex), 'hex'));
  const changed = mutate(d, bytes);
  return { t_us, to, hex: Buffer.from(changed).toString('hex') };
}

function mutate(d: Draw, bytes: Uint8Array): Uint8Array {
  let changed = bytes;
  for (let i = d.between(1, 2); i > 0; i--) {
    const view = viewOf(changed);
    if (view === null) changed = scribble(d, changed, 14);
    else if (d.percent(15)) changed = mutateIp(d, changed);
    else changed = view.protocol === 6 ? mutateTcp(d, changed, view) : scribble(d, changed, view.transport);
  }
  if (d.percent(95)) fixSums(changed);
  return changed;
}

function scribble(d: Draw, bytes: Uint8Array, from: number): Uint8Array {
  if (bytes.length <= from) return bytes;
  for (let i = d.between(0, 3); i > 0; i--)
    bytes[d.between(from, Math.min(bytes.length - 1, from + 28))]! ^= d.between(1, 255);
  return bytes;
}

function mutateIp(d: Draw, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  switch (d.between(1, 7)) {
    case 1:
      view.setUint8(14 + 9, d.pick([1, 2, 6, 17, 50]));
      break;
    case 2:
      view.setUint16(14 + 2, d.between(20, 1500));
      break;
    case 3:
      view.setUint16(14 + 6, d.pick([0x2000, 0x4000, 0x0001, 0x2001, 0x1fff]));
      break;
    case 4:
      view.setUint8(14 + 19, d.pick([1, 2, 3, 9, 255, 0]));
      break;
    case 5:
      view.setUint8(14 + 15, d.pick([1, 2, 3, 9, 255, 0]));
      break;
    case 6:
      view.setUint8(14, d.pick([0x44, 0x46, 0x4f, 0x65]));
      break;
    default:
      return bytes.slice(0, d.between(14, bytes.length));
  }
  return bytes;
}

function mutateTcp(d: Draw, bytes: Uint8Array, { transport, payload }: PacketView): Uint8Array {
  if (bytes.length < transport + 20) return scribble(d, bytes, transport);
  const view = new DataView(bytes.buffer);
  const add = (at: number) => view.setInt32(at, view.getInt32(at) + d.pick(DISTANCES));
  switch (d.between(1, 14)) {
    case 1:
    case 2:
    case 3:
      add(transport + 4);
      break;
    case 4:
    case 5:
      add(transport + 8);
      break;
    case 6:
    case 7:
    case 8:
      view.setUint8(transport + 13, d.between(0, FIN_SYN_RST_PSH_ACK_URG));
      break;
    case 9:
      view.setUint8(transport + 13, d.pick([0x02, 0x04, 0x14, 0x11, 0x10, 0x12, 0x19]));
      break;
    case 10:
      view.setUint16(transport + 14, d.pick(WINDOWS));
      break;
    case 11:
      view.setUint16(transport + d.pick([0, 2]), d.pick([1000, 1010, 1001, 50_000]));
      break;
    case 12:
      view.setUint8(transport + 12, d.pick([0x50, 0x60, 0x70, 0x80, 0x40, 0xf0]));
      break;
    case 13:
      return withLength(bytes, Math.max(payload, bytes.length - d.between(1, 1460)));
    default:
      // Nothing is changed: it comes twice.
      break;
  }
  return bytes;
}

/** A packet that ends earlier, and says so. */
function withLength(bytes: Uint8Array, length: number): Uint8Array {
  const shorter = bytes.slice(0, length);
  new DataView(shorter.buffer).setUint16(14 + 2, length - 14);
  return shorter;
}
