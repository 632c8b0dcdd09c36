/**
 * The rules of the house that no tool states by itself: who may import whom, what a folder may know of its host,
 * what never gets into a file. The first two hand broken sources to the real compiler and the real linter, with the
 * project's own configuration, so that a rule that has quietly stopped working is noticed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = join(__dirname, '..');
const folders = ['device', 'sockets', 'stack', 'test', 'tools'];
let house = '';

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'lwip-twin-house-'));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'), 'junction');
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'biome.json']) {
    cpSync(join(root, file), join(house, file));
  }
  for (const folder of folders) {
    mkdirSync(join(house, folder));
    cpSync(join(root, folder, 'tsconfig.json'), join(house, folder, 'tsconfig.json'));
  }
  cpSync(join(root, 'tools', 'lint'), join(house, 'tools', 'lint'), { recursive: true });
});

afterAll(() => rmSync(house, { recursive: true, force: true }));

/** Lays sources into the copy of the house. */
function write(sources: Record<string, string>): void {
  for (const [file, text] of Object.entries(sources)) writeFileSync(join(house, file), `${text}\n`);
}

/** Runs one of the project's tools in the copy of the house; everything it printed. */
function runTool(name: string, args: string[]): string {
  const bin = join(root, 'node_modules', name, 'bin', name === 'typescript' ? 'tsc' : 'biome');
  const { stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: house,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return stdout + stderr;
}

describe('what a folder may know', () => {
  test('a wrong direction or a wrong host is a compile error', () => {
    const good = {
      'stack/index.ts': 'export const depth = 1;',
      'sockets/index.ts': "import { depth } from '../stack/index.ts';\nexport const sockets = depth;",
      'device/index.ts': "import { sockets } from '../sockets/index.ts';\nexport const device = sockets;",
      'tools/index.ts': "import { device } from '../device/index.ts';\nconsole.log(device, process.argv);",
      'test/index.ts': "import '../tools/index.ts';",
    };
    const bad: Record<string, string> = {
      'device/imports-node.ts': "export { readFileSync } from 'node:fs';",
    };
    // Every wrong import gets a target of its own: the compiler names only the first of those who import a file.
    const wrong = 'stack>sockets stack>device stack>tools sockets>device sockets>tools device>tools tools>test'.split(
      ' ',
    );
    for (const direction of wrong) {
      const [from, to] = direction.split('>');
      write({
        [`${to}/for-${from}.ts`]: 'export const value = 1;',
        [`${to}/type-for-${from}.ts`]: 'export type Type = 1;',
      });
      bad[`${from}/imports-${to}.ts`] = `export { value } from '../${to}/for-${from}.ts';`;
      bad[`${from}/imports-type-of-${to}.ts`] = `export type { Type } from '../${to}/type-for-${from}.ts';`;
    }
    const host = 'process Buffer console setTimeout queueMicrotask WebAssembly performance document'.split(' ');
    for (const folder of ['stack', 'sockets', 'device']) {
      for (const name of host) bad[`${folder}/uses-${name}.ts`] = `export const host = ${name};`;
    }
    write({ ...good, ...bad });

    const output = runTool('typescript', ['-b', '--pretty', 'false']);
    const complained = new Set([...output.matchAll(/^(\S+\.ts)\(\d+,\d+\): error TS/gm)].map((match) => match[1]));
    expect([...complained].sort()).toEqual(Object.keys(bad).sort());
  });

  test('what is not deterministic is a lint error', () => {
    const snippets = {
      date: 'Date.now()',
      random: 'Math.random()',
      log: 'Math.log(2)',
      pow: 'Math.pow(2, 0.5)',
      alias: '((math = Math) => math.random())()',
      power: '0.5 ** 3',
      'power-assigned': '(base = 2) => { base **= 3; return base; }',
      intl: 'Intl',
      compare: "'a'.localeCompare('b')",
      locale: '(1).toLocaleString()',
      clock: 'performance.now()',
      everything: 'globalThis',
      weak: 'WeakRef',
    };
    const bad: Record<string, string> = {};
    for (const folder of ['stack', 'sockets', 'device']) {
      for (const [name, code] of Object.entries(snippets)) {
        bad[`${folder}/lint-${name}.ts`] = `export const x = ${code};`;
      }
      write({ [`${folder}/fine.ts`]: 'export const x = Math.floor(2 ** 31 / 3);' });
    }
    write({ ...bad, 'tools/fine.ts': `export const x = [${Object.values(snippets).join(', ')}];` });

    const output = runTool('@biomejs/biome', ['lint', '--max-diagnostics=none', '--diagnostic-level=error']);
    const complained = new Set([...output.matchAll(/^(\S+\.ts):\d+:\d+ /gm)].map((match) => match[1]));
    expect([...complained].filter((file) => /lint-|fine/.test(file ?? '')).sort()).toEqual(Object.keys(bad).sort());
  });
});

describe('what is in the house', () => {
  const installed = ['node_modules', 'dist', 'dist-cjs', 'coverage'];

  test('five folders', () => {
    const found = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !installed.includes(entry.name))
      .map((entry) => entry.name);
    expect(found.sort()).toEqual(folders);
  });

  test('the lock file names packages, not places', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved"|registry\.|tarball/);
  });

  test('no file knows the machine that it was written on', () => {
    const places = ['home', 'root', 'work', 'Users', 'mnt', 'srv', 'tmp'].join('|');
    const machine = new RegExp(
      `(?<![\\w.})*-])/(?:${places})/|\\b[A-Z]:\\\\+Users|https?://[^/\\s]*(?:registry|npmjs)`,
    );
    const offenders: string[] = [];
    for (const file of sources()) {
      for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
        if (machine.test(line)) offenders.push(`${relative(root, file)}:${index + 1}: ${line.trim().slice(0, 100)}`);
      }
    }
    expect(offenders).toEqual([]);
  });

  /** Every text that was written by hand; recorded runs are data. */
  function* sources(): Generator<string> {
    const top = readdirSync(root, { withFileTypes: true }).filter(
      (entry) => !['.git', ...installed].includes(entry.name),
    );
    for (const entry of top) {
      if (entry.isFile()) yield join(root, entry.name);
      else {
        for (const inner of readdirSync(join(root, entry.name), { withFileTypes: true, recursive: true })) {
          const file = join(inner.parentPath, inner.name);
          const isText = /(?:\.(?:ts|mjs|js|json|md|grit|c|h|html|yml)|\/run)$/.test(file);
          if (inner.isFile() && isText && !file.startsWith(join(root, 'test', 'golden'))) yield file;
        }
      }
    }
  }
});
