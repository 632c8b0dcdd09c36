/** Text and bytes, for programs; the environment's TextEncoder is not part of the language. */

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}

/**
 * The first `length` bytes as text, one character a byte as a C program would print them; recv()'s result fits here.
 * @param length bytes; negative (an error) gives the empty text
 */
export function text(bytes: Uint8Array, length = bytes.length): string {
  let result = '';
  for (let i = 0; i < length && i < bytes.length; i++) result += String.fromCharCode(bytes[i]!);
  return result;
}
