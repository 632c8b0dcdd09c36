/**
 * What traffic costs, in things that can be counted and are the same on every machine: what the benchmarks measure as time.
 * Whoever makes a path longer sees it here first.
 */

import { describe, expect, jest, test } from '@jest/globals';
import { Scheduler } from '../../device/freertos.ts';
import { AF_INET, type Os, SOCK_DGRAM, SOCK_STREAM, sockaddr_in, World } from '../../device/index.ts';
import { TcpipThread } from '../../sockets/index.ts';
import { Frame, FramePool } from '../../stack/frame.ts';

const PORT = 5001;
const MSS = 1440;
const START_US = 1_000_000;

/** Counts per unit of work, in the order in which they are asked for. */
interface Costs {
  /** Events of the world. */
  readonly events: number;
  /** Runs of tasks, tcpip threads among them. */
  readonly runs: number;
  /** Calls that had to wait for the tcpip thread. */
  readonly waits: number;
  /** Bytes moved by Uint8Array.set(): from the sender's buffer into the frame, and from there into the receiver's. */
  readonly copied: number;
  /** Bytes of transport headers and payload that a checksum was taken of. */
  readonly summed: number;
  /** New views of buffers. */
  readonly views: number;
  /** New buffers for frames, in all. */
  readonly buffers: number;
}

/** Let a world run for a while, and count. @param unitsDone how much work is done so far */
function costsOf(world: World, us: number, unitsDone: () => number): Costs {
  world.runSync({ until: START_US, stopWhenIdle: false });
  const before = unitsDone();
  let copied = 0;
  let summed = 0;
  const { set, subarray } = Uint8Array.prototype;
  const { transportSum } = Frame.prototype;
  jest.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, from, at) {
    copied += from.length;
    set.call(this, from, at);
  });
  const views = jest.spyOn(Uint8Array.prototype, 'subarray').mockImplementation(function (this: Uint8Array, from, to) {
    return subarray.call(this, from, to);
  });
  jest.spyOn(Frame.prototype, 'transportSum').mockImplementation(function (this: Frame, ip, at, len) {
    summed += len;
    return transportSum.call(this, ip, at, len);
  });
  const events = jest.spyOn(World.prototype as unknown as { takeEvent(): void }, 'takeEvent');
  const runs = jest.spyOn(Scheduler.prototype, 'run');
  const waits = jest.spyOn(TcpipThread.prototype, 'finishCall');
  const alloc = jest.spyOn(FramePool.prototype, 'alloc');
  const known = new Set((world.frames as unknown as { readonly free: readonly Frame[] }).free);
  world.runSync({ until: START_US + us, stopWhenIdle: false });
  const units = unitsDone() - before;
  const fresh = new Set(alloc.mock.results.map(({ value }) => value as Frame).filter((frame) => !known.has(frame)));
  const costs = {
    events: events.mock.calls.length / units,
    runs: runs.mock.calls.length / units,
    waits: waits.mock.calls.length / units,
    copied: copied / units,
    summed: summed / units,
    views: views.mock.calls.length / units,
    buffers: fresh.size,
  };
  jest.restoreAllMocks();
  return costs;
}

function pairOf(strictChecksums: boolean, capture: boolean) {
  const world = new World({ strictChecksums });
  if (capture) world.record({ keep: false }).onFrame(() => undefined);
  const lan = world.lan();
  const server = world.esp32('server', { lan, ip: '10.0.0.1/24' });
  const client = world.esp32('client', { lan, ip: '10.0.0.2/24' });
  return { world, server, client };
}

/** Per segment of a stream that never ends. */
function bulk(strictChecksums = false, capture = false): Costs {
  const { world, server, client } = pairOf(strictChecksums, capture);
  let received = 0;
  server.xTaskCreate(function* (os: Os) {
    const listener = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
    yield* os.listen(listener, 1);
    const s = yield* os.accept(listener);
    const buffer = new Uint8Array(8192);
    for (;;) received += yield* os.recv(s, buffer);
  }, 'receiver');
  client.xTaskCreate(function* (os: Os) {
    yield* os.delayMs(100);
    const s = yield* os.socket(AF_INET, SOCK_STREAM);
    yield* os.connect(s, sockaddr_in('10.0.0.1', PORT));
    const data = new Uint8Array(8192);
    for (;;) yield* os.send(s, data);
  }, 'sender');
  return costsOf(world, 3_000_000, () => received / MSS);
}

/** Per datagram of 64 bytes. */
function datagrams(): Costs {
  const { world, server, client } = pairOf(false, false);
  let received = 0;
  server.xTaskCreate(function* (os: Os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    yield* os.bind(s, sockaddr_in('0.0.0.0', PORT));
    const buffer = new Uint8Array(64);
    const from = sockaddr_in();
    for (;;) {
      yield* os.recvfrom(s, buffer, 64, 0, from);
      received++;
    }
  }, 'receiver');
  client.xTaskCreate(function* (os: Os) {
    const s = yield* os.socket(AF_INET, SOCK_DGRAM);
    const to = sockaddr_in('10.0.0.1', PORT);
    const data = new Uint8Array(64);
    for (;;) {
      yield* os.vTaskDelay(1);
      for (let i = 0; i < 20; i++) yield* os.sendto(s, data, 64, 0, to);
    }
  }, 'sender');
  return costsOf(world, 3_000_000, () => received);
}

/** A segment's header and payload, and the header of the ACK that answers it with these windows. */
const SUMMED_AT_ONE_END = MSS + 20 + 20;

describe('the cost of a segment', () => {
  const costs = bulk();

  test('in events: its arrival and that of its ACK', () => {
    expect(costs.events).toBeLessThan(2.01);
  });

  test('in runs of tasks: the two stacks for what arrives, the receiver, and its stack for the window; the sender now and then', () => {
    expect(costs.runs).toBeLessThan(4.4);
  });

  test('in waits for the stack: one per send(), which takes 8 KB', () => {
    expect(costs.waits).toBeLessThan(MSS / 8192 + 0.01);
  });

  test('in bytes: each is copied into a frame and out of it, and none is summed', () => {
    expect(costs.copied).toBe(2 * MSS);
    expect(costs.summed).toBe(0);
  });

  test('in objects: a view of what is sent, and no buffer', () => {
    expect(costs.views).toBeLessThan(1.2);
    expect(costs.buffers).toBeLessThan(10);
  });

  test('with strict checksums: summed at both ends', () => {
    expect(bulk(true).summed).toBe(2 * SUMMED_AT_ONE_END);
  });

  test('with a capture: summed once, as what was computed here is right', () => {
    const captured = bulk(false, true);
    expect(captured.summed).toBe(SUMMED_AT_ONE_END);
    expect(captured.copied).toBe(2 * MSS);
    expect(captured.runs).toBe(costs.runs);
  });
});

describe('the cost of a datagram', () => {
  const costs = datagrams();

  test('is its arrival, its stack for sending, its stack and its receiver for receiving; bursts begin with a tick', () => {
    expect(costs.events).toBeLessThan(1.06);
    expect(costs.runs).toBeLessThan(3.06);
    expect(costs.waits).toBe(0);
  });

  test('is two copies, no sum, no view and no buffer', () => {
    expect(costs.copied).toBe(2 * 64);
    expect(costs.summed).toBe(0);
    expect(costs.views).toBe(0);
    expect(costs.buffers).toBeLessThanOrEqual(20);
  });
});
