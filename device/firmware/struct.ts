/** C's structures in linear memory: where their fields are, as the compiler lays them out for a 32-bit machine. */

import type { Memory } from './memory.ts';

/** Integers of so many bits, or an array of so many bytes. */
export type Field = 'i8' | 'u8' | 'u16' | 'i32' | number;

const SIZE = { i8: 1, u8: 1, u16: 2, i32: 4 } as const;

/** What goes into a field: an integer, or the bytes of an array, which is filled up with zeros. */
export type FieldValue = number | Uint8Array;

export class Struct {
  readonly size: number;
  private readonly places = new Map<string, { readonly at: number; readonly field: Field }>();

  /** @param fields in their order; those whose name begins with "_" only take up room */
  constructor(fields: Readonly<Record<string, Field>>) {
    let at = 0;
    let alignment = 1;
    for (const [name, field] of Object.entries(fields)) {
      const align = typeof field === 'number' ? 1 : SIZE[field];
      at = Math.ceil(at / align) * align;
      alignment = Math.max(alignment, align);
      this.places.set(name, { at, field });
      at += typeof field === 'number' ? field : SIZE[field];
    }
    this.size = Math.ceil(at / alignment) * alignment;
  }

  /** An integer field of the structure at an address. */
  get(memory: Memory, address: number, name: string): number {
    const { at, field } = this.places.get(name)!;
    const p = (address >>> 0) + at;
    const { u8 } = memory;
    if (field === 'i32') return memory.word(p);
    if (field === 'u16') return u8[p]! | (u8[p + 1]! << 8);
    return field === 'i8' ? (u8[p]! << 24) >> 24 : u8[p]!;
  }

  /** An array field. */
  bytes(memory: Memory, address: number, name: string): Uint8Array {
    const { at, field } = this.places.get(name)!;
    return memory.bytes((address >>> 0) + at, field as number);
  }

  /** The structure as bytes; fields that are not named are zero. */
  encode(values: Readonly<Record<string, FieldValue>>): Uint8Array {
    const bytes = new Uint8Array(this.size);
    for (const [name, value] of Object.entries(values)) {
      const { at, field } = this.places.get(name)!;
      if (typeof value !== 'number') bytes.set(value.subarray(0, field as number), at);
      else for (let i = 0; i < SIZE[field as keyof typeof SIZE]; i++) bytes[at + i] = value >> (8 * i);
    }
    return bytes;
  }
}

/** The characters before the first zero, as far as the array reaches. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** "24:0a:c4:00:00:01" */
export function macText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':').map((byte) => Number.parseInt(byte, 16)));
}

/** One byte a character, the reverse of textOf(). */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
