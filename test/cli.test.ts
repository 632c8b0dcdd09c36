/** The command `lwip-twin` and the demonstration of `npm start`, run as their users run them: from dist, in a process of their own. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { World } from '../device/index.ts';
import { parseCommandLine } from '../tools/cli/args.ts';
import { Screen } from '../tools/cli/screen.ts';
import { parseBitRate, parseDuration, parseShare } from '../tools/cli/units.ts';
import { complaints, loadWireshark, openCapture, WIRESHARK_LOAD_MS } from './support/wireshark.ts';

const root = resolve(__dirname, '..');
const cli = join(root, 'dist', 'tools', 'cli', 'main.js');
const example = (name: string) => join(root, 'test', 'examples', name);
const echo = [example('echo-server.ts'), example('echo-client.ts')];

// Each test starts a process or several, on a machine that may be busy with other tests.
jest.setTimeout(60_000);

const dir = mkdtempSync(join(tmpdir(), 'lwip-twin-cli-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A new folder with these files in it. */
function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = mkdtempSync(join(dir, 'x-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

function node(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, words, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', fail).on('close', (status) => done({ status, stdout, stderr }));
  });
}

function lwipTwin(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return node(cwd, [cli, ...words], env);
}

describe('a run', () => {
  test('prints what the programs print, draws the ladder, writes the capture, and says how it ended', async () => {
    const cwd = folder();
    const run = await lwipTwin(cwd, ['run', ...echo, '--pcap', 'echo.pcap', '--ladder']);
    expect(run.stderr).toBe(
      [
        'lwip-twin: only servers are left; 0.303000 s of virtual time, 18 frames, capture in echo.pcap',
        '  echo-server waits in accept(54) for a connection (listening on port 3333)',
        '',
      ].join('\n'),
    );
    const lines = run.stdout.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(/^\[0\.004000 echo-server\] 192\.168\.4\.2:\d+ has connected$/),
      '[0.005000 echo-client] "Hello" came back',
      '[0.102000 echo-client] "from" came back',
      '[0.202000 echo-client] "an ESP32" came back',
    ]);
    expect(lines[4]).toMatch(/seconds {2}echo-server 192\.168\.4\.1 +echo-client 192\.168\.4\.2/);
    expect(run.stdout).toMatch(/-+ \d+ > 3333 \[S\] seq 0, win 5760, options \[mss 1440\] --\|/);
    expect(run.status).toBe(0);
    expect(readFileSync(join(cwd, 'echo.pcap')).length).toBeGreaterThan(24);
  });

  test('is the same, byte for byte, whenever and wherever it is repeated', async () => {
    const files = {
      'chance.ts': `
        import type { Os } from 'lwip-twin';
        export default async (os: Os) => {
          for (let i = 0; i < 3; i++) {
            console.log(Math.random(), new Date(), String(new Date(0)), new Date(0).getHours(), Date(), typeof Date.now());
            console.log((1234.5).toLocaleString(), new Date(0).toLocaleString(), 'a'.localeCompare('B'), new Error('here'));
            await os.delayMs(1500);
          }
        };`,
    };
    const words = ['run', ...echo, 'chance.ts', '--loss', '25%', '--pcap', 'x.pcap', '--ladder'];
    const [a, b, c] = [folder(files), folder(files), folder(files)];
    const [first, again, other] = await Promise.all([
      lwipTwin(a, words, { TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' }),
      lwipTwin(b, words, { TZ: 'UTC', LC_ALL: 'C' }),
      lwipTwin(c, [...words, '--seed', '2']),
    ]);
    expect(first.stdout).toContain('1970-01-01T00:00:01.500Z');
    expect(first.stdout).toContain('drop');
    expect(again).toEqual(first);
    expect(readFileSync(join(b, 'x.pcap'))).toEqual(readFileSync(join(a, 'x.pcap')));
    expect(other.status).toBe(0);
    expect(other.stdout).not.toBe(first.stdout);
  });

  test('may have any number of boards, one program on several of them, and addresses of their own', async () => {
    const cwd = folder({ 'who.js': 'export function* program(os) { yield* os.delayMs(10); }' });
    const run = await lwipTwin(cwd, [
      'run',
      'who.js',
      'who.js@192.168.4.2',
      './who.js',
      'who.js@10.0.0.9/8',
      '--ladder',
    ]);
    const addresses = ['who 192.168.4.1', 'who2 192.168.4.2', 'who3 192.168.4.3', 'who4 10.0.0.9'];
    expect(run.stdout.split('\n')[1]?.trim()).toBe(addresses.join(', '));
    expect(run).toMatchObject({ status: 0, stderr: expect.stringContaining('all programs have ended; ') });
  });

  test('gives programs the language, a console and lwip-twin, and nothing of Node', async () => {
    const absent =
      'process require Buffer setTimeout setInterval setImmediate queueMicrotask fetch performance Intl WeakRef Atomics';
    const cwd = folder({
      'own.ts': "export const greeting: string = 'module of my own';",
      'look.ts': `
        import { greeting } from './own';
        import * as twin from 'lwip-twin';
        export async function program(os: twin.Os): Promise<void> {
          console.log(greeting, typeof twin.World, os.board instanceof Object, (globalThis as { n?: number }).n);
          (globalThis as { n?: number }).n = 1;
          console.log(${JSON.stringify(absent.split(' '))}.filter((name) => name in globalThis));
          console.log('a\\r\\nb');
          console.error('oh');
          console.time();
          await os.delayMs(50);
          console.timeEnd();
          const date = new (class extends Date {})();
          console.log(date.getTime(), date instanceof Date, date.constructor !== Date, Date.UTC(1970, 0), new Date(5).getTime());
        }`,
    });
    const { stdout, stderr, status } = await lwipTwin(cwd, ['run', 'look.ts', 'look.ts']);
    expect(stdout.split('\n').filter((line) => !line.includes('look2'))).toEqual([
      '[0.000000 look] module of my own function false undefined',
      '[0.000000 look] []',
      '[0.000000 look] a\r',
      '[0.000000 look] b',
      '[0.050000 look] default: 50ms',
      '[0.050000 look] 50 true true 0 5',
      '',
    ]);
    expect(stdout).toContain('[0.000000 look2] module of my own function false undefined\n');
    expect(stderr).toMatch(/^\[0\.000000 look\] oh\n\[0\.000000 look2\] oh\nlwip-twin: all programs have ended; /);
    expect(status).toBe(0);
  });

  test('ends at the time that was asked for, or at a limit that nobody asked for', async () => {
    const cwd = folder({
      'blink.ts': 'export default async (os) => { for (;;) await os.delayMs(100); };',
    });
    const [asked, limit] = await Promise.all([
      lwipTwin(cwd, ['run', 'blink.ts', '--until', '1500ms']),
      lwipTwin(cwd, ['run', 'blink.ts']),
    ]);
    expect(asked.stderr).toMatch(
      /^lwip-twin: stopped as asked; 1\.500000 s of virtual time, 1 frame\n {2}blink waits in /,
    );
    expect(asked.status).toBe(0);
    expect(limit.stderr).toMatch(/^lwip-twin: stopped at the default time limit \(--until\); 600\.000000 s /);
    expect(limit.status).toBe(4);
  });

  test('hangs: says who waits for what', async () => {
    const cwd = folder({
      'patient.ts': `
        import { AF_INET, type Os, SOCK_STREAM, sockaddr_in } from 'lwip-twin';
        export default async function (os: Os) {
          const sock = await os.socket(AF_INET, SOCK_STREAM);
          await os.connect(sock, sockaddr_in('192.168.4.1', 3333));
          await os.recv(sock, new Uint8Array(10));
        }`,
    });
    const { status, stderr } = await lwipTwin(cwd, ['run', echo[0]!, 'patient.ts']);
    expect(stderr).toMatch(/^lwip-twin: the programs hang; /);
    expect(stderr).toMatch(/\n {2}patient waits in recv\(54\) for data \(ESTABLISHED with 192\.168\.4\.1:3333\)\n$/);
    expect(status).toBe(3);
  });
});

