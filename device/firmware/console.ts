/** What a board's firmware prints and reads: log lines as data, and stdin. */

import { WaitList } from '../../sockets/sys_arch.ts';

export type LogLevel = 'E' | 'W' | 'I' | 'D' | 'V';

/** One line that a board printed. */
export interface LogRecord {
  /** It was printed before everything in a trace that has this running number or a higher one. */
  readonly n: number;
  /** Virtual time in microseconds. */
  readonly tUs: number;
  /** ESP_LOG's level; '' for a line of printf() and for what a panic prints. */
  readonly level: LogLevel | '';
  /** '' if the line has none. */
  readonly tag: string;
  /** The message, without level, time and tag. */
  readonly text: string;
  /** The task that printed it; '' if none was running. */
  readonly task: string;
}

/** What a console needs of its board. */
interface ConsoleBoard {
  readonly bootUs: number;
  readonly nextNumber: number;
  readonly scheduler: { readonly nowUs: number };
}

/** A line as idf.py monitor shows it: "I (1234) tag: text". @param bootUs of the board */
export function formatLogRecord({ level, tUs, tag, text }: LogRecord, bootUs = 0): string {
  return level === '' ? text : `${level} (${Math.floor((tUs - bootUs) / 1000)}) ${tag}: ${text}`;
}

export class Console {
  /** All lines so far, over all boots. */
  readonly records: LogRecord[] = [];
  readonly readers = new WaitList();
  private readonly board: ConsoleBoard;
  private readonly onRecord: ((record: LogRecord) => void) | undefined;
  /** printf() without a newline yet. */
  private partial = '';
  private input = '';

  constructor(board: ConsoleBoard, onRecord: ((record: LogRecord) => void) | undefined) {
    this.board = board;
    this.onRecord = onRecord;
  }

  /** A line of ESP_LOGx. */
  log(level: LogLevel | '', tag: string, text: string, task: string): void {
    this.flush(task);
    const { nextNumber: n, scheduler } = this.board;
    const record: LogRecord = { n, tUs: scheduler.nowUs, level, tag, text, task };
    this.records.push(record);
    this.onRecord?.(record);
  }

  /** Whatever printf() and its like write. */
  write(text: string, task: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop()!;
    for (const line of lines) this.add(line, task);
  }

  /** The last line has no newline, and there will be none. */
  flush(task: string): void {
    if (this.partial === '') return;
    const line = this.partial;
    this.partial = '';
    this.add(line, task);
  }

  private add(text: string, task: string): void {
    const { nextNumber: n, scheduler } = this.board;
    const record: LogRecord = { n, tUs: scheduler.nowUs, level: '', tag: '', text, task };
    this.records.push(record);
    this.onRecord?.(record);
  }

  /** Somebody types. */
  feed(text: string): void {
    this.input += text;
  }

  /** Take at most so many characters. */
  take(length: number): string {
    const taken = this.input.slice(0, length);
    this.input = this.input.slice(taken.length);
    return taken;
  }
}
