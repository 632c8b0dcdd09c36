/** The compiler driver: what becomes of sources, and what is said of those that become nothing. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Firmware, World } from '../../device/index.ts';
import { type BuildOptions, buildWasm } from '../../tools/firmware/build.ts';
import { buildFirmware } from '../../tools/firmware/index.ts';
import { findHome } from '../../tools/firmware/packages.ts';

const root = resolve(__dirname, '..', '..');
const temp = realpathSync(mkdtempSync(join(tmpdir(), 'lwip-twin-build-')));
/** Of the project, so that what every image holds is compiled once and not in every run of the tests. */
const cacheDir = join(root, 'node_modules', '.cache', 'lwip-twin', 'firmware');
let project = '';

// A compiler has to start, on a machine that may be busy with other tests.
jest.setTimeout(120_000);

beforeEach(() => {
  project = mkdtempSync(join(temp, 'project-'));
  process.chdir(project);
});
afterAll(() => {
  process.chdir(root);
  rmSync(temp, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(name), { recursive: true });
    writeFileSync(name, text);
  }
}

/** Builds the sources among the files. */
function build(files: Readonly<Record<string, string>>, options: Partial<BuildOptions> = {}): Promise<Firmware> {
  write(files);
  const sources = Object.keys(files).filter((name) => /\.(?:c|cpp|cc|cxx)$/.test(name));
  return buildFirmware({ sources, cacheDir, ...options });
}

async function refusal(files: Readonly<Record<string, string>>, options: Partial<BuildOptions> = {}): Promise<string> {
  try {
    await build(files, options);
  } catch (error) {
    expect((error as Error).name).toBe('FirmwareBuildError');
    return (error as Error).message;
  }
  throw new Error('It was built.');
}

async function run(firmware: Firmware) {
  const world = new World();
  const board = world.esp32('board', { lan: world.lan(), ip: '192.168.4.1/24', firmware });
  await world.run({ until: 10e6 });
  return { log: board.log.map(({ text }) => text), panic: board.panic };
}

const APP = '#include <stdio.h>\n';

describe('what is built', () => {
  test('several sources with headers of their own, above them and in a folder', async () => {
    const firmware = await build(
      {
        'main/app.c': `${APP}#include "../common/twice.h"\n#include <thrice.h>\nvoid app_main(void) { printf("%s %d %d\\n", __FILE__, twice(4), thrice(4)); }\n`,
        'main/twice.c': '#include "../common/twice.h"\nint twice(int x) { return FACTOR * x; }\n',
        'common/twice.h': '#pragma once\n#include "deep/factor.h"\nint twice(int x);\n',
        'common/deep/factor.h': '#define FACTOR 2\n',
        'include/thrice.h': 'static inline int thrice(int x) { return 3 * x; }\n',
      },
      { include: ['include'] },
    );
    expect((await run(firmware)).log).toEqual(['main/app.c 8 12']);
    expect(firmware.info.sources.map(({ name }) => name)).toEqual(['main/app.c', 'main/twice.c']);
  });

  test('an sdkconfig file below settings of a program', async () => {
    write({ sdkconfig: 'CONFIG_APP_A="from the file"\nCONFIG_APP_B=2\n# CONFIG_APP_C is not set\n' });
    const source = `${APP}#include "sdkconfig.h"\nvoid app_main(void) {\n#ifdef CONFIG_APP_C\n#error it is set\n#endif\n  printf("%s %d %d\\n", CONFIG_APP_A, CONFIG_APP_B, CONFIG_FREERTOS_HZ);\n}\n`;
    const firmware = await build({ 'app.c': source }, { sdkconfig: ['sdkconfig', { CONFIG_APP_B: 3 }] });
    expect((await run(firmware)).log).toEqual(['from the file 3 100']);
    expect(firmware.info.sdkconfig).toMatchObject({ CONFIG_APP_A: 'from the file', CONFIG_APP_B: 3 });
  });

  test('C++ with classes, templates and the library, without exceptions', async () => {
    const source = `#include <cstdio>
#include <string>
#include <vector>
struct Counter { static inline int alive = 0; Counter() { alive++; } ~Counter() { alive--; } };
static Counter first;
template <typename T> T sum(const std::vector<T> &values) { T total{}; for (const T &v : values) total += v; return total; }
extern "C" void app_main() {
  std::string text = "sum ";
  text += std::to_string(sum<int>({1, 2, 3}));
  std::printf("%s, %d alive\\n", text.c_str(), Counter::alive);
}
`;
    expect((await run(await build({ 'app.cpp': source }))).log).toEqual(['sum 6, 1 alive']);
  });

  test.each(['0', 's', '2'] as const)('a trap is traced to its line, -O%s', async (optimize) => {
    const source =
      'static volatile int zero;\n\nstatic int divide(int x) {\n  return x / zero;\n}\n\nvoid app_main(void) {\n  zero = divide(7);\n}\n';
    const { panic } = await run(await build({ 'main/trap.c': source }, { optimize }));
    expect(panic?.backtrace.map(String).join('\n')).toContain('main/trap.c:4');
  });

  test('the same again starts no compiler, and needs none', async () => {
    const files = { 'app.c': `${APP}void app_main(void) { printf("again\\n"); }\n` };
    const first = await build(files);
    // A copy of the package in a place from which the compiler's packages are not found.
    const home = { ...findHome(), root: join(project, 'elsewhere') };
    mkdirSync(home.root);
    symlinkSync(join(root, 'device'), join(home.root, 'device'), 'junction');
    const begin = performance.now();
    const second = await buildWasm(home, { sources: ['app.c'], cacheDir });
    const tookMs = performance.now() - begin;
    expect(Buffer.from(second).equals(first.wasm)).toBe(true);
    expect(tookMs).toBeLessThan(1000);
    cpSync('app.c', 'other.c');
    await expect(buildWasm(home, { sources: ['other.c'], cacheDir: join(project, 'empty') })).rejects.toThrow(
      /^To compile C sources, lwip-twin needs @yowasp\/clang and binaryen, which are not installed\. Install the compiler with: npm install --save-dev --save-exact @yowasp\/clang@\S+ binaryen@\S+$/,
    );
  });

  test('warnings are told, also of what is in the cache', async () => {
    const files = { 'app.c': 'void app_main(void) { int unused = 3; }\n' };
    for (let n = 0; n < 2; n++) {
      const warnings: string[] = [];
      await build(files, { onWarning: (text) => warnings.push(text) });
      expect(warnings.join('')).toContain("app.c:1:27: warning: unused variable 'unused'");
    }
  });
});