describe('a program that fails', () => {
  const helper = `interface Unused {
  text: string;
}

export function check(n: number): void {
  if (n < 0) throw new RangeError('n is ' + n);
}
`;
  const thrower = `import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in } from 'lwip-twin';
import { check } from './helper.ts';

export default async function main(os: Os): Promise<void> {
  const sock = await os.socket(AF_INET, SOCK_DGRAM);
  await os.sendto(sock, 'last words', 10, 0, sockaddr_in('255.255.255.255', 9));
  await os.delayMs(20);
  check(-1);
}
`;

  test('is shown with file and line of its source, and leaves a capture that can be read', async () => {
    const cwd = folder({ 'thrower.ts': thrower, 'helper.ts': helper });
    const { status, stderr } = await lwipTwin(cwd, ['run', 'thrower.ts', '--pcap', 'x.pcap']);
    expect(stderr.split('\n')).toEqual([
      'lwip-twin: thrower failed; 0.020000 s of virtual time, 2 frames, capture in x.pcap',
      'RangeError: n is -1',
      expect.stringMatching(/^ {4}at check \(helper\.ts:6:20\)$/),
      expect.stringMatching(/^ {4}at main \(thrower\.ts:8:3\)$/),
      '',
    ]);
    expect(status).toBe(1);
    expect(readFileSync(join(cwd, 'x.pcap')).includes('last words')).toBe(true);
  });

  test.each([
    [
      'misses a timer',
      'setTimeout(() => {}, 1);',
      /not defined\n.*\(p\.ts:1:\d+\)\nA board has no setTimeout\. Use os\.delayMs/,
    ],
    ['forgets to wait', 'os.delayMs(10);', /p failed; .*\n.*called delayMs\(\) without waiting for it/],
    [
      'waits for something else',
      'await new Promise(() => {});',
      /Task main of board p waits for something outside the world/,
    ],
    [
      'lets a promise fail unheard',
      '(async () => { throw new Error("unheard"); })();',
      /no program waited for; .*\nError: unheard\n/,
    ],
    [
      'drives lwIP into a defect',
      'await bindTwice(os);',
      /a board stopped in a known defect of lwIP; .*\np, 0\.000000 s: A TCP/,
    ],
  ])('%s', async (_what, statement, message) => {
    const cwd = folder({
      'p.ts': `export default async function (os) { ${statement} }
        import { AF_INET, SOCK_STREAM, sockaddr_in } from 'lwip-twin';
        async function bindTwice(os) {
          const sock = await os.socket(AF_INET, SOCK_STREAM);
          await os.bind(sock, sockaddr_in('0.0.0.0', 1));
          await os.bind(sock, sockaddr_in('0.0.0.0', 2));
          await os.listen(sock, 1);
        }`,
    });
    const { status, stderr } = await lwipTwin(cwd, ['run', 'p.ts']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/file:|node:|dist/);
    expect(status).toBe(1);
  });
});

