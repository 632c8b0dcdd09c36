/** `lwip-twin explore`, `replay`, `merge` and `report`, as their users run them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { readCapture } from '../tools/read-capture.ts';
import { reportIn } from './support/report-in.ts';

jest.setTimeout(120_000);

const root = resolve(__dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'lwip-twin-explore-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const CARELESS = readFileSync(join(root, 'test', 'examples', 'messages.scenario.ts'), 'utf8');
const CAREFUL = CARELESS.replace('isCareful = false', 'isCareful = true');

function lwipTwin(cwd: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'tools', 'cli', 'main.js'), ...words],
    {
      cwd,
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(dir, 'x-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

describe('a search', () => {
  const cwd = folder({ 'messages.ts': CARELESS });
  const run = lwipTwin(cwd, 'explore', 'messages.ts', '--runs', '400', '--faults', '1', '--out', 'found');

  test('says what it found, and exits with 1', () => {
    expect(run.status).toBe(1);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain('The server has seen 1440 of 2880 bytes.');
    expect(run.stdout).toMatch(
      /messages: 1 found; \d+ runs \(\d+\/s\), \d+ skipped, \d+ places, all plans were tried\.\n$/,
    );
  });

  test('leaves a replay file, a capture, a ladder and a report of each finding', () => {
    const files = readdirSync(join(cwd, 'found')).sort();
    expect(files).toEqual([
      '001-the-server-has-seen-of-bytes.html',
      '001-the-server-has-seen-of-bytes.ladder.txt',
      '001-the-server-has-seen-of-bytes.pcapng',
      '001-the-server-has-seen-of-bytes.replay.json',
      'summary.json',
    ]);
    const capture = readCapture(readFileSync(join(cwd, 'found', files[2]!)));
    expect(capture.frames.length).toBeGreaterThan(10);
    expect(readFileSync(join(cwd, 'found', files[1]!), 'utf8')).toContain('socket(AF_INET, SOCK_STREAM, 0) = 54');
  });

  test('can be replayed: it fails again', () => {
    const again = lwipTwin(cwd, 'replay', 'found/001-the-server-has-seen-of-bytes.replay.json');
    expect(again).toMatchObject({ status: 1, stderr: 'lwip-twin: the violation is there again.\n' });
    expect(again.stdout).toContain('The server has seen 1440 of 2880 bytes.');
    expect(again.stdout).toMatch(/^met {4}/);
  });

  test('can be shown, from its replay file and from its capture', () => {
    const replay = 'found/001-the-server-has-seen-of-bytes.replay.json';
    const shown = lwipTwin(cwd, 'report', replay, '-o', 'run.html');
    expect(shown.status).toBe(0);
    expect(shown.stderr).toContain('lwip-twin: report in run.html\n');
    const run = reportIn(readFileSync(join(cwd, 'run.html'), 'utf8'));
    expect(run.marks[0]).toMatchObject({ kind: 'violation', text: 'The server has seen 1440 of 2880 bytes.' });
    expect(run.faults[0]?.matched).toHaveLength(1);
    expect(run.steps.length).toBeGreaterThan(10);

    const capture = lwipTwin(cwd, 'report', replay.replace('replay.json', 'pcapng'), '-o', 'capture.html');
    expect(capture).toMatchObject({ status: 0, stderr: 'lwip-twin: report in capture.html\n' });
    expect(reportIn(readFileSync(join(cwd, 'capture.html'), 'utf8')).frames).toHaveLength(run.frames.length);
  });

  test('says so if the programs are others, and when they are right', () => {
    writeFileSync(join(cwd, 'messages.ts'), CAREFUL);
    const mended = lwipTwin(cwd, 'replay', 'found/001-the-server-has-seen-of-bytes.replay.json');
    expect(mended.status).toBe(0);
    expect(mended.stderr).toContain("the programs of 'messages.ts' have changed");
    expect(mended.stderr).toContain('the violation is not there any more');
  });

  test('nothing found is a success', () => {
    const clean = lwipTwin(cwd, 'explore', 'messages.ts', '--runs', '60', '--faults', '1', '--out', 'clean');
    expect(clean.status).toBe(0);
    expect(clean.stdout).toContain('messages: nothing found;');
  });

  test('shards join to the whole', () => {
    const shared = folder({ 'messages.ts': CARELESS });
    for (const i of ['1', '2']) {
      lwipTwin(
        shared,
        'explore',
        'messages.ts',
        '--runs',
        '400',
        '--faults',
        '1',
        '--shard',
        `${i}/2`,
        '--out',
        `out${i}`,
      );
    }
    const merged = lwipTwin(shared, 'merge', 'out1', 'out2');
    expect(merged.status).toBe(1);
    expect(merged.stdout).toMatch(/messages: 1 found in \d+ runs of 2 searches\.\n$/);
  });
});

describe('what is wrong is said in a sentence, and nothing is lost', () => {
  const cwd = folder({
    'none.ts': 'export const x = 1;',
    'note.txt': 'mine',
    'broken.replay.json': '{',
    'other.replay.json': '{}',
    'lab.json': '{ "boards": [{ "sources": "none.ts" }], "survives": ["hail"] }',
    'bare.json': '{ "boards": [{ "sources": "none.ts" }] }',
  });

  test.each([
    ['explore', "'explore' needs one file: a scenario, or a lab."],
    ['explore none.ts', "'none.ts' exports no scenario"],
    ['explore missing.ts', "There is no file 'missing.ts'."],
    ['explore none.ts --shard 5/4', "--shard must be like 1/4, one of four, not '5/4'."],
    ['explore none.ts --budget soon', "--budget must be a duration like 20s or 5min, not 'soon'."],
    ['explore none.ts --faults 0', "--faults must be a whole number of at least 1, not '0'."],
    ['explore lab.json', 'lab.json: survives[0] must be a kind of misfortune (loss,'],
    ['explore bare.json', 'bare.json: a search needs "survives"'],
    ['replay broken.replay.json', "'broken.replay.json' is not JSON"],
    ['replay other.replay.json', "'other.replay.json' is not a replay file of lwip-twin"],
    ['replay nowhere.replay.json', "'nowhere.replay.json' cannot be read"],
    ['merge .', "The folder '.' has no summary.json"],
    ['report note.txt -o r.html', "'note.txt' cannot be shown: it is too short for a capture."],
    ['report none.ts', "'report' needs -o FILE.html."],
    ['run none.ts --report note.txt', "'none.ts' exports no program"],
  ])('%s', (words, message) => {
    const run = lwipTwin(cwd, ...words.split(' '));
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain(message);
    expect(readFileSync(join(cwd, 'note.txt'), 'utf8')).toBe('mine');
  });
});
