/** Console, clock, chance and the end of things for C. */

import { EAGAIN } from '../../sockets/errno.ts';
import type { Op } from '../../sockets/sys_arch.ts';
import type { Task } from '../freertos.ts';
import { utf8 } from '../utf8.ts';
import type { LogLevel } from './console.ts';
import type { HostFunctions, Running } from './imports.ts';
import type { Machine } from './machine.ts';
import { Panic, stackOverflow } from './panic.ts';

/** By esp_log_level_t. */
const LEVELS: readonly (LogLevel | '')[] = ['', 'E', 'W', 'I', 'D', 'V'];

/** Module esp. */
export function systemImports(on: Running): HostFunctions {
  return {
    log: (level, tagAt, textAt, length) => {
      const tag = on.machine.memory.string(tagAt);
      on.machine.host.console.log(
        LEVELS[level] ?? '',
        tag,
        messageOf(on.machine.memory.text(textAt, length), tag),
        taskName(on.machine),
      );
      return 0;
    },
    write: (textAt, length) => {
      on.machine.host.console.write(on.machine.memory.text(textAt, length), taskName(on.machine));
      return length;
    },
    panic: (reasonAt, messageAt) => {
      throw new Panic(on.machine.memory.string(reasonAt), messageAt === 0 ? '' : on.machine.memory.string(messageAt));
    },
    stack_overflow: () => {
      throw stackOverflow(taskName(on.machine));
    },
    restart: () => on.machine.restart(),
    reset_reason: () => on.machine.host.resetReason,
    random: () => on.machine.host.nextRandom() | 0,
    now_us: () => on.machine.board.scheduler.nowUs - on.machine.board.bootUs,
    wall_us: () => on.machine.board.clock.nowUs,
    set_wall_us: (us) => {
      on.machine.board.clock.set(us);
      return 0;
    },
    adjtime: (us) => (on.machine.board.clock.adjtime(us) ? 1 : 0),
    adjtime_left: () => on.machine.board.clock.leftToAdjustUs,
    mac_high: () => on.machine.board.mac.hi,
    mac_low: () => on.machine.board.mac.lo,
  };
}

/** Module espb. */
export function waitingSystemImports(on: Running): HostFunctions {
  return {
    stdin: (at, length, isBlocking) =>
      on.machine.call('stdin', -1, readStdin(on.machine, on.machine.task, at, length >>> 0, isBlocking !== 0), false),
  };
}

function* readStdin(m: Machine, task: Task, at: number, length: number, isBlocking: boolean): Op<number> {
  const { board } = m;
  const { console } = m.host;
  for (;;) {
    const taken = utf8(console.take(length));
    if (taken.length > 0 || length === 0) {
      m.memory.bytes(at, length).set(taken.subarray(0, length));
      return taken.length;
    }
    if (!isBlocking) {
      task.errno = EAGAIN;
      return -1;
    }
    board.scheduler.block(task, console.readers, Number.POSITIVE_INFINITY);
    yield;
  }
}

function taskName(m: Machine): string {
  return m.current === null ? '' : m.task.name;
}

/** ESP_LOGx hands over the whole line, "I (1234) tag: text" and a newline. */
function messageOf(line: string, tag: string): string {
  const text = line.endsWith('\n') ? line.slice(0, -1) : line;
  const start = /^[EWIDV] \(\d+\) /.exec(text);
  const prefix = `${tag}: `;
  const rest = start === null ? text : text.slice(start[0].length);
  return start !== null && rest.startsWith(prefix) ? rest.slice(prefix.length) : text;
}
