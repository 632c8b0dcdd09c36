/** Whether two runs were the same: a number that depends on everything that went over the wires. */

/** FNV-1a over 32 bits, twice with different beginnings: enough to tell a million runs apart. */
export class Digest {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  add(value: number): void {
    this.#a = Math.imul(this.#a ^ (value & 0xffff), 0x01000193);
    this.#b = Math.imul(this.#b ^ (value >>> 16) ^ (value << 7), 0x01000193);
  }

  addText(text: string): void {
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
  }

  addBytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#a = Math.imul(this.#a ^ byte, 0x01000193);
    this.add(this.#a);
    this.add(bytes.length);
  }

  toString(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0');
  }
}
