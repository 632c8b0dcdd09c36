/** What planned faults do to frames: one action per kind, deciding the fate of a frame that its fault concerns. */

import { FRAME_IP, FRAME_START, type Frame, SUMS_PENDING } from '../../stack/frame.ts';
import { getU16, putU16 } from '../../stack/prot/bytes.ts';
import { SIZEOF_ETH_HDR } from '../../stack/prot/ethernet.ts';
import { IP_LEN } from '../../stack/prot/ip4.ts';
import { UDP_LEN } from '../../stack/prot/udp.ts';
import type { RandomStream } from '../random.ts';
import type { FrameView } from './frame_view.ts';
import type { Corrupt, FrameFaultSpec, Jitter, Rate, Reset, Stall, Truncate } from './plan.ts';
import type { FaultContext } from './select.ts';
import { type Fate, lose } from './wire.ts';

/** Decides what becomes of a frame. @returns false if nothing does, so that the next fault is asked */
export type FrameAction = (frame: FrameView, fate: Fate) => boolean;

/** The action of a fault. @throws RangeError or TypeError naming what makes no sense in it */
export function frameAction(context: FaultContext, spec: Exclude<FrameFaultSpec, Reset<unknown>>): FrameAction {
  switch (spec.kind) {
    case 'drop':
    case 'outage':
    case 'blackhole':
      return dropAction(spec.kind, typeof spec.match === 'object' ? spec.match.to : undefined);
    case 'delay':
      return (_frame, fate) => {
        fate.delayUs += spec.us;
        return label(fate, 'delay');
      };
    case 'duplicate':
      return (_frame, fate) => {
        fate.copies += spec.copies ?? 1;
        fate.copyGapUs = spec.gapUs ?? 0;
        return label(fate, 'dup');
      };
    case 'reorder':
      return (_frame, fate) => {
        fate.behind = spec.behind ?? 1;
        fate.withinUs = spec.withinUs ?? 1_000_000;
        return label(fate, 'reorder');
      };
    case 'corrupt':
      return corruptAction(spec, context.random(`fault corrupt ${spec.seed ?? 0} offset`));
    case 'truncate':
      return truncateAction(spec);
    case 'rate':
      return rateAction(spec);
    case 'jitter':
      return jitterAction(spec, context.random(`fault jitter ${spec.seed ?? 0} us`));
    case 'stall':
      return stallAction(spec);
  }
}

function label(fate: Fate, text: string): true {
  fate.labels.push(text);
  return true;
}

/** A broadcast that one board is not to get reaches the others. */
function dropAction(kind: string, to: string | undefined): FrameAction {
  return (frame, fate) => {
    if (to === undefined || !frame.isGroup) lose(fate, kind);
    else {
      fate.notTo = to;
      fate.labels.push(`${kind} to ${to}`);
    }
    return true;
  };
}

function corruptAction(spec: Corrupt<unknown>, random: RandomStream): FrameAction {
  const xor = spec.bit === undefined ? (spec.xor ?? 0xff) : 1 << spec.bit;
  return (frame, fate) => {
    const start = layerStart(frame, spec.layer ?? 'frame');
    const room = FRAME_START + frame.length - start;
    const offset = spec.offset ?? random.below(Math.max(room, 1));
    if (offset >= room) return false;
    const copy = observed(frame.frame);
    copy.bytes[start + offset]! ^= xor;
    if (spec.checksums === 'right') copy.sums = SUMS_PENDING;
    replace(fate, copy);
    return label(fate, 'corrupt');
  };
}

function layerStart(frame: FrameView, layer: Required<Corrupt<unknown>>['layer']): number {
  switch (layer) {
    case 'frame':
      return FRAME_START;
    case 'network':
      return FRAME_IP;
    case 'transport':
      return frame.isIp ? frame.transportAt : FRAME_START + frame.length;
    case 'payload':
      return frame.payloadAt;
  }
}

