/** The README is run: its programs through the command line, its tests as files of this folder, its output compared. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';

const root = join(__dirname, '..');
const path = join(root, 'README.md');
const readme = readFileSync(path, 'utf8');
const updating = process.env.UPDATE_README === '1';

/** A block of code with the comment above it that says what it is. */
interface Block {
  readonly kind: string;
  readonly name: string;
  readonly code: string;
}

const blocks: Block[] = [...readme.matchAll(/<!-- (\w+): (.+?) -->\n```\w*\n(.*?)```/gs)].map(
  ([, kind, name, code]) => ({
    kind: kind!,
    name: name!,
    code: code!,
  }),
);

const of = (kind: string) => blocks.filter((b) => b.kind === kind);
const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-readme-'));
// The compiler and its cache.
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
afterAll(() => rmSync(folder, { recursive: true }));

/** Compare a block with what it should be, or write it there with UPDATE_README=1. */
function check(block: Block, actual: string): void {
  if (updating) {
    const comment = `<!-- ${block.kind}: ${block.name} -->\n`;
    const text = readFileSync(path, 'utf8');
    const start = text.indexOf('\n', text.indexOf(comment) + comment.length) + 1;
    writeFileSync(path, text.slice(0, start) + actual + text.slice(text.indexOf('```', start)));
  } else {
    expect(block.code).toBe(actual);
  }
}

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the README', () => {
  test('has programs, commands with their output, and tests', () => {
    expect(blocks.map((b) => b.kind)).toEqual(expect.arrayContaining(['output', 'file', 'run', 'example']));
  });

  test('shows what npm start prints', () => {
    for (const block of of('output')) {
      const printed = node(join(root, 'dist/tools/demo.js'));
      check(
        block,
        `${printed.slice(printed.indexOf(' seconds'), printed.indexOf('\n\n', printed.indexOf(' seconds')))}\n`,
      );
    }
  });

  test.each(of('run'))('prints what it says after "$name"', (block) => {
    for (const file of of('file')) {
      mkdirSync(dirname(join(folder, file.name)), { recursive: true });
      writeFileSync(join(folder, file.name), file.code);
    }
    const [command, ...args] = block.name.split(' ');
    expect(command).toBe('lwip-twin');
    check(block, node(join(root, 'dist/tools/cli/main.js'), ...args));
  });

  test.each(of('excerpt'))('takes its lines from the test $name', (block) => {
    const flat = (text: string) =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join('\n');
    const file = flat(readFileSync(join(__dirname, 'examples', block.name), 'utf8'));
    for (const part of block.code.split('\n\n')) expect(file).toContain(flat(part));
  });

  test.each(of('example'))('has the test $name, which is run with the others', (block) => {
    check(block, readFileSync(join(__dirname, 'examples', block.name), 'utf8'));
  });
});
