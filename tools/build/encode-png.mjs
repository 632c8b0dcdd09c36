import { crc32, deflateSync } from 'node:zlib';

/** Of a picture of text on plain ground, more are not missed, and half the bytes are saved. */
const COLORS = 64;
/** Of two colours: the sum of squares of their differences. */
const TOO_CLOSE = 300;

/** A PNG with few colours. @param pixels red, green, blue and opacity of each, row by row */
export function encodePng(pixels, { width, height }) {
  const palette = paletteOf(pixels);
  const nearest = new Map();
  const rows = Buffer.alloc(height * (width + 1));
  for (let i = 0; i < width * height; i++) {
    const color = pixels.readUIntBE(4 * i, 3);
    if (!nearest.has(color)) nearest.set(color, indexOfNearest(palette, color));
    // Each row begins with a byte that says how it is filtered: not at all.
    rows[i + Math.floor(i / width) + 1] = nearest.get(color);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The colours that are used most, of those that can be told apart. */
function paletteOf(pixels) {
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 4) {
    const color = pixels.readUIntBE(at, 3);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([color]) => color);
  const palette = [];
  for (const color of byCount) {
    if (palette.every((one) => distance(one, color) > TOO_CLOSE)) palette.push(color);
    if (palette.length === COLORS) break;
  }
  return palette;
}

function indexOfNearest(palette, color) {
  const distances = palette.map((one) => distance(one, color));
  return distances.indexOf(Math.min(...distances));
}

function distance(a, b) {
  return [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
