// Bundles the report's page into one HTML file with room for a run: dist/tools/report/page.html.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const page = join(root, 'tools', 'report', 'page');
const common = { bundle: true, minify: true, write: false, logLevel: 'warning' };

const [script, style] = await Promise.all([
  build({ ...common, entryPoints: [join(page, 'main.ts')], format: 'esm', target: 'es2022', legalComments: 'none' }),
  build({
    ...common,
    stdin: { contents: "@import 'uplot/dist/uPlot.min.css';\n@import './page.css';", resolveDir: page, loader: 'css' },
  }),
]);
const parts = {
  STYLE: style.outputFiles[0].text,
  SCRIPT: script.outputFiles[0].text.replaceAll('</script', '<\\/script'),
};
const html = readFileSync(join(page, 'page.html'), 'utf8').replace(/\/\*(STYLE|SCRIPT)\*\//g, (_, name) =>
  parts[name].trim(),
);
const target = join(root, 'dist', 'tools', 'report', 'page.html');
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, html);