describe('bad input is refused in one sentence, and no file is touched', () => {
  const good = 'export default async (os) => {};';
  const files = {
    'good.ts': good,
    'helper.txt': 'not a program',
    'none.ts': 'export default 5; export const server = async () => {};',
    'syntax.ts': 'export default async function (os) {\n  await os.\n}\n',
    'name.ts': "import { AF_INETT } from 'lwip-twin';\nexport default async () => AF_INETT;\n",
    'lost.ts': "import { x } from './lost-module.ts';\nexport default async () => x;\n",
    'node.ts': "import { readFileSync } from 'node:fs';\nexport default async () => readFileSync;\n",
    'await.ts': 'await 1;\nexport default async () => {};\n',
    'one.json': '{}',
    'bad.json': '[{"kind": "lose"}]',
    'old.pcap': new Uint8Array([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]),
  };
  const bad: readonly (readonly [words: string, culprit: string])[] = [
    ['run good.ts absent.ts', "'absent.ts'"],
    ['run helper.txt', "'helper.txt'"],
    ['run none.ts', "'none.ts' exports no program (it exports: default, server)"],
    ['run syntax.ts', 'syntax.ts:3:1: '],
    ['run good.ts name.ts', 'name.ts:1:10: No matching export in "lwip-twin" for import "AF_INETT"'],
    ['run lost.ts', 'lost.ts:1:19: Could not resolve "./lost-module.ts"'],
    ['run node.ts', 'node.ts:1:30: A board has no Node.js: a program cannot import "node:fs"'],
    ['run await.ts', 'await.ts:1:1: '],
    ['run good.ts --loss 1.5', "'1.5'"],
    ['run good.ts@192.168.4.9 good.ts@192.168.4.9', 'the address 192.168.4.9'],
    ['run good.ts --pcap absent/x.pcap', "'absent/x.pcap'"],
    ['run good.ts --pcap .', "'.'"],
    ['run good.ts --plan absent.json', "'absent.json' is no fault plan: ENOENT"],
    ['run good.ts --plan good.ts', "'good.ts' is no fault plan: "],
    ['run good.ts --plan one.json', "'one.json' is no fault plan: it must be a JSON list of faults."],
    ['run good.ts --plan bad.json', "'bad.json': Fault 0 of the plan has the unknown kind"],
    ['run good.ts --pcap good.ts', "'good.ts' exists and is not a capture"],
  ];

  test.concurrent.each(bad)('lwip-twin %s', async (words, culprit) => {
    const cwd = folder(files);
    const all = words.split(' ');
    const { status, stdout, stderr } = await lwipTwin(
      cwd,
      words.includes('--pcap') ? all : [...all, '--pcap', 'old.pcap'],
    );
    expect(stderr).toMatch(/^lwip-twin: [^\n]+\.\n$/);
    expect(stderr).toContain(culprit);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(readdirSync(cwd).sort()).toEqual(Object.keys(files).sort());
    for (const [name, content] of Object.entries(files)) {
      expect(readFileSync(join(cwd, name))).toEqual(Buffer.from(content));
    }
  });

  test('a program that throws while it is loaded is bad input too', async () => {
    const cwd = folder({ ...files, 'early.ts': 'const early = process.env;\nexport default async () => early;\n' });
    const { status, stderr } = await lwipTwin(cwd, ['run', 'early.ts', '--pcap', 'old.pcap']);
    expect(stderr).toMatch(
      /^lwip-twin: 'early\.ts' threw while it was loaded: ReferenceError: .*\n +at early\.ts:1:15\n/,
    );
    expect(status).toBe(2);
    expect(readFileSync(join(cwd, 'old.pcap'))).toEqual(Buffer.from(files['old.pcap']));
  });
});

