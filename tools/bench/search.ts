/** Runs of the search for misfortunes: a fresh world each, a fault in it, and a check. */

import { join } from 'node:path';
import { AF_INET, type Firmware, type Os, SOCK_STREAM, sockaddr_in, type World } from '../../device/index.ts';
import type { Scenario } from '../explore/scenario.ts';
import { explore } from '../explore/search.ts';
import { runTrial } from '../explore/trial.ts';
import { buildFirmware } from '../firmware/index.ts';
import { packageRoot } from '../package-info.ts';
import { cpuUs } from './cpu.ts';
import { measureFloor } from './floor.ts';
import { type Benchmark, type Effort, type Figure, scaled, Times, targetFloors } from './measure.ts';

const PORT = 7;
const MESSAGES = 4;
const LENGTH = 64;
const GOAL = 3000;
const GOAL_C = 500;

export const search: Benchmark = {
  name: 'search',
  counted:
    'Explored runs per second of CPU time: a fresh world of two boards, connect(), four messages of 64 bytes and their echo, close() ' +
    'at both ends, one or two misfortunes (lost, late or doubled frames), a check. Programs in TypeScript, or in C. Floors: of a run.',
  run: runSearch,
};

async function runSearch(effort: Effort): Promise<Figure[]> {
  const scenarios = [inTypeScript(), await inC()];
  const times = scenarios.map(() => new Times());
  const runs = Math.ceil(scaled(1500, effort, 20));
  for (let round = 0; round <= effort.rounds; round++) {
    for (const [i, scenario] of scenarios.entries()) {
      const floor = measureFloor();
      const us = await costOfRun(scenario, runs);
      if (round > 0) times[i]!.add(us, floor);
    }
  }
  const frames = await Promise.all(scenarios.map(framesOf));
  return [
    times[0]!.rate(`TypeScript (${frames[0]} frames)`, 'runs/s', 1e6, targetFloors(1e6 / GOAL)),
    times[1]!.rate(`C (${frames[1]} frames)`, 'runs/s', 1e6, targetFloors(1e6 / GOAL_C)),
  ];
}

/** @returns microseconds */
async function costOfRun(scenario: Scenario, runs: number): Promise<number> {
  const before = cpuUs();
  const result = await explore(scenario, { runs });
  const us = cpuUs() - before;
  const found = result.findings[0];
  if (found !== undefined) throw new Error(`${scenario.name}: ${found.violation}`);
  return us / result.runs;
}

async function framesOf(scenario: Scenario): Promise<number> {
  const { world } = await runTrial(scenario, [], true);
  return world.trace!.frames.length;
}

function echoScenario(name: string, setup: Scenario['setup']): Scenario {
  return { name, survives: ['loss', 'delay', 'duplicate'], findings: 'none', setup };
}

function inTypeScript(): Scenario {
  return echoScenario('echo in TypeScript', (world) => {
    const lan = world.lan();
    let good = 0;
    world.esp32('server', { lan, ip: '10.0.0.1/24' }).xTaskCreate(server, 'main');
    world.esp32('client', { lan, ip: '10.0.0.2/24' }).xTaskCreate(function* (os: Os) {
      good = yield* client(os);
    }, 'main');
    return () => (good === MESSAGES ? [] : [`The client got ${good} of ${MESSAGES} echoes.`]);
  });
}

async function inC(): Promise<Scenario> {
  const image = (file: string): Promise<Firmware> =>
    buildFirmware({ sources: [join(packageRoot(), 'tools', 'bench', 'echo', file)] });
  const [ofServer, ofClient] = await Promise.all([image('server.c'), image('client.c')]);
  return echoScenario('echo in C', (world: World) => {
    const lan = world.lan();
    world.esp32('server', { lan, ip: '10.0.0.1/24', firmware: ofServer });
    const board = world.esp32('client', { lan, ip: '10.0.0.2/24', firmware: ofClient });
    return () =>
      board.log.some(({ text }) => text === `${MESSAGES} of ${MESSAGES}`) ? [] : ['The client did not get all echoes.'];
  });
}

function* server(os: Os): Generator<void, void, void> {
  const listener = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.bind(listener, sockaddr_in('0.0.0.0', PORT));
  yield* os.listen(listener, 1);
  const s = yield* os.accept(listener);
  const buffer = new Uint8Array(LENGTH);
  for (let n = yield* os.recv(s, buffer); n > 0; n = yield* os.recv(s, buffer)) {
    yield* os.send(s, buffer.subarray(0, n));
  }
  yield* os.close(s);
  yield* os.close(listener);
}

/** @returns how many echoes were right */
function* client(os: Os): Generator<void, number, void> {
  const s = yield* os.socket(AF_INET, SOCK_STREAM);
  yield* os.connect(s, sockaddr_in('10.0.0.1', PORT));
  const message = new Uint8Array(LENGTH);
  const echo = new Uint8Array(LENGTH);
  let good = 0;
  for (let i = 0; i < MESSAGES; i++) {
    yield* os.send(s, message.fill(i));
    let got = 0;
    while (got < LENGTH) {
      const n = yield* os.recv(s, echo.subarray(got));
      if (n <= 0) break;
      got += n;
    }
    if (got === LENGTH && echo.every((byte) => byte === i)) good++;
  }
  yield* os.close(s);
  return good;
}
