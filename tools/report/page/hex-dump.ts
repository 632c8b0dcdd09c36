/** Bytes for people. */

import { element } from './dom.ts';

/** Bytes in hex and as text; a range can be marked. */
export class HexDump {
  readonly element = element('pre', 'hex');
  readonly #cells: HTMLElement[] = [];

  /** @param width bytes in a line */
  constructor(bytes: Uint8Array, width = 16) {
    const shown = bytes.subarray(0, 1600);
    for (let at = 0; at < shown.length; at += width) {
      const row = shown.subarray(at, at + width);
      this.element.append(`${at.toString(16).padStart(4, '0')}  `);
      for (const byte of row) {
        const cell = element('span', '', [byte.toString(16).padStart(2, '0')]);
        this.#cells.push(cell);
        this.element.append(cell, ' ');
      }
      const text = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
      this.element.append(`${'   '.repeat(width - row.length)} ${text}\n`);
    }
    if (shown.length < bytes.length) this.element.append(`… ${bytes.length - shown.length} more bytes\n`);
  }

  mark(at: number, length: number): void {
    for (const [i, cell] of this.#cells.entries()) cell.classList.toggle('marked', i >= at && i < at + length);
  }
}
