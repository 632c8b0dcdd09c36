// Runs after the compiler: each half gets what tells it apart, and what was compiled from a source that is gone is removed,
// so that neither a stale import nor the package ever sees it.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

for (const out of ['dist', 'dist-cjs']) {
  const outDir = join(root, out);
  mkdirSync(outDir, { recursive: true });
  for (const entry of readdirSync(outDir, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    const compiled = /^(.*)\.(?:js|d\.ts)(?:\.map)?$/.exec(relative(outDir, file));
    if (entry.isFile() && compiled?.[1] !== undefined && !existsSync(join(root, `${compiled[1]}.ts`))) rmSync(file);
  }
}
writeFileSync(join(root, 'dist', 'tools', 'here.js'), 'export const here = import.meta.dirname;\n');
writeFileSync(join(root, 'dist-cjs', 'package.json'), '{ "type": "commonjs" }\n');
