/** What belongs to an ESP-IDF project: sources, headers, embedded files, settings with the defaults of its Kconfig files. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { makeSdkconfig, World } from '../../device/index.ts';
import { buildFirmware } from '../../tools/firmware/index.ts';
import { kconfigDefaults } from '../../tools/firmware/kconfig-file.ts';
import { projectSettings, readProject } from '../../tools/firmware/project.ts';

const root = resolve(__dirname, '..', '..');
const temp = realpathSync(mkdtempSync(join(tmpdir(), 'lwip-twin-project-')));

jest.setTimeout(120_000);

beforeEach(() => process.chdir(mkdtempSync(join(temp, 'x-'))));
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

describe('a folder', () => {
  test('of a project: what CMakeLists.txt registers, components, settings', () => {
    write({
      'p/CMakeLists.txt': 'project(p)\n',
      'p/sdkconfig': '',
      'p/sdkconfig.defaults': '',
      'p/main/CMakeLists.txt': `set(srcs "a.c" "net/b.c") # and no more\nidf_component_register(SRCS \${srcs}\n  INCLUDE_DIRS "." "include"\n  PRIV_INCLUDE_DIRS priv\n  EMBED_FILES logo.bin EMBED_TXTFILES "web/index.html" REQUIRES lwip)\n`,
      'p/main/a.c': '',
      'p/main/net/b.c': '',
      'p/main/left_out.c': '',
      'p/main/priv/p.h': '',
      'p/main/include/i.h': '',
      'p/main/Kconfig.projbuild': '',
      'p/components/codec/codec.c': '',
      'p/components/codec/include/codec.h': '',
    });
    expect(readProject('p')).toEqual({
      sources: ['p/main/a.c', 'p/main/net/b.c', 'p/components/codec/codec.c'],
      include: ['p/main', 'p/main/include', 'p/main/priv', 'p/components/codec', 'p/components/codec/include'],
      embedFiles: ['p/main/logo.bin'],
      embedTextFiles: ['p/main/web/index.html'],
      kconfig: ['p/main/Kconfig.projbuild'],
      sdkconfig: ['p/sdkconfig.defaults', 'p/sdkconfig'],
    });
  });

  test('without a CMakeLists.txt: all its sources; the settings of main are beside it', () => {
    write({ 'p/main/b.cpp': '', 'p/main/a.c': '', 'p/main/a.h': '', 'p/sdkconfig': '' });
    expect(readProject('p/main')).toMatchObject({ sources: ['p/main/a.c', 'p/main/b.cpp'], include: ['p/main'] });
    expect(readProject('p').sources).toEqual(['p/main/a.c', 'p/main/b.cpp']);
    expect(projectSettings('p/main/a.c').sdkconfig).toEqual([resolve('p/sdkconfig')]);
  });

  test('without sources', () => {
    write({ 'p/readme.txt': '' });
    expect(() => readProject('p')).toThrow("The folder 'p' has no .c, .cpp, .cc or .cxx files.");
  });
});

describe('Kconfig', () => {
  const file = `menu "Example Configuration"
    choice EXAMPLE_IP_MODE
        prompt "IP Version"
        default EXAMPLE_IPV6 if MISSING
        help
            config NOT_A_SYMBOL
        config EXAMPLE_IPV4
            bool "IPV4"
        config EXAMPLE_IPV6
            bool "IPV6"
    endchoice
    config EXAMPLE_PORT
        int "Port"
        range 0 65535
        default 4444 if EXAMPLE_IPV6 || (FREERTOS_HZ = 1000 && !EXAMPLE_IPV4)
        default 3333
    config EXAMPLE_ADDR
        string "Address"
        depends on EXAMPLE_IPV4
        default "192.168.0.\\"1\\""
    config EXAMPLE_ADDR6
        string "Address"
        depends on EXAMPLE_IPV6
        default "::1"
    if LWIP_MAX_SOCKETS > 8
        config EXAMPLE_MANY
            bool
            default y
        config EXAMPLE_MASK
            hex
            default 0xFF
        config EXAMPLE_SAME
            int
            default EXAMPLE_PORT
    endif
endmenu
menu "Off"
    depends on NOTHING
    config EXAMPLE_OFF
        bool "Off"
        default y
endmenu
`;

  test('has defaults, choices, conditions, and symbols of ESP-IDF to depend on', () => {
    write({ 'Kconfig.projbuild': file });
    expect(kconfigDefaults(['Kconfig.projbuild'], makeSdkconfig())).toEqual({
      CONFIG_EXAMPLE_IPV4: true,
      CONFIG_EXAMPLE_IPV6: false,
      CONFIG_EXAMPLE_PORT: 3333,
      CONFIG_EXAMPLE_ADDR: '192.168.0."1"',
      CONFIG_EXAMPLE_MANY: true,
      CONFIG_EXAMPLE_MASK: 255,
      CONFIG_EXAMPLE_SAME: 3333,
    });
  });

  test('leaves alone what is set, and follows it', () => {
    write({ 'Kconfig.projbuild': file });
    const config = makeSdkconfig({
      CONFIG_EXAMPLE_IPV6: true,
      CONFIG_LWIP_MAX_SOCKETS: 8,
      CONFIG_EXAMPLE_ADDR6: '::2',
    });
    expect(kconfigDefaults(['Kconfig.projbuild'], config)).toEqual({
      CONFIG_EXAMPLE_IPV4: false,
      CONFIG_EXAMPLE_PORT: 4444,
    });
  });
});

test('a project is built with its settings and its embedded files', async () => {
  write({
    'p/sdkconfig.defaults': 'CONFIG_GREETING="hello"\n',
    'p/main/CMakeLists.txt':
      'idf_component_register(SRCS app.c INCLUDE_DIRS . EMBED_TXTFILES web/root.html EMBED_FILES blob.bin)',
    'p/main/Kconfig.projbuild': 'config TIMES\n    int "Times"\n    default 2\n',
    'p/main/web/root.html': '<p>"twin"\\</p>\n',
    'p/main/blob.bin': 'abc',
    'p/main/app.c': `#include <stdio.h>
#include <stdint.h>
#include "sdkconfig.h"
extern const char root_start[] asm("_binary_root_html_start");
extern const char root_end[] asm("_binary_root_html_end");
extern const uint8_t blob_start[] asm("_binary_blob_bin_start");
extern const uint8_t blob_end[] asm("_binary_blob_bin_end");
extern const int blob_length asm("blob_bin_length");
void app_main(void) {
  for (int i = 0; i < CONFIG_TIMES; i++) printf("%s\\n", CONFIG_GREETING);
  printf("%d %s", (int)(root_end - root_start), root_start);
  printf("%d %d %c\\n", (int)(blob_end - blob_start), blob_length, blob_start[2]);
}
`,
  });
  const firmware = await buildFirmware(readProject('p'));
  const world = new World();
  const board = world.esp32('board', { lan: world.lan(), ip: '192.168.4.1/24', firmware });
  await world.run();
  expect(board.log.map(({ text }) => text)).toEqual(['hello', 'hello', '16 <p>"twin"\\</p>', '3 3 c']);
});
