/** Which source line an instruction comes from: the image's custom section "lwip-twin.lines". */

/**
 * The section, all numbers unsigned LEB128 unless said otherwise: how many files; per file the length of its name and the
 * name; how many rows; per row the distance of its first byte from the previous row's, the file's index, and the
 * distance of its line from the previous row's (signed LEB128). A row reaches to the next one; line 0 means unknown, as
 * for checks that were put in front of what follows.
 */
export class LineTable {
  private readonly files: string[] = [];
  private readonly offsets: number[] = [];
  private readonly fileOf: number[] = [];
  private readonly lineOf: number[] = [];

  constructor(section: Uint8Array | null) {
    if (section !== null) this.parse(new Leb128(section));
  }

  private parse(input: Leb128): void {
    for (let n = input.unsigned(); n > 0; n--) this.files.push(input.text(input.unsigned()));
    let offset = 0;
    let line = 0;
    for (let n = input.unsigned(); n > 0; n--) {
      offset += input.unsigned();
      this.offsets.push(offset);
      this.fileOf.push(input.unsigned());
      line += input.signed();
      this.lineOf.push(line);
    }
  }

  /** "file:line"; undefined if it is not known. @param offset of an instruction in the module */
  find(offset: number): string | undefined {
    const { offsets } = this;
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    let row = low - 1;
    while (this.lineOf[row] === 0) row++;
    const line = this.lineOf[row];
    return line === undefined ? undefined : `${this.files[this.fileOf[row]!]}:${line}`;
  }
}

/** Reads WebAssembly's numbers. */
class Leb128 {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  private next(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new TypeError('The line table of the firmware image ends in the middle.');
    return byte;
  }

  unsigned(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.next();
      result += (byte & 127) * scale;
      if (byte < 128) return result;
    }
  }

  signed(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.next();
      result += (byte & 127) * scale;
      if (byte < 128) return (byte & 64) === 0 ? result : result - scale * 128;
    }
  }

  text(length: number): string {
    let result = '';
    for (let i = 0; i < length; i++) result += String.fromCharCode(this.next());
    return result;
  }
}