describe('what is refused', () => {
  test('an error in a header of the user, in the words of clang, with the paths of the user', async () => {
    const text = await refusal({
      'main/app.c': '#include "part/x.h"\nvoid app_main(void) {}\n',
      'main/part/x.h': 'int bad = undeclared;\n',
    });
    expect(text).toBe(
      `In file included from main/app.c:1:
main/part/x.h:1:11: error: use of undeclared identifier 'undeclared'
    1 | int bad = undeclared;
      |           ^~~~~~~~~~
1 error generated.`,
    );
  });

  test.each([
    ['driver/gpio.h', "the drivers of the chip's hardware"],
    ['mbedtls/ssl.h', 'TLS and cryptography'],
    ['esp_bt.h', 'Bluetooth'],
    ['esp_spiffs.h', 'files and flash memory'],
  ])('the header %s', async (header, what) => {
    const text = await refusal({ 'app.c': `#include <stdio.h>\n#include "${header}"\nvoid app_main(void) {}\n` });
    expect(text).toContain(`app.c:2:10: fatal error: '${header}' file not found`);
    expect(text.split('\n').at(-1)).toBe(
      `app.c:2: There is no header '${header}'. It belongs to ${what}. The twin has the network, sockets, FreeRTOS and a part of ESP-IDF, but not this.`,
    );
  });

  test.each([
    [
      'a function that nobody defines',
      'int mine(void);\nvoid app_main(void) { mine(); }\n',
      "app.c: 'mine' is used, but no source defines it.",
    ],
    [
      'a function of a driver',
      'int gpio_set_level(int, int);\nvoid app_main(void) { gpio_set_level(2, 1); }\n',
      "app.c: 'gpio_set_level' is used. It belongs to the drivers of the chip's hardware.",
    ],
    [
      'files',
      `${APP}void app_main(void) { printf("%p", fopen("x", "r")); }\n`,
      "app.c: 'fopen' is used, and a board has no files.",
    ],
    [
      'an environment',
      '#include <stdlib.h>\nint putenv(char *);\nvoid app_main(void) { putenv("A=B"); }\n',
      "app.c: 'putenv' is used, and a board has no environment.",
    ],
    ['no beginning', 'void main_task(void) {}\n', 'No source defines app_main()'],
  ])('%s', async (_, source, sentence) => {
    expect(await refusal({ 'app.c': source })).toContain(sentence);
  });

  test('files that are no sources, or none at all, and settings that are none', async () => {
    expect(await refusal({}, { sources: ['gone.c'] })).toBe("There is no file 'gone.c'.");
    expect(await refusal({ 'x.h': '' }, { sources: ['x.h'] })).toMatch(/^'x\.h' is not a source: it must be a \.c/);
    const app = { 'app.c': 'void app_main(void) {}\n' };
    write({ sdkconfig: 'CONFIG_A=1\nnonsense\n' });
    expect(await refusal(app, { sdkconfig: 'sdkconfig' })).toMatch(/^sdkconfig:2: /);
    expect(await refusal(app, { sdkconfig: 'gone' })).toMatch(/^The sdkconfig 'gone' cannot be read: ENOENT/);
  });

  test.each([
    [{ sources: [] }, 'sources must be a list of paths'],
    [{ sources: 'app.c' }, 'sources must be a list of paths'],
    [{ sources: ['app.c'], include: 'inc' }, 'include must be a list of paths'],
    [{ sources: ['app.c'], optimize: 3 }, "optimize must be '0', 's' or '2', not '3'"],
    [{ sources: ['app.c'], checked: 'no' }, 'checked must be true or false'],
    [{ sources: ['app.c'], cacheDir: 7 }, 'cacheDir must be the path of a folder'],
  ])('options %j', async (options, sentence) => {
    await expect(buildFirmware(options as unknown as BuildOptions)).rejects.toThrow(TypeError);
    await expect(buildFirmware(options as unknown as BuildOptions)).rejects.toThrow(sentence);
  });
});
