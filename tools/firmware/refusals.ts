/** Parts of ESP-IDF and of C's library that a twin of the network does not have, and how to say so. */

interface Absent {
  readonly headers: RegExp;
  readonly functions: RegExp;
  /** Completes "X belongs to ...". */
  readonly what: string;
}

const ABSENT: readonly Absent[] = [
  {
    headers:
      /^(?:driver|hal|soc|esp_adc|esp_lcd|rom|esp32\w*|xtensa|riscv)\/|^(?:esp_rom|esp_cpu|esp_intr|esp_sleep|esp_pm|esp_ipc|led_strip|esp_efuse|ulp|touch|usb|tusb)/,
    functions:
      /^(?:gpio|i2c|i2s|spi|uart|ledc|adc|dac|rmt|pcnt|mcpwm|twai|timer_(?:init|group)|gptimer|sdmmc|esp_sleep|esp_light_sleep|esp_deep_sleep|esp_intr|esp_rom|touch|temperature_sensor|led_strip|esp_lcd)_/,
    what: "the drivers of the chip's hardware",
  },
  {
    headers: /^(?:mbedtls|wolfssl|psa)\/|^(?:esp_tls|esp_crt_bundle|esp_https)/,
    functions: /^(?:mbedtls|psa|esp_tls|esp_crt_bundle|wolfSSL|esp_https)_/,
    what: 'TLS and cryptography',
  },
  {
    headers: /^(?:esp_bt|esp_bl|esp_gap|esp_gatt|esp_a2dp|esp_spp|nimble|host\/|services\/|esp_nimble|bt_)/,
    functions: /^(?:esp_bt|esp_ble|esp_bluedroid|esp_gap|esp_gatt\w?|esp_spp|nimble|ble)_/,
    what: 'Bluetooth',
  },
  {
    headers:
      /^(?:mqtt5|esp_websocket|mdns|esp_smartconfig|esp_now|esp_mesh|esp_eth|esp_modem|wifi_provisioning|protocomm|esp_local_ctrl|esp_openthread|cJSON|coap)/,
    functions:
      /^(?:esp_mqtt5_client|esp_websocket|mdns|esp_smartconfig|esp_now|esp_mesh|esp_eth|wifi_prov|cJSON|esp_modem)_/,
    what: 'components above the sockets; add its sources to those of the firmware if it needs sockets and FreeRTOS only',
  },
  {
    headers:
      /^(?:esp_vfs|esp_spiffs|esp_littlefs|ff|wear_levelling|esp_partition|esp_ota|esp_flash|spi_flash|esp_app_desc|esp_image|sdmmc_cmd|dirent|sys\/dirent)/,
    functions:
      /^(?:esp_vfs|esp_spiffs|esp_partition|esp_ota|esp_flash|spi_flash|f_\w+|wl|esp_app|opendir|readdir|closedir|mkdir|rmdir)(?:_|$)/,
    what: 'files and flash memory',
  },
  {
    headers: /^(?:pthread|semaphore|esp_pthread|thread|mqueue)\.h/,
    functions: /^(?:pthread|sem|esp_pthread)_/,
    what: 'POSIX threads; FreeRTOS tasks are there',
  },
  {
    headers: /^netif\/ppp|^lwip\/(?:apps\/|nd6|mld6|icmp6|dhcp6|priv\/)/,
    functions: /^(?:ppp|pppos|pppapi|nd6|mld6)_/,
    what: 'IPv6 and PPP',
  },
];

const SCOPE = 'The twin has the network, sockets, FreeRTOS and a part of ESP-IDF';

/** Adds a sentence below what clang says of a header that is not there. */
export function explainErrors(text: string): string {
  const lines = text.trimEnd().split('\n');
  const sentences = new Set<string>();
  for (const line of lines) {
    const [, place, header] = /^(\S.*?:\d+):\d+: fatal error: '(.+)' file not found/.exec(line) ?? [];
    if (header === undefined) continue;
    const absent = ABSENT.find(({ headers }) => headers.test(header));
    const reason =
      absent === undefined
        ? `${SCOPE}; headers of your own are looked for beside the file and in the folders given as include.`
        : `It belongs to ${absent.what}. ${SCOPE}, but not this.`;
    sentences.add(`${place}: There is no header '${header}'. ${reason}`);
  }
  return [...lines, ...sentences].join('\n');
}

/** The sentence for a function that nobody defines. @param callers names of the sources that use it */
export function undefinedFunction(name: string, callers: readonly string[]): string {
  const by = callers.join(' and ');
  if (name === 'app_main') {
    return 'No source defines app_main(), in which a firmware begins (in C++ it must be extern "C").';
  }
  const absent = ABSENT.find(({ functions }) => functions.test(name));
  if (absent === undefined) {
    return `${by}: '${name}' is used, but no source defines it. ${SCOPE}; if it is yours, its file is missing among the sources.`;
  }
  return `${by}: '${name}' is used. It belongs to ${absent.what}. ${SCOPE}, but not this.`;
}

/** Functions of C's library by what they would ask of an operating system. */
const LIBRARY: readonly (readonly [asks: RegExp, functions: RegExp, what: string])[] = [
  [
    /^(?:path_|fd_)/,
    /^(?:f?open|freopen|creat|openat|remove|rename|unlink|f?stat|access|mkdir|rmdir|opendir|readdir|tmpfile|chdir|getcwd|realpath|truncate|link|symlink|utimes?|fsync|dup|fdopen|fflush|fclose|fread|fwrite|fseek|ftell|pread|pwrite|lseek|isatty|select|poll)$/,
    'files',
  ],
  [/^environ_/, /^(?:getenv|setenv|putenv|unsetenv|clearenv|secure_getenv)$/, 'an environment'],
  [/^args_/, /^main$/, 'arguments'],
  [/^proc_/, /^(?:exit|_Exit|quick_exit|raise|kill)$/, 'processes'],
  [/^clock_/, /^(?:clock_\w+|times|clock|nanosleep)$/, 'a clock of the host'],
  [/^(?:random_)/, /^(?:getentropy|arc4random\w*)$/, 'random numbers of the host'],
  [/^(?:sock_|poll_|sched_)/, /^(?:\w+)$/, 'an operating system'],
];

/**
 * The sentence for something that the module would need of an operating system.
 * @param asked what it would import
 * @param used functions that the user's sources use, with the names of the sources
 */
export function leftOver(asked: string, used: ReadonlyMap<string, readonly string[]>): string {
  const [, functions, what] = LIBRARY.find(([asks]) => asks.test(asked)) ?? [];
  const suspects = [...used].filter(([name]) => functions?.test(name) ?? false);
  if (functions === undefined || suspects.length === 0) {
    return `A function of C's library that the sources use asks for '${asked}' of an operating system, and a board has none.`;
  }
  return suspects
    .map(
      ([name, callers]) =>
        `${callers.join(' and ')}: '${name}' is used, and a board has no ${what?.replace(/^an? /, '')}.`,
    )
    .join('\n');
}
