/** Reads the numbers of WebAssembly and DWARF. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.bytes[this.at++]!;
  }

  i8(): number {
    return this.view.getInt8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** Unsigned LEB128. */
  uleb(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      result += (byte & 127) * scale;
      if (byte < 128) return result;
    }
  }

  /** Signed LEB128. */
  sleb(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      result += (byte & 127) * scale;
      if (byte < 128) return (byte & 64) === 0 ? result : result - scale * 128;
    }
  }

  /** Bytes as they are. */
  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A name as WebAssembly writes it: length, text. */
  name(): string {
    return Buffer.from(this.take(this.uleb())).toString('utf8');
  }

  /** A string as C writes it. */
  cString(): string {
    const end = this.bytes.indexOf(0, this.at);
    const text = Buffer.from(this.bytes.subarray(this.at, end)).toString('utf8');
    this.at = end + 1;
    return text;
  }
}

/** Unsigned LEB128. */
export function uleb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 128 : low);
  } while (value > 0);
  return bytes;
}

/** Signed LEB128 of a number of up to 32 bits. */
export function sleb(value: number): number[] {
  for (const bytes: number[] = []; ; ) {
    const low = value & 127;
    value >>= 7;
    const isLast = value === ((low & 64) === 0 ? 0 : -1);
    bytes.push(isLast ? low : low | 128);
    if (isLast) return bytes;
  }
}