function truncateAction(spec: Truncate<unknown>): FrameAction {
  return (frame, fate) => {
    if (spec.length >= frame.length) return false;
    const copy = observed(frame.frame);
    copy.len = spec.length;
    if (spec.checksums === 'right') fitLengths(frame, copy);
    replace(fate, copy);
    return label(fate, 'truncate');
  };
}

/** Make the headers tell of what is left, where a header is left. */
function fitLengths(whole: FrameView, cut: Frame): void {
  const left = cut.len - SIZEOF_ETH_HDR;
  if (!whole.isIp || left < whole.transportAt - FRAME_IP) return;
  const excess = getU16(cut.bytes, FRAME_IP + IP_LEN) - left;
  if (excess <= 0) return;
  putU16(cut.bytes, FRAME_IP + IP_LEN, left);
  if (whole.isUdp) {
    const at = whole.transportAt + UDP_LEN;
    putU16(cut.bytes, at, Math.max(0, getU16(cut.bytes, at) - excess));
  }
  if (FRAME_START + cut.len >= whole.payloadAt) cut.sums = SUMS_PENDING;
}

/** A copy that may be changed, with its checksums filled in. */
function observed(frame: Frame): Frame {
  frame.fillSums();
  return frame.clone();
}

function replace(fate: Fate, copy: Frame): void {
  fate.bytes = copy.view().slice();
  copy.release();
}

/** A queue in front of a bottleneck, one per sender and wire. */
function rateAction({ bitsPerSecond, queueBytes = 65_536 }: Rate<unknown>): FrameAction {
  const freeAtUs = new Map<string, number>();
  const usFor = (bytes: number) => Math.ceil((bytes * 8e6) / bitsPerSecond);
  return (frame, fate) => {
    const sender = `${frame.lan} ${frame.from}`;
    const startUs = Math.max(freeAtUs.get(sender) ?? 0, frame.tUs);
    const waiting = startUs - frame.tUs;
    if (waiting > usFor(queueBytes)) {
      lose(fate, 'queue full');
      return true;
    }
    const doneUs = startUs + usFor(frame.length);
    freeAtUs.set(sender, doneUs);
    fate.delayUs += doneUs - frame.tUs;
    return label(fate, 'rate');
  };
}

function jitterAction(spec: Jitter<unknown>, random: RandomStream): FrameAction {
  const { minUs = 0, maxUs, distribution = 'uniform', keepOrder = true } = spec;
  const draw = DISTRIBUTIONS[distribution];
  const lastUs = new Map<string, number>();
  return (frame, fate) => {
    let us = minUs + draw(random, maxUs - minUs + 1);
    if (keepOrder) {
      const sender = `${frame.lan} ${frame.from}`;
      us = Math.max(us, (lastUs.get(sender) ?? 0) - frame.tUs);
      lastUs.set(sender, frame.tUs + us);
    }
    if (us === 0) return false;
    fate.delayUs += us;
    return label(fate, 'jitter');
  };
}

/** Numbers from 0 to before `range`, whole ones only. */
const DISTRIBUTIONS: Readonly<Record<Required<Jitter<unknown>>['distribution'], Draw>> = {
  uniform: (random, range) => random.below(range),
  bell: (random, range) =>
    Math.floor((random.below(range) + random.below(range) + random.below(range) + random.below(range)) / 4),
  // Half of all numbers lie in the first 1024th of the range, a quarter in the first 512th, and so on.
  tail: (random, range) => {
    const doublings = Math.min(Math.clz32(random.uint32()), 10);
    return random.below(Math.max(1, range >> (10 - doublings)));
  },
};

type Draw = (random: RandomStream, range: number) => number;

function stallAction({ afterBytes, forUs = Number.POSITIVE_INFINITY }: Stall<unknown>): FrameAction {
  let passed = 0;
  let endUs = -1;
  return (frame, fate) => {
    if (endUs < 0) {
      passed += frame.payloadLength;
      if (passed <= afterBytes) return false;
      endUs = frame.tUs + forUs;
    }
    if (frame.tUs >= endUs) return false;
    lose(fate, 'stall');
    return true;
  };
}
