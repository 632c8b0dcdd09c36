// `npm run picture`: runs the README's example of a report and takes the picture of it that the README shows.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { encodePng } from './encode-png.mjs';
import { findChromium } from './find-chromium.mjs';

const SIZE = { width: 1240, height: 700 };

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const target = join(root, 'tools', 'report', 'picture.png');
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
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light', deviceScaleFactor: 1 });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('body[data-ready=yes]');
    // The failed call is selected, the summary in view.
    await page.click('#marks .failed a');
    await page.keyboard.press('1');
    await page.mouse.move(0, 0);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return encodePng(await pixelsOf(browser, await page.screenshot()), SIZE);
  } finally {
    await browser.close();
  }
}

/** The pixels of a screenshot, four bytes each: the browser that made it can read it, too. */
async function pixelsOf(browser, png) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    const bytes = context.getImageData(0, 0, width, height).data;
    return await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result.split(',')[1]);
      reader.readAsDataURL(new Blob([bytes]));
    });
  }, png.toString('base64'));
  return Buffer.from(base64, 'base64');
}
