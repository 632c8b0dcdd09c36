import { describe, expect } from '@jest/globals';
import { fc, property } from '../support/fast-check.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type RandomTask, randomTasks, startTasks } from '../support/programs.ts';
import { blow, type Weather, weather } from '../support/traffic.ts';
import { type Pair, pair, runWatched } from '../support/worlds.ts';

/** What differs from world to world. */
const setting = fc.record({
  weather: fc.option(weather),
  tickUs: fc.constantFrom(1000, 10_000),
  hazards: fc.constantFrom<'stop' | 'continue'>('stop', 'continue'),
  alt: fc.boolean(),
});

interface Setting {
  readonly weather: Weather | null;
  readonly tickUs: number;
  readonly hazards: 'stop' | 'continue';
  readonly alt: boolean;
}

function build(setting: Setting, tasks: readonly RandomTask[]): Pair {
  const on = setting.alt ? 1 : 0;
  const opt = { LWIP_SO_LINGER: on, LWIP_SO_RCVBUF: on, IP_REASSEMBLY: on };
  const p = pair({ tickUs: setting.tickUs, hazards: setting.hazards, board: { opt } });
  if (setting.weather !== null) blow(p, setting.weather);
  startTasks(p, tasks);
  return p;
}

const UNTIL_US = 40_000_000;

describe('no sequence of calls breaks a board', () => {
  property('whatever several tasks do', 300, [setting, randomTasks], async (s, tasks) => {
    const first = build(s, tasks);
    await runWatched(first.world, UNTIL_US, checkInvariants);
    const second = build(s, tasks);
    second.world.runSync({ until: UNTIL_US, stopWhenIdle: false });
    expect(second.trace).toEqual(first.trace);
  });
});