test.each([
  ['', 'No command was given'],
  ['a.ts', '\'a.ts\'. To run a program, write "lwip-twin run a.ts"'],
  ['run', "'run' needs"],
  ['run a.ts --lader', "'--lader'"],
  ['run a.ts --seed', "'--seed' needs a value"],
  ['run a.ts --ladder=yes', "'--ladder' takes no value"],
  ['run a.ts --seed 1.5', "--seed must be a whole number, not '1.5'"],
  ['run a.ts --latency 5', "--latency must be a duration like 500us, 5ms, 2s, 3min or 1h, from 1us to 1h, not '5'"],
  ['run a.ts --until=-1s', "'-1s'"],
  ['run a.ts --tick 10s', "'10s'"],
  ['run a.ts --loss 1.5', "'1.5'"],
  ['run a.ts --rate 0', "'0'"],
  ['run a.ts --mtu 9000', "'9000'"],
  ['run a.ts@192.168.4.256', "'192.168.4.256'"],
])('a command line that is refused: lwip-twin %s', (words, culprit) => {
  expect(() => parseCommandLine(words.split(' ').filter(Boolean))).toThrow(culprit);
});

describe('what goes wrong silently', () => {
  test('is told', async () => {
    const cwd = folder({
      'twice.ts': `import { AF_INET, type Os, SOCK_DGRAM } from 'lwip-twin';
        export default async (os: Os) => {
          const sock = await os.socket(AF_INET, SOCK_DGRAM);
          await os.close(sock);
          await os.close(sock);
        };`,
    });
    const { status, stderr } = await lwipTwin(cwd, ['run', 'twice.ts']);
    expect(status).toBe(1);
    expect(stderr).toContain('lwip-twin: a program misuses its descriptors');
    expect(stderr).toContain(
      'twice, 0.000000 s: Task main called close(54) after it had closed the descriptor at 0.000000 s.',
    );
  });
});

