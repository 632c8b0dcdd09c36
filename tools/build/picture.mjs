// `npm run picture`: runs the README's example of a report and takes the picture of it that the README shows.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './find-chromium.mjs';

const SIZE = { width: 1240, height: 700 };

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const target = join(root, 'tools', 'report', 'picture.webp');
const folder = mkdtempSync(join(tmpdir(), 'lwip-twin-picture-'));
try {
  const image = await takePicture(runExample());
  writeFileSync(target, image);
  console.log(`${target}: ${Math.round(image.length / 1000)} kB`);
} finally {
  rmSync(folder, { recursive: true });
}

/** @returns the report's file */
function runExample() {
  for (const [, name, code] of readme.matchAll(/<!-- file: (\w+\.ts) -->\n```ts\n(.*?)```/gs)) {
    writeFileSync(join(folder, name), code);
  }
  const [, args, report] = /npx lwip-twin (run .* --report (\S+))/.exec(readme);
  execFileSync(process.execPath, [join(root, 'dist', 'tools', 'cli', 'main.js'), ...args.split(' ')], { cwd: folder });
  return join(folder, report);
}

async function takePicture(file) {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-lcd-text'],
  });
  try {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light', deviceScaleFactor: 1 });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('body[data-ready=yes]');
    // The failed call is selected, the summary in view.
    await page.click('#marks .failed a');
    await page.keyboard.press('1');
    await page.mouse.move(0, 0);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return await asWebp(browser, await page.screenshot());
  } finally {
    await browser.close();
  }
}

/** Half the size, by the encoder of the browser that made it. */
async function asWebp(browser, png) {
  const page = await browser.newPage();
  const url = await page.evaluate(
    async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.7);
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  return Buffer.from(url.split(',')[1], 'base64');
}
