/** The firmware of a board over all its boots: console, clock, panics, and the machine that runs it while it is on. */

import type { Esp32 } from '../esp32.ts';
import type { RandomStream } from '../random.ts';
import { Console, type LogRecord } from './console.ts';
import type { Firmware } from './firmware.ts';
import { Machine } from './machine.ts';
import { type PanicRecord, panicLines } from './panic.ts';

/** What a board's options say about its firmware. */
export interface FirmwareOptions {
  /** A C program, built by buildFirmware() or "lwip-twin build". Its app_main() starts when the board boots. */
  readonly firmware?: Firmware;
  /** Is told of every line that the firmware prints. */
  readonly onLog?: (record: LogRecord) => void;
  /** Names that resolve without a name server, with their addresses. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** esp_reset_reason_t */
const ESP_RST_POWERON = 1;
const ESP_RST_SW = 3;

/** From esp_restart() to app_main(): the ROM and the bootloader take about so long. */
const RESTART_US = 300_000;

export class BoardFirmware {
  readonly firmware: Firmware;
  readonly console: Console;
  /** By name in small letters. */
  readonly hosts: ReadonlyMap<string, string>;
  /** What the firmware died of since the board was powered on last; null if it lives. */
  panic: PanicRecord | null = null;
  /** What esp_reset_reason() says. */
  resetReason = ESP_RST_POWERON;
  machine: Machine | null = null;
  private readonly board: Esp32;
  private random: RandomStream | null = null;

  /** @throws TypeError for a configuration besides the firmware's own */
  constructor(board: Esp32, firmware: Firmware, { onLog, hosts = {} }: FirmwareOptions) {
    if (board.options.sdkconfig !== undefined) {
      throw new TypeError(
        `Board ${board.name} has a firmware, which was compiled with its configuration: give sdkconfig to buildFirmware().`,
      );
    }
    this.board = board;
    this.firmware = firmware;
    this.hosts = new Map(Object.entries(hosts).map(([name, address]) => [name.toLowerCase(), address]));
    this.console = new Console(board, onLog);
  }

  /** The board has booted: a fresh instance, whose task "main" is ready. */
  boot(): void {
    this.panic = null;
    this.machine = new Machine(this.board, this);
    this.machine.boot();
  }

  /** Feed stdin. */
  type(text: string): void {
    const { console, board } = this;
    console.feed(text);
    while (console.readers.head !== null) board.scheduler.wake(console.readers);
  }

  powerOff(): void {
    this.console.flush('');
    this.machine = null;
    this.resetReason = ESP_RST_POWERON;
  }

  /** esp_restart(): everything starts anew. */
  restart(): void {
    const { board } = this;
    board.note('esp_restart()');
    board.powerOff();
    this.resetReason = ESP_RST_SW;
    board.world.onBoot(() => {
      if (this.resetReason === ESP_RST_SW) board.powerOn();
    }, board.scheduler.nowUs + RESTART_US);
  }

  /** The firmware has died. The board stays silent until it is powered off and on. */
  die(panic: PanicRecord): void {
    this.panic = panic;
    this.board.world.onPanic(panic);
    for (const line of panicLines(panic)) this.console.write(`${line}\n`, panic.task);
    this.board.note(`panic: ${panic.message.split('\n')[0]}`);
    this.board.stop();
  }

  /** esp_random() */
  nextRandom(): number {
    this.random ??= this.board.world.random(`esp_random of ${this.board.name}`);
    return this.random.uint32();
  }
}
