/** The report in a real browser: it renders, leads where it says, filters, is fast, and lets nothing out and nothing in. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in, World } from 'lwip-twin';
import { reportData, reportHtml, writeReport } from 'lwip-twin/report';
import { type Browser, chromium, type Page } from 'playwright-core';
import { lossyRun } from '../support/lossy-run.ts';
import { reportIn } from '../support/report-in.ts';

const CHROMIUM = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

/** In the page: a promise that is kept when what was drawn is on the screen. */
const NEXT_FRAME = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

let folder = '';
let browser: Browser;
let page: Page;
let complaints: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lwip-twin-page-'));
  browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) complaints.push(`request: ${request.url()}`);
  });
});

afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

async function open(html: string): Promise<void> {
  const file = join(folder, 'run.html');
  writeFileSync(file, html);
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('body[data-ready=yes]');
}

const text = (selector: string) => page.locator(selector).textContent();

describe('a run with a lost segment', () => {
  beforeEach(async () => {
    const { world, report } = lossyRun();
    const file = join(folder, 'lossy.html');
    writeReport(file, world, report, { title: 'A lossy run' });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('body[data-ready=yes]');
  });

  test('shows what it is about', async () => {
    expect(await page.title()).toBe('A lossy run');
    expect(await text('#summary')).toContain('All programs have ended.');
    expect(await text('#list')).toContain('listen(54, 1) = 0');
  });

  test('leads from the failed call to the frame that was the reason, and back', async () => {
    await page.fill('#filter', 'errno == ECONNRESET');
    await page.click('.row:has-text("... connect = -1 ECONNRESET")');
    expect(await text('#detail h2')).toContain('-1 ECONNRESET: refused by the RST of server, frame ');
    await page.click('#detail .links a:has-text("[R.]")');
    expect(await text('#detail h2')).toContain('[R.]');
    expect(await text('#detail .why')).toContain('No connection and no listening socket fits this segment');
    await page.click('#detail .links a:has-text("connect() returning")');
    expect(await text('#detail h2')).toContain('connect(54, 192.168.4.1:99)');
  });

  test('says at a glance what went wrong, and leads there', async () => {
    const summary = await text('#marks');
    expect(summary).toContain(
      'client: connect(54, 192.168.4.1:99) = -1 ECONNRESET: refused by the RST of server, frame ',
    );
    expect(summary).toMatch(/is lost \(frame \d+, drop\)\. Sent again 1\.\d+ s later in frame \d+ /);
    expect(summary).toMatch(
      /client to server port 3333: client has sent 9000 bytes, server has sent nothing\. Then client closed in frame \d+, server closed in frame \d+\./,
    );
    await page.click('#marks .failed a');
    expect(await text('#detail h2')).toContain('connect(54, 192.168.4.1:99) = -1 ECONNRESET');
    await page.click('#back');
    expect(await page.locator('#marks').isVisible()).toBe(true);
    expect(await page.locator('#back').isDisabled()).toBe(true);
  });

  test('the keyboard goes from trouble to trouble, back, and from panel to panel', async () => {
    const selected = () => text('.row.selected .text');
    await page.keyboard.press('n');
    expect(await selected()).toContain('✗ lost drop');
    await page.keyboard.press('n');
    expect(await selected()).toContain('(retransmission)');
    await page.keyboard.press('b');
    expect(await selected()).toContain('✗ lost drop');
    await page.keyboard.press('p');
    expect(await selected()).toContain('... connect = -1 ECONNRESET');
    for (const [key, panel] of Object.entries({ 1: '#marks', 2: '#detail', 3: '#story', 4: '#connection' })) {
      await page.keyboard.press(key);
      expect(await page.locator('.panel:visible').count()).toBe(1);
      expect(await page.locator(panel).isVisible()).toBe(true);
    }
  });

  test('a retransmission says which timer, after how long, and what it repeats', async () => {
    await page.fill('#filter', 'mark == retransmission');
    await page.click('.row');
    const detail = await text('#detail');
    expect(detail).toMatch(/Caused by the retransmission timer, 1\.\d+ s after it was sent last \(set to \d+ ms/);
    expect(detail).toContain('tcp_slowtmr(), tcp_rexmit_rto()');
    expect(detail).toContain('It repeats frame ');
  });

  test('shows both control blocks before and after, every header field and the bytes', async () => {
    await page.fill('#filter', 'lost');
    await page.click('.row');
    const detail = await text('#detail');
    for (const words of ['was lost', 'snd_nxt (SND.NXT)', 'Time to live', 'Sequence number', '0000  24 0a c4']) {
      expect(detail).toContain(words);
    }
    await page.hover('.layer:has-text("Transmission Control Protocol") summary');
    expect(await page.locator('.hex .marked').count()).toBe(20);
  });

  test('the keyboard steps through the story', async () => {
    await page.click('[data-panel=story]');
    await page.keyboard.press('Home');
    expect(await text('#story .selected')).toContain('ARP announcement');
    await page.keyboard.press('ArrowDown');
    expect(await text('#story .selected')).toContain('socket() makes descriptor 54');
    await page.keyboard.press('ArrowUp');
    expect(await text('#story .selected')).toContain('ARP announcement');
  });

  test('zooms, pans and brushes, and comes back to the whole run', async () => {
    const picture = () =>
      page.evaluate<string>(`${NEXT_FRAME}.then(() => document.getElementById('timeline').toDataURL())`);
    const whole = await picture();
    const seen = new Set([whole]);
    await page.mouse.move(700, 200);
    for (const act of [
      () => page.mouse.wheel(0, -300),
      () => page.mouse.wheel(200, 0),
      () => page.keyboard.press('+'),
      () => page.keyboard.press('ArrowLeft'),
      () =>
        page.dragAndDrop('#overview', '#overview', {
          sourcePosition: { x: 300, y: 10 },
          targetPosition: { x: 500, y: 10 },
        }),
    ]) {
      await act();
      const now = await picture();
      expect(seen.has(now)).toBe(false);
      seen.add(now);
    }
    await page.keyboard.press('0');
    expect(await picture()).toBe(whole);
  });

  test('says what is under the pointer, and a click shows it', async () => {
    const box = (await page.locator('#timeline').boundingBox())!;
    const tips = new Set<string>();
    for (let x = box.x + 120; x < box.x + box.width; x += 12) {
      for (const y of [box.y + box.height - 12, box.y + box.height / 3]) {
        await page.mouse.move(x, y);
        if (await page.locator('#tip').isHidden()) continue;
        const tip = (await text('#tip'))!;
        if (!tips.has(tip) && tip.includes('connect(54, 192.168.4.1:99) = -1')) await page.mouse.click(x, y);
        tips.add(tip);
      }
    }
    expect([...tips].some((tip) => tip.includes('retransmission'))).toBe(true);
    expect(await text('#detail h2')).toContain('connect(54, 192.168.4.1:99) = -1 ECONNRESET');
  });

  test('paper has every line, in black on white', async () => {
    await page.click('#scheme');
    await page.emulateMedia({ media: 'print' });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    const { frames, notes } = reportIn(readFileSync(join(folder, 'lossy.html'), 'utf8'));
    expect(await page.locator('.row').count()).toBeGreaterThan(frames.length + notes.length + 20);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    await page.emulateMedia({ media: 'screen' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).not.toBe('rgb(255, 255, 255)');
  });

  test('plots connections', async () => {
    await page.click('[data-panel=connection]');
    expect(await page.locator('#connection .uplot').count()).toBe(5);
    expect(await text('#connection')).toContain('Out-of-order queue of the receiver, bytes');
    expect(await text('#connection')).toContain('SYN_SENT at');
  });

  test('a filter that makes no sense says so, and moves nothing', async () => {
    const before = await page.locator('#timeline').boundingBox();
    await page.fill('#filter', 'port == 80');
    expect(await text('#filter-note')).toContain('There is no field "port".');
    expect(await page.locator('#timeline').boundingBox()).toEqual(before);
  });

  test('behind the last trouble comes the first, and it says so', async () => {
    await page.keyboard.press('n');
    const first = await text('.row.selected .text');
    const count = Number(/of (\d+)/.exec((await text('#filter-note'))!)![1]);
    for (let i = 1; i < count; i++) await page.keyboard.press('n');
    expect(await text('#filter-note')).toBe(`Trouble ${count} of ${count}.`);
    await page.keyboard.press('n');
    expect(await text('#filter-note')).toContain('There was no more trouble, so from the beginning: Trouble 1 of');
    expect(await text('.row.selected .text')).toBe(first);
  });

  test('a state table shows what changed, and everything on demand', async () => {
    await page.fill('#filter', 'lost');
    await page.click('.row');
    const shown = () => page.locator('table.state tr:visible').count();
    const changed = await shown();
    await page.click('#detail a:has-text("all fields")');
    expect(await shown()).toBeGreaterThan(changed);
  });

  test('has a light and a dark scheme', async () => {
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const before = await background();
    await page.click('#scheme');
    expect(await background()).not.toBe(before);
  });
});

test('hostile names and payloads stay text', async () => {
  const evil = '<img src=x onerror="document.title=1"></script><script>document.title=2</script>';
  const { world, report } = lossyRun([`a${evil}`, 'b'], evil.repeat(20));
  await open(reportHtml(reportData(world, report, { title: evil })));
  expect(await page.title()).toBe(evil);
  expect(await page.locator('#list img, #title img').count()).toBe(0);
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowDown');
  expect(await page.locator('#detail img').count()).toBe(0);
});

test('50,000 frames are there in two seconds', async () => {
  const world = new World({ seed: 1 });
  const lan = world.lan();
  world.record({ states: true });
  world.esp32('a', { lan, ip: '192.168.4.1' }).xTaskCreate(chatter, 'main');
  world.esp32('b', { lan, ip: '192.168.4.2' });
  const report = world.runSync();
  expect(world.trace!.frames.length).toBeGreaterThan(50_000);
  const file = join(folder, 'large.html');
  const begin = performance.now();
  writeReport(file, world, report);
  const writtenMs = performance.now() - begin;
  // The best of three says what the page can do; whatever else the machine does makes it slower only.
  const readyMs = Math.min(await timeToView(file), await timeToView(file), await timeToView(file));
  const { frames, calls } = world.trace!;
  console.log(
    `${frames.length} frames, ${calls.length} calls: written in ${Math.round(writtenMs)} ms, ` +
      `${Math.round(statSync(file).size / 1000)} kB, first view after ${Math.round(readyMs)} ms`,
  );
  await page.fill('#filter', 'udp && host == a');
  expect(await text('#filter-note')).toContain('50000 of ');
  expect(readyMs).toBeLessThan(process.env.CI === undefined ? 2000 : 4000);
});

/** Milliseconds from navigation until everything has been drawn for the first time. */
async function timeToView(file: string): Promise<number> {
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('body[data-ready=yes]');
  return page.evaluate<number>(`${NEXT_FRAME}.then(() => performance.now())`);
}

function* chatter(os: Os) {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  for (let i = 0; i < 50_000; i++) {
    yield* os.sendto(sock, 'tick', 4, 0, sockaddr_in('192.168.4.2', 9));
    if (i % 50 === 0) yield* os.vTaskDelay(1);
  }
  yield* os.close(sock);
}
