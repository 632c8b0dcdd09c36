/** Text from a run made safe to print: whatever names and payloads contain, no control character gets through. */

/** At least four of five bytes, of the first 64, are printable ASCII or white space. */
export function isMostlyText(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 64);
  const good = start.reduce((count, x) => count + ((x >= 32 && x < 127) || x === 9 || x === 10 || x === 13 ? 1 : 0), 0);
  return good * 5 >= start.length * 4;
}

/** Bytes between quotes, escaped as in C; three dots follow if there are more than fit. */
export function quoted(bytes: Uint8Array, room: number): string {
  const chars = Array.from(bytes.subarray(0, room), escapeByte);
  const whole = `"${chars.join('')}"`;
  if (bytes.length === chars.length && whole.length <= room) return whole;
  let text = '';
  for (const char of chars) {
    if (text.length + char.length + '""...'.length > room) break;
    text += char;
  }
  return `"${text}"...`;
}

const C_ESCAPES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' };

function escapeByte(byte: number): string {
  const short = C_ESCAPES[byte];
  if (short !== undefined) return short;
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/**
 * Text from outside, safe to print: ASCII and the letters of the Latin, Greek and Cyrillic alphabets stay, all of which
 * are one column wide; everything else (control characters, bidirectional marks, emoji) is escaped.
 */
export function printable(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if ((code >= 32 && code < 127) || (code >= 0xa0 && code < 0x530 && /\p{L}/u.test(char))) out += char;
    else if (code < 128) out += C_ESCAPES[code] ?? `\\x${code.toString(16).padStart(2, '0')}`;
    else out += `\\u{${code.toString(16)}}`;
  }
  return out;
}
