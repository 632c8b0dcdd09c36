/** The command with firmware in C: run, build and lab.json, as their users use them. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { parseCommandLine, type RunCommand } from '../../tools/cli/args.ts';
import { planRun } from '../../tools/cli/plan.ts';
import { UsageError } from '../../tools/cli/usage-error.ts';

const root = resolve(__dirname, '..', '..');
const cli = join(root, 'dist', 'tools', 'cli', 'main.js');
const temp = mkdtempSync(join(tmpdir(), 'lwip-twin-firmware-cli-'));

jest.setTimeout(180_000);
afterAll(() => {
  process.chdir(root);
  rmSync(temp, { recursive: true, force: true });
});

const SERVER = `#include <string.h>
#include "esp_log.h"
#include "lwip/sockets.h"
void app_main(void) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(CONFIG_PORT)};
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  bind(listener, (struct sockaddr *)&here, sizeof(here));
  listen(listener, 1);
  ESP_LOGI("server", "listening");
  for (;;) {
    int sock = accept(listener, NULL, NULL);
    char text[64];
    int n = recv(sock, text, sizeof(text), 0);
    send(sock, text, n, 0);
    close(sock);
  }
}
`;
const CLIENT = `#include <stdio.h>
#include "esp_log.h"
#include "lwip/sockets.h"
void app_main(void) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(CONFIG_PORT), .sin_addr.s_addr = inet_addr(CONFIG_SERVER)};
  int sock = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(sock, (struct sockaddr *)&there, sizeof(there)) != 0) {
    ESP_LOGE("client", "errno %d", errno);
    return;
  }
  send(sock, "hello", 5, 0);
  char text[64] = "";
  recv(sock, text, sizeof(text) - 1, 0);
  ESP_LOGI("client", "received %s", text);
  close(sock);
}
`;
const SDKCONFIG = 'CONFIG_PORT=3333\nCONFIG_SERVER="192.168.4.1"\n';
const SCRIPT = `import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, text } from 'lwip-twin';
export default async function (os: Os) {
  const sock = await os.socket(AF_INET, SOCK_STREAM);
  await os.connect(sock, sockaddr_in('192.168.4.1', 3333));
  await os.send(sock, 'script');
  const buffer = new Uint8Array(64);
  console.log('received', text(buffer, await os.recv(sock, buffer)));
}
`;
const ECHO = { 'main/server.c': SERVER, 'main/client.c': CLIENT, sdkconfig: SDKCONFIG, 'script.ts': SCRIPT };

/** A new folder of a project with these files in it. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(temp, 'x-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text, 'latin1');
  }
  // The compiler's cache is in there.
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'), 'junction');
  return path;
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function lwipTwin(cwd: string, ...words: readonly string[]): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [cli, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', fail).on('close', (status) => done({ status, stdout, stderr }));
  });
}

describe('run', () => {
  test('C against C and TypeScript: log lines with the board, the ladder, a capture that is the same every time', async () => {
    const cwd = folder(ECHO);
    const words = ['run', 'main/server.c', 'main/client.c', 'script.ts', '--ladder', '--pcap', 'out.pcap'];
    const first = await lwipTwin(cwd, ...words);
    const capture = readFileSync(join(cwd, 'out.pcap'));
    expect(first.stderr).toMatch(
      /^lwip-twin: only servers are left; .* capture in out\.pcap\n {2}server waits in accept/,
    );
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^\[0\.000000 server\] I \(0\) server: listening\n/);
    expect(first.stdout).toContain('client] I (5) client: received hello\n');
    expect(first.stdout).toContain('script] received script\n');
    expect(first.stdout).toContain(' seconds  server  client  script\n');
    expect(await lwipTwin(cwd, ...words)).toEqual(first);
    expect(readFileSync(join(cwd, 'out.pcap')).equals(capture)).toBe(true);
  });

  test('a board that panics: the place in its sources, while the world goes on', async () => {
    const trap =
      '#include <stdio.h>\nstatic volatile int zero;\nvoid app_main(void) {\n  printf("%d\\n", 7 / zero);\n}\n';
    const cwd = folder({ ...ECHO, 'main/trap.c': trap });
    const { status, stdout, stderr } = await lwipTwin(
      cwd,
      'run',
      'main/trap.c@192.168.4.9',
      'main/server.c',
      'main/client.c',
    );
    expect(stdout).toContain('client: received hello\n');
    expect(stdout).toContain("Guru Meditation Error: Core  0 panic'ed (IntegerDivideByZero)");
    expect(stderr).toMatch(
      /^lwip-twin: trap panicked; .*\n {2}trap 0\.000000 s: IntegerDivideByZero, in app_main at main\/trap\.c:4\n$/,
    );
    expect(status).toBe(1);
  });

  test('a lab: names, addresses, boot times, settings and input of each board, paths from where it lies', async () => {
    const reader =
      '#include <stdio.h>\n#include "protocol_examples_common.h"\nvoid app_main(void) {\n  char line[64];\n  example_configure_stdin_stdout();\n  for (int i = 0; i < 2; i++) printf("read %s", fgets(line, sizeof(line), stdin));\n}\n';
    const lab = {
      until: '5s',
      boards: [
        { name: 'hub', sources: 'main/server.c', sdkconfig: { CONFIG_PORT: 4000 }, ip: '192.168.4.7' },
        {
          sources: ['main/client.c'],
          sdkconfig: ['sdkconfig', { CONFIG_PORT: 4000, CONFIG_SERVER: '192.168.4.7' }],
          boot: '500ms',
        },
        { name: 'desk', sources: 'reader.c', stdin: [{ text: 'one\n' }, { at: '2s', text: 'two\n' }] },
      ],
    };
    const cwd = folder({});
    const deep = folder({ ...ECHO, 'reader.c': reader, 'lab.json': JSON.stringify(lab) });
    const { status, stdout } = await lwipTwin(cwd, 'run', join(deep, 'lab.json'));
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      '[0.000000 hub] I (0) server: listening',
      '[0.000000 desk] read one',
      '[0.506000 client] I (6) client: received hello',
      '[2.000000 desk] read two',
    ]);
    expect(status).toBe(0);
  });
});

test('build makes an image that is run like its sources', async () => {
  const cwd = folder(ECHO);
  expect(await lwipTwin(cwd, 'build', 'main/server.c', '-o', 'hub.wasm')).toMatchObject({ status: 0, stdout: '' });
  const { status, stdout } = await lwipTwin(cwd, 'run', 'hub.wasm', 'script.ts');
  expect(stdout).toMatch(/^\[0\.000000 hub\] I \(0\) server: listening\n\[0\.\d+ script\] received script\n$/);
  expect(status).toBe(0);
});

describe('bad input is refused', () => {
  const capture = `${String.fromCharCode(0xd4, 0xc3, 0xb2, 0xa1)} of yesterday`;
  const files = { ...ECHO, 'bad.c': 'void app_main(void) { int x = y; }\n', 'text.wasm': 'text', 'old.pcap': capture };
  const board = { sources: 'main/server.c' };

  test.concurrent.each([
    [['run', 'text.wasm'], "lwip-twin: 'text.wasm' cannot be run. This is no WebAssembly module"],
    [
      ['run', 'bad.c'],
      "lwip-twin: The firmware of 'bad' cannot be built.\nbad.c:1:31: error: use of undeclared identifier 'y'\n",
    ],
    [['run', 'main/server.c', '--sdkconfig', 'gone'], "The sdkconfig 'gone' cannot be read"],
    [['build', 'bad.c', '-o', 'old.pcap'], "lwip-twin: 'old.pcap' exists and is no image; it is not overwritten.\n"],
    [['build', 'bad.c', '-o', 'new.wasm'], 'lwip-twin: The image cannot be built.\nbad.c:1:31: error:'],
  ])('and no file is touched: lwip-twin %j', async (words, sentence) => {
    const cwd = folder(files);
    const { status, stdout, stderr } = await lwipTwin(
      cwd,
      ...words,
      ...(words[0] === 'run' ? ['--pcap', 'old.pcap'] : []),
    );
    expect(stderr).toContain(sentence);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(readdirSync(cwd).sort()).toEqual(
      ['main', 'node_modules', ...Object.keys(files).filter((name) => !name.includes('/'))].sort(),
    );
    expect(readFileSync(join(cwd, 'old.pcap'), 'latin1')).toBe(capture);
  });

  test.each([
    ['gone.c', '', "There is no file 'gone.c'."],
    ['sdkconfig', '', "'sdkconfig' is not a program: it must be a .ts, .js or .wasm file, the folder of an ESP-IDF"],
    ['lab.json main/server.c', '{}', "'lab.json' describes all boards of a run"],
    ['lab.json --include x', '{}', "'lab.json' says itself how its sources are compiled"],
    ['gone.json', '', "There is no file 'gone.json'."],
    ['lab.json', '{\n  "boards": [,]\n}', 'lab.json:2:14: this is not JSON: Unexpected ","'],
    ['lab.json', '[]', 'lab.json: the whole must be an object with settings, not [].'],
    ['lab.json', '{}', 'lab.json: boards must be a list with one board or more; it is missing.'],
    ['lab.json', '{"boards":[{}]}', 'lab.json: boards[0].sources must be a program: a .ts, .js or .wasm file, '],
    ['lab.json', '{"boards":[{"sources":"x"}]}', 'lab.json: boards[0].sources must be a program: '],
    [
      'lab.json',
      '{"boards":[{"sorces":"a.c"}]}',
      'lab.json: boards[0].sorces: there is no such setting; there are name, sources, ',
    ],
    ['lab.json', { loss: 2 }, 'lab.json: loss must be a probability from 0 to 1, or a percentage, not 2.'],
    ['lab.json', { hosts: { a: 'b' } }, 'lab.json: hosts.a must be an IPv4 address, such as "192.168.4.1", not "b".'],
    ['lab.json', { boot: 5 }, 'lab.json: boards[0].boot must be a duration like 500us, 5ms, 2s, 3min or 1h, not 5.'],
    ['lab.json', { ip: '192.168.4' }, 'lab.json: boards[0].ip must be the address of a board, such as "192.168.4.77"'],
    ['lab.json', { gw: 1 }, 'lab.json: boards[0].gw must be the address of a board, such as '],
    ['lab.json', { sdkconfig: { PORT: 1 } }, 'lab.json: boards[0].sdkconfig must be an object whose names begin with'],
    [
      'lab.json',
      { sdkconfig: { CONFIG_X: [] } },
      'lab.json: boards[0].sdkconfig must be an object with texts, numbers',
    ],
    ['lab.json', { optimize: 3 }, 'lab.json: boards[0].optimize must be "0", "s" or "2", not 3.'],
    ['lab.json', { checked: 1 }, 'lab.json: boards[0].checked must be true or false, not 1.'],
    ['lab.json', { priority: 25 }, 'lab.json: boards[0].priority must be a priority from 0 to 24, not 25.'],
    [
      'lab.json',
      { stdin: [{ at: '1s' }] },
      'lab.json: boards[0].stdin[0].text must be a text to be typed; it is missing.',
    ],
    [
      'lab.json',
      JSON.stringify({ boards: [board, board].map((one) => ({ ...one, name: 'a' })) }),
      "There are two boards with the name 'a'.",
    ],
  ])('lwip-twin run %s, lab.json: %j', (words, lab, sentence) => {
    const ofWorld = typeof lab !== 'string' && ('loss' in lab || 'hosts' in lab);
    const whole = ofWorld ? { boards: [board], ...lab } : { boards: [{ ...board, ...Object(lab) }] };
    process.chdir(folder({ ...files, 'lab.json': typeof lab === 'string' ? lab : JSON.stringify(whole) }));
    const command = parseCommandLine(['run', ...words.split(' ')]) as RunCommand;
    expect(() => planRun(command)).toThrow(UsageError);
    expect(() => planRun(command)).toThrow(sentence);
  });

  test.each([
    ['build', "'build' needs the sources"],
    ['build a.c', "'build' needs the name of the image, such as -o firmware.wasm."],
    ['build a.c -o a.wasm --pcap x', "'build' has no option '--pcap'."],
    ['run a.c -o a.wasm', "'run' has no option '--output'."],
    ['run a.c -O 3', "--optimize must be 0, s or 2, not '3'."],
    ['main.c', 'To run a program, write "lwip-twin run main.c".'],
  ])('lwip-twin %s', (words, sentence) => {
    expect(() => parseCommandLine(words.split(' '))).toThrow(sentence);
  });
});
