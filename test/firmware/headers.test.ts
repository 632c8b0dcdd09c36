/**
 * Every header of device/firmware/include stands alone, in C and in C++, without a warning, and all of them go together;
 * what a header brings along is what ESP-IDF's brings along. layouts_*.c, which are part of every image, hold the numbers.
 */
import { expect, jest, test } from '@jest/globals';
import { makeSdkconfig, sdkconfigHeader } from '../../device/index.ts';
import { headersOf } from '../../tools/firmware/api/api.ts';
import { Cache, keyOf } from '../../tools/firmware/cache.ts';
import { findHome } from '../../tools/firmware/packages.ts';
import { CONFIG_PATH, INCLUDE_PATH, readSupport } from '../../tools/firmware/support.ts';
import { Toolchain } from '../../tools/firmware/toolchain.ts';

jest.setTimeout(180_000);

const home = findHome();
const support = readSupport(home);
const headers = headersOf(home).map(([path]) => path);
const texts = new Map(support.headers.map(([path, bytes]) => [path.slice(INCLUDE_PATH.length + 1), `${bytes}`]));
const cache = new Cache();
const config = sdkconfigHeader(makeSdkconfig());
let toolchain: Toolchain | undefined;

const FLAGS = ['-Wall', '-Wextra', '-Wno-unused-parameter', '-funsigned-char', '-DESP_PLATFORM=1'];
const C = ['-std=gnu17', ...FLAGS];
const CPP = [
  '-std=gnu++2b',
  '-fno-exceptions',
  '-fno-rtti',
  '-nostdinc++',
  '-isystem',
  '/usr/include/c++/v1',
  ...FLAGS,
];

type Language = 'C' | 'C++';

