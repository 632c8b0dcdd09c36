// Packs the project as it would be published, looks at what is inside, and uses it as a stranger would: from ESM, from
// CommonJS, from TypeScript and from the command line, in an empty folder and without a network.
// Usage: node tools/build/package-check.mjs TARBALL (where to leave the package for other checks)
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');

const [target] = process.argv.slice(2);
assert(target, 'usage: package-check.mjs TARBALL');

const temp = mkdtempSync(join(tmpdir(), 'lwip-twin-package-'));
try {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', temp], root));
  const tarball = join(temp, packed.filename);
  checkContents(packed.files.map((file) => file.path));
  install(tarball);
  checkImports(packed.files.map((file) => file.path));
  useIt();
  mkdirSync(dirname(resolve(target)), { recursive: true });
  copyFileSync(tarball, resolve(target));
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
  console.log(
    `package: ${packed.entryCount} files, ${kilobytes(packed.size)} packed, ${kilobytes(packed.unpackedSize)} unpacked; imported from ESM, CommonJS and TypeScript`,
  );
} finally {
  rmSync(temp, { recursive: true, force: true });
}

/** The documents are there; tests, recorded runs, sources and what the compiler keeps for itself are not. */
function checkContents(files) {
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist-cjs/package.json']) {
    assert(files.includes(name), `the package lacks ${name}`);
  }
  assert(
    files.some((name) => name.startsWith('dist/firmware-objects/')),
    'the package lacks the object files of the C side',
  );
  const foreign = /(?:^|\/)(?:\.|test\/|golden\/|bench\/|tsconfig)|\.test\.|(?<!\.d)\.ts$|\.d\.ts\.map$|\.pcap/;
  assert.deepEqual(
    files.filter((file) => foreign.test(file)),
    [],
    'the package holds files that do not belong into it',
  );
}

/** Unpacks the package into an empty project; its run-time dependencies are those that are installed here. */
function install(tarball) {
  const home = join(temp, 'node_modules', manifest.name);
  mkdirSync(home, { recursive: true });
  run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', home], temp);
  // What 'lwip-twin/jest' needs of its peer is the type of expect().
  const peers = ['fast-check', 'expect'];
  for (const name of [...Object.keys(manifest.dependencies ?? {}), ...peers]) {
    const link = join(temp, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'junction');
  }
}

/** Every relative import of a packed file leads to a packed file. */
function checkImports(files) {
  const missing = [];
  for (const file of files.filter((name) => name.endsWith('.js') || name.endsWith('.d.ts'))) {
    const text = readFileSync(join(temp, 'node_modules', manifest.name, file), 'utf8');
    for (const [, specifier] of text.matchAll(/(?:from|import|import\(|require\() ?['"](\.[^'"]+)['"]/g)) {
      // TypeScript reads './x.ts' in a declaration file as './x.d.ts'.
      const wanted = file.endsWith('.d.ts') ? specifier.replace(/\.ts$/, '.d.ts') : specifier;
      const path = posix.join(posix.dirname(file), wanted);
      if (!files.includes(path) && !files.includes(`${path}.js`)) missing.push(`${file}: ${specifier}`);
    }
  }
  assert.deepEqual(missing, [], 'the package imports files that it does not hold');
}

/** Imports every public entry in both formats, compiles a program against both sets of types, runs the command. */
function useIt() {
  const entries = Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => posix.join(manifest.name, entry));
  writeFileSync(
    join(temp, 'names.mjs'),
    `const names = {};\nfor (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import(entry)).sort();\nconsole.log(JSON.stringify(names));\n`,
  );
  writeFileSync(
    join(temp, 'names.cjs'),
    `const names = {};\nfor (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(require(entry)).sort();\nconsole.log(JSON.stringify(names));\n`,
  );
  const fromEsm = JSON.parse(run(process.execPath, ['names.mjs'], temp));
  const fromCjs = JSON.parse(run(process.execPath, ['names.cjs'], temp));
  assert.deepEqual(fromCjs, fromEsm, 'ESM and CommonJS export different names');
  for (const entry of entries) assert(fromEsm[entry].length > 0, `${entry} exports nothing`);

  const program = `${entries.map((entry, i) => `import * as m${i} from '${entry}';\nconsole.log(Object.keys(m${i}));`).join('\n')}
// @ts-expect-error: the types are really there, so a name that does not exist is an error.
console.log(m0.thisNameDoesNotExist);
`;
  writeFileSync(join(temp, 'program.mts'), program);
  writeFileSync(join(temp, 'program.cts'), program);
  symlinkSync(join(root, 'node_modules', '@types'), join(temp, 'node_modules', '@types'), 'junction');
  run(
    process.execPath,
    [compiler, '--noEmit', '--strict', '--module', 'nodenext', '--types', 'node', 'program.mts', 'program.cts'],
    temp,
  );
  for (const path of Object.values(manifest.bin)) {
    run(process.execPath, [join('node_modules', manifest.name, path), '--help'], temp);
  }
}

/** Runs a program to its end; its output if it ends well, an error that shows its output otherwise. */
function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} failed:\n${error.stdout ?? ''}${error.stderr ?? ''}`, {
      cause: error,
    });
  }
}