describe('captures', () => {
  beforeAll(loadWireshark, WIRESHARK_LOAD_MS);

  test('of a run replace older ones, and have nothing that Wireshark complains about', async () => {
    const cwd = folder({ 'x.pcap': Buffer.concat([Buffer.from('d4c3b2a1', 'hex'), Buffer.alloc(100_000)]) });
    const programs = [...echo, example('udp-display.ts'), example('udp-sensor.ts')];
    const { status, stderr } = await lwipTwin(cwd, [
      'run',
      ...programs,
      '--loss',
      '2%',
      '--pcap',
      'x.pcap',
      '--strict',
    ]);
    expect(status).toBe(0);
    const capture = await openCapture(readFileSync(join(cwd, 'x.pcap')));
    expect(stderr).toContain(` ${capture.packets().length} frames, `);
    expect(capture.complaints()).toEqual([]);
    expect(capture.packets('udp.port == 5005')).toHaveLength(10);
    expect(capture.packets('tcp.flags.syn == 1 && tcp.flags.ack == 0')[0]).toMatchObject({
      destination: '192.168.4.1',
    });
  });

  test('in pcapng have the calls and faults as comments', async () => {
    const plan = [
      { kind: 'drop', match: { from: 'echo-client', data: true }, nth: 1 },
      { kind: 'drop', match: { proto: 'icmp' } },
    ];
    const cwd = folder({ 'plan.json': JSON.stringify(plan) });
    const run = await lwipTwin(cwd, ['run', ...echo, '--plan', 'plan.json', '--pcap', 'x.pcapng', '--seed', '5']);
    expect(run.status).toBe(0);
    expect(run.stderr).toContain(
      'fault 1 of the plan never found anything to do: {"kind":"drop","match":{"proto":"icmp"}}',
    );
    const capture = await openCapture(readFileSync(join(cwd, 'x.pcapng')));
    expect(capture.complaints()).toEqual([]);
    const [lost] = capture.packets('frame.comment contains "fault: drop"');
    expect(capture.values(lost!.number, 'frame.comment')[1]).toBe('caused by echo-client, task main: send(54, 5) = 5');
  });

  test('of npm start', async () => {
    const cwd = folder();
    const { status, stdout, stderr } = await node(cwd, [join(root, 'dist', 'tools', 'demo.js')]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('wireshark echo.pcap');
    expect(stdout).toContain('tshark -r echo.pcap');
    for (const call of ['socket', 'bind', 'listen', 'accept', 'connect', 'send', 'recv', 'close']) {
      expect(stdout).toContain(` ${call}(`);
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(await complaints(readFileSync(join(cwd, 'echo.pcap')))).toEqual([]);
  });

  test('need no memory: a trace shows its frames and forgets them', () => {
    const world = new World();
    const trace = world.record({ keep: false });
    const lan = world.lan();
    world.esp32('a', { lan, ip: '192.168.4.1' }).xTaskCreate(function* (os) {
      yield* os.delayMs(10);
    }, 'main');
    let frames = 0;
    trace.onFrame(() => frames++);
    world.runSync();
    expect({ frames, kept: trace.frames.length, calls: trace.calls.length }).toEqual({ frames: 1, kept: 0, calls: 0 });
  });
});

test('--help teaches with a program that works, --version is that of the package', async () => {
  const cwd = folder();
  const [help, version] = await Promise.all([lwipTwin(cwd, ['--help']), lwipTwin(cwd, ['--version'])]);
  const { version: expected } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(version).toEqual({ status: 0, stdout: `${expected}\n`, stderr: '' });
  expect(help).toMatchObject({ status: 0, stderr: '' });
  expect(await lwipTwin(cwd, ['run', '-h'])).toEqual(help);

  const program = /\n {2}import .*\n\n(?: {2}.*\n)+/.exec(help.stdout)?.[0] ?? '';
  mkdirSync(join(cwd, 'taught'));
  writeFileSync(join(cwd, 'taught', 'client.ts'), program);
  const run = await lwipTwin(cwd, ['run', echo[0]!, join('taught', 'client.ts')]);
  expect(run.stdout).toContain('client] received Hello\n');
  expect(run.status).toBe(0);
});

test('progress is shown to people only, no more often than they can read it, and makes way for output', () => {
  const shown = (isTTY: boolean): string => {
    let text = '';
    let now = 0;
    const stream = { isTTY, write: (part: string) => (text += part) };
    const screen = new Screen(stream, stream, () => now);
    for (; now <= 500; now += 50) screen.progress(() => `<${now}>`);
    screen.out('out\n');
    screen.err('err\n');
    return text;
  };
  expect(shown(false)).toBe('out\nerr\n');
  expect(shown(true)).toBe('\r\u001b[K<200>\r\u001b[K<400>\r\u001b[Kout\nerr\n');
});

test('quantities', () => {
  const durations = [
    '1us',
    '5ms',
    '0.5ms',
    '1.000001s',
    '60s',
    '2min',
    '0.1h',
    '10h',
    '0',
    '5',
    '',
    's',
    '-1s',
    '1e3s',
    '0.5us',
    '5 ms',
    '5m',
  ];
  expect(durations.map(parseDuration)).toEqual([
    1,
    5000,
    500,
    1_000_001,
    60e6,
    120e6,
    360e6,
    36_000e6,
    0,
    ...new Array<undefined>(8).fill(undefined),
  ]);
  expect(['9600', '500k', '1.5M', '1G', '1m', '1.5', 'x'].map(parseBitRate)).toEqual([
    9600,
    500e3,
    1.5e6,
    1e9,
    undefined,
    undefined,
    undefined,
  ]);
  expect(['0', '0.01', '1', '5%', '100%', '.5', '1.01', '101%', 'x'].map(parseShare)).toEqual([
    0,
    0.01,
    1,
    0.05,
    1,
    0.5,
    undefined,
    undefined,
    undefined,
  ]);
});
