/** A trace with `states: true`: what each board did and why, and how its control blocks changed. */
import { describe, expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, type Trace, World } from '../../device/index.ts';

function* server(os: Os) {
  const listenSock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listenSock, sockaddr_in('0.0.0.0', 3333));
  yield* os.listen(listenSock, 1);
  const sock = yield* os.accept(listenSock);
  yield* os.recv(sock, new Uint8Array(64));
  yield* os.close(sock);
}

function* client(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  yield* os.send(sock, 'hello');
  yield* os.recv(sock, new Uint8Array(64));
  yield* os.close(sock);
}

function talk(states: boolean, dropped?: number): Trace {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  const trace = world.record({ states });
  world.esp32('server', { lan, ip: '192.168.4.1' }).xTaskCreate(server, 'main');
  world.esp32('client', { lan, ip: '192.168.4.2' }).xTaskCreate(client, 'main');
  if (dropped !== undefined) lan.faults.add({ from: 'client', frame: dropped, action: 'drop' });
  world.runSync({ until: 300_000_000, stopWhenIdle: false });
  return trace;
}

/** States that a board's connection went through, each once in a row. */
function states(trace: Trace, board: string): string[] {
  const all = trace.states.filter((record) => record.board === board).map((record) => record.state.state);
  return all.filter((state, i) => state !== all[i - 1]);
}

describe('states', () => {
  test('are those of the RFC, to the end of the control block', () => {
    const trace = talk(true);
    expect(states(trace, 'server')).toEqual([
      'SYN_RCVD',
      'ESTABLISHED',
      'FIN_WAIT_1',
      'FIN_WAIT_2',
      'TIME_WAIT',
      'CLOSED',
    ]);
    expect(states(trace, 'client')).toEqual(['SYN_SENT', 'ESTABLISHED', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSED']);
    expect(new Set(trace.states.map((record) => record.local.split(':')[0]))).toEqual(
      new Set(['192.168.4.1', '192.168.4.2']),
    );
    expect(trace.states.every((record) => !record.local.endsWith(':0'))).toBe(true);
  });

  test('are not recorded unless they are asked for, and change nothing else', () => {
    const [without, withStates] = [talk(false), talk(true)];
    expect([without.states, without.steps]).toEqual([[], []]);
    expect(withStates.frames).toEqual(without.frames);
    expect(withStates.calls).toEqual(without.calls);
  });
});

describe('steps', () => {
  const trace = talk(true);
  const causeOf = (n: number) => trace.steps.find((step) => step.n0 <= n && n < step.n1);

  test('every frame has one, on the board that sent it', () => {
    for (const frame of trace.frames) expect(causeOf(frame.n)?.board).toBe(frame.from);
  });

  test('name the frame that had come, which another board had sent before', () => {
    const caused = trace.steps.filter((step) => step.cause === 'frame');
    expect(caused.length).toBeGreaterThan(8);
    for (const step of caused) {
      const frame = trace.frames.find((one) => one.n === step.ref)!;
      expect(frame.from).not.toBe(step.board);
      expect(frame.tUs + 1000).toBe(step.tUs);
    }
  });

  test('name the call, or the timer', () => {
    const data = trace.frames.find((frame) => frame.from === 'client' && frame.bytes.length === 59)!;
    const step = causeOf(data.n)!;
    expect(step.cause).toBe('call');
    expect(trace.calls.find((call) => call.n0 === step.ref)?.fn).toBe('send');

    const lossy = talk(true, lossyIndex(trace, data.n));
    const again = lossy.frames.filter((frame) => frame.from === 'client' && frame.bytes.length === 59);
    expect(again).toHaveLength(2);
    expect(lossy.steps.find((one) => one.n0 <= again[1]!.n && again[1]!.n < one.n1)?.cause).toBe('timer');
  });
});

/** Which of the client's frames it is. */
function lossyIndex(trace: Trace, n: number): number {
  return trace.frames.filter((frame) => frame.from === 'client').findIndex((frame) => frame.n === n);
}