/** All that a source includes of our headers, one after the other: what its result depends on. */
function includedBy(source: string, seen = new Map<string, string>()): string {
  for (const [, name] of source.matchAll(/#\s*include(?:_next)? [<"](.*)[>"]/g)) {
    const text = texts.get(name!);
    if (text === undefined || seen.has(name!)) continue;
    seen.set(name!, text);
    includedBy(text, seen);
  }
  return [...seen.values()].join('');
}

/** What the compiler says of a source; our headers are not "system headers" here, so that they are warned of, too. */
async function compile(source: string, language: Language): Promise<string> {
  const isCpp = language === 'C++';
  const name = isCpp ? 'source.cpp' : 'source.c';
  const flags = [...(isCpp ? CPP : C), '-D_GNU_SOURCE', '-isystem', CONFIG_PATH, '-I', INCLUDE_PATH];
  const key = keyOf('headers', includedBy(source), JSON.stringify(home.compilers), ...flags, config, source);
  const known = cache.read(key);
  if (known !== null) return known.text;
  toolchain ??= new Toolchain(home, support);
  const files = [
    [`/${name}`, Buffer.from(source)],
    [`${CONFIG_PATH}/sdkconfig.h`, Buffer.from(config)],
  ] as const;
  const driver = isCpp ? 'clang++' : 'clang';
  const { text } = await toolchain.compile({ kind: 'compile', driver, flags, cwd: '/', source: name, files });
  cache.write(key, { bytes: new Uint8Array(), text });
  return text;
}

const LANGUAGES: readonly Language[] = ['C', 'C++'];

/** A header that only includes another one stands or falls with it. */
const FORWARDER = /^(?:\/\*[\s\S]*?\*\/\n)?#pragma once\n\n#include .*\n$/;

test('each compiles alone', async () => {
  const own = headersOf(home).filter(([, text]) => !FORWARDER.test(text));
  const said = own.map(async ([header]) => `${header}: ${await compile(`#include <${header}>\nint unit;\n`, 'C')}`);
  expect(await Promise.all(said)).toEqual(own.map(([header]) => `${header}: `));
});

test.each(LANGUAGES)('all of them go together in %s, in either order', async (language) => {
  const includes = headers.map((header) => `#include <${header}>\n`);
  expect(await compile([...includes, 'int unit;\n'].join(''), language)).toBe('');
  expect(await compile([...includes.reverse(), 'int unit;\n'].join(''), language)).toBe('');
});

/** What examples take for granted once they have included a header. */
const BROUGHT_ALONG: readonly (readonly [header: string, uses: readonly string[]])[] = [
  [
    'lwip/sockets.h',
    [
      'xSemaphoreCreateBinary()',
      'xTaskGetTickCount()',
      'esp_random()',
      'strlen("")',
      'malloc(1)',
      'errno',
      'INT_MAX',
      'close(1)',
      'time(NULL)',
      'fcntl(1, F_GETFL)',
      'ioctl(1, FIONBIO)',
      'printf("")',
      'sys_now()',
      'inet_addr("")',
      'poll(NULL, 0, 0)',
      'select(0, NULL, NULL, NULL, NULL)',
      'isdigit(1)',
      'TASK_EXTRA_STACK_SIZE',
      'bzero(NULL, 0)',
    ],
  ],
  ['lwip/netdb.h', ['socket(AF_INET, SOCK_STREAM, 0)', 'vTaskDelay(1)', 'ERR_OK']],
  ['lwip/sys.h', ['xSemaphoreCreateMutex()', 'xQueueCreate(1, 1)', 'vTaskDelete(NULL)']],
  [
    'sys/socket.h',
    ['socket(AF_INET, SOCK_STREAM, 0)', 'htons(1)', 'inet_ntop(0, NULL, NULL, 0)', 'errno', 'xSemaphoreCreateBinary()'],
  ],
  ['netdb.h', ['getaddrinfo(NULL, NULL, NULL, NULL)', 'connect(1, NULL, 0)', 'NI_NUMERICHOST']],
  ['arpa/inet.h', ['htonl(1)', 'inet_pton(0, NULL, NULL)']],
  [
    'freertos/FreeRTOS.h',
    [
      'malloc(1)',
      'memset(NULL, 0, 0)',
      'printf("")',
      'portMAX_DELAY',
      'pdMS_TO_TICKS(10)',
      'configASSERT(1)',
      'heap_caps_malloc(1, MALLOC_CAP_8BIT)',
      'esp_timer_get_time()',
      'esp_get_free_heap_size()',
      'ESP_OK',
    ],
  ],
  ['freertos/semphr.h', ['xQueueCreate(1, 1)', 'xTaskGetTickCount()']],
  ['freertos/event_groups.h', ['xTimerIsTimerActive(NULL)', 'xEventGroupCreate()']],
  ['esp_event.h', ['xQueueCreate(1, 1)', 'vTaskDelay(1)', 'ESP_EVENT_ANY_ID', 'esp_err_to_name(0)']],
  [
    'esp_wifi.h',
    [
      'esp_event_loop_create_default()',
      'esp_netif_create_default_wifi_sta()',
      'IP_EVENT_STA_GOT_IP',
      'xQueueCreate(1, 1)',
      'IP2STR((esp_ip4_addr_t *)NULL)',
      'ESP_IF_WIFI_STA',
    ],
  ],
  ['esp_netif.h', ['ESP_IP4TOADDR(1, 2, 3, 4)', 'IP_EVENT_ETH_GOT_IP', 'ESP_ERR_NO_MEM']],
  ['esp_log.h', ['ESP_OK', 'PRIu32', 'printf("")']],
  ['esp_check.h', ['ESP_LOG_INFO', 'ESP_FAIL']],
  ['esp_system.h', ['ESP_OK', 'esp_get_idf_version()', 'BIT0']],
  [
    'protocol_examples_common.h',
    ['esp_netif_init()', 'esp_event_loop_create_default()', 'inet_addr("")', 'EXAMPLE_INTERFACE'],
  ],
  ['ping/ping_sock.h', ['ip_2_ip4((ip_addr_t *)NULL)', 'ESP_OK', 'TASK_EXTRA_STACK_SIZE']],
];

test.each(BROUGHT_ALONG)('<%s> brings along what ESP-IDF brings along', async (header, uses) => {
  const lines = uses.map((use) => `  ((void)0, ${use});\n`);
  const said = await compile(`#include <${header}>\nvoid f(void)\n{\n${lines.join('')}}\n`, 'C');
  expect(said.split('\n').filter((line) => line.includes(' error: '))).toEqual([]);
});

/** What a macro of ESP-IDF expands to is only seen where it is used. */
const USES: Record<Language, string> = {
  C: `
#include <inttypes.h>
#include "esp_wifi.h"
#include "esp_netif_sntp.h"
#include "ping/ping_sock.h"
#include "esp_log.h"
#include "lwip/sockets.h"
static const char *TAG = "test";
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;
static const struct sockaddr_in server = { .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
ESP_EVENT_DEFINE_BASE(OWN_EVENT);
void f(uint32_t n, unsigned long also, int32_t signedOne, UBaseType_t u, size_t size, esp_netif_ip_info_t *info, uint8_t *mac)
{
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    esp_sntp_config_t sntp = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");
    esp_ping_config_t ping = ESP_PING_DEFAULT_CONFIG();
    esp_netif_inherent_config_t sta = ESP_NETIF_INHERENT_DEFAULT_WIFI_STA();
    esp_netif_config_t eth = ESP_NETIF_DEFAULT_ETH();
    ESP_LOGI(TAG, "%" PRIu32 " %lu %" PRId32 " %u %zu " IPSTR, n, also, signedOne, u, size, IP2STR(&info->ip));
    ESP_LOGE(TAG, "no arguments");
    ESP_LOG_BUFFER_HEX(TAG, mac, 6);
    printf("%lu %" PRIx32 "\\n", n, n);
    portENTER_CRITICAL(&lock);
    portYIELD_FROM_ISR();
    portYIELD_FROM_ISR(u == 0);
    portEXIT_CRITICAL(&lock);
    (void)init, (void)sntp, (void)ping, (void)sta, (void)eth, (void)server;
}
`,
  'C++': `
#include <string>
#include "esp_wifi.h"
#include "ping/ping_sock.h"
#include "esp_log.h"
#include "lwip/sockets.h"
static const char *TAG = "test";
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;
template <typename T> static std::string name(T) { return "other"; }
template <> std::string name(unsigned long) { return "unsigned long"; }
extern "C" void app_main(void)
{
    wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    esp_ping_config_t ping = ESP_PING_DEFAULT_CONFIG();
    esp_netif_inherent_config_t sta = ESP_NETIF_INHERENT_DEFAULT_WIFI_STA();
    wifi_config_t config = {};
    config.sta.ssid[0] = 'x';
    ESP_LOGI(TAG, "%s", name(static_cast<uint32_t>(1)).c_str());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    portENTER_CRITICAL(&lock);
    (void)init, (void)ping, (void)sta, (void)config, (void)htons(1);
}
`,
};

test.each(LANGUAGES)('macros expand to valid %s', async (language) => {
  expect(await compile(USES[language], language)).toBe('');
});
