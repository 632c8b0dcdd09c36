/** Boards beside the one with the firmware, and what a firmware said, for tests of HTTP. */

import type { Esp32, World } from '../../device/index.ts';

export const SERVER = '192.168.4.1';
export const CLIENT = '192.168.4.2';

/** What the tests need beyond the defaults; one configuration, so that everything is compiled once. */
export const sdkconfig = { CONFIG_HTTPD_WS_SUPPORT: true };

/** Text to send, or milliseconds to wait. */
export type Move = string | number;

/** A board on the same segment, for a program in TypeScript. */
export function clientOf(world: World, name = 'client', ip = CLIENT): Esp32 {
  return world.esp32(name, { lan: world.lans[0]!, ip });
}

/** The log as "level tag: text". */
export function linesOf(board: Esp32): string[] {
  return board.log.map(({ level, tag, text }) => `${level} ${tag}: ${text}`);
}
