#include <errno.h>
#include <sys/queue.h>
#include "../checks/check.h"
#include "esp_chip_info.h"
#include "esp_mac.h"
#include "esp_netif.h"
#include "esp_pm.h"
#include "esp_sleep.h"
#include "esp_wifi.h"
#include "lwip/inet_chksum.h"
#include "netdb.h"
#include "lwip/sockets.h"
#include "nvs.h"
#include "nvs_flash.h"
#include "protocol_examples_utils.h"

void test_nvs(void);
void test_names(void);
void test_mac(void);
void test_lists(void);
void test_uri(void);
void test_refused(void);

#define IS(text, expected) CHECK(strcmp(text, expected) == 0)

static void test_nvs_handles(void) {
  nvs_handle_t h;
  CHECK(nvs_open("app", NVS_READWRITE, &h) == ESP_ERR_NVS_NOT_INITIALIZED);
  CHECK(nvs_flash_init() == ESP_OK);
  CHECK(nvs_open("app", NVS_READONLY, &h) == ESP_ERR_NVS_NOT_FOUND);
  CHECK(nvs_open("", NVS_READWRITE, &h) == ESP_ERR_NVS_INVALID_NAME);
  CHECK(nvs_open("sixteen-letters-", NVS_READWRITE, &h) == ESP_ERR_NVS_INVALID_NAME);
  CHECK(nvs_open_from_partition("other", "app", NVS_READWRITE, &h) == ESP_ERR_NVS_PART_NOT_FOUND);
  CHECK(nvs_open("app", NVS_READWRITE, &h) == ESP_OK);
  CHECK(nvs_set_u8(h, "sixteen-letters-", 1) == ESP_ERR_NVS_KEY_TOO_LONG);
  CHECK(nvs_set_u8(h + 1, "k", 1) == ESP_ERR_NVS_INVALID_HANDLE);
  CHECK(nvs_set_u8(h, "k", 7) == ESP_OK && nvs_commit(h) == ESP_OK);
  nvs_close(h);
  CHECK(nvs_set_u8(h, "k", 1) == ESP_ERR_NVS_INVALID_HANDLE);
  uint8_t u8 = 0;
  CHECK(nvs_open("app", NVS_READONLY, &h) == ESP_OK);
  CHECK(nvs_set_u8(h, "k", 8) == ESP_ERR_NVS_READ_ONLY && nvs_erase_key(h, "k") == ESP_ERR_NVS_READ_ONLY);
  CHECK(nvs_get_u8(h, "k", &u8) == ESP_OK && u8 == 7);
  nvs_close(h);
}

static void test_nvs_values(nvs_handle_t h) {
  int8_t i8 = 0;
  int64_t i64 = 0;
  CHECK(nvs_set_i8(h, "n", -5) == ESP_OK && nvs_get_i8(h, "n", &i8) == ESP_OK && i8 == -5);
  CHECK(nvs_set_i64(h, "n", INT64_MIN) == ESP_OK && nvs_get_i64(h, "n", &i64) == ESP_OK && i64 == INT64_MIN);
  CHECK(nvs_get_i8(h, "n", &i8) == ESP_ERR_NVS_NOT_FOUND);
  CHECK(nvs_get_i64(h, "none", &i64) == ESP_ERR_NVS_NOT_FOUND);

  char text[16];
  size_t length = 3;
  CHECK(nvs_set_str(h, "s", "hello") == ESP_OK);
  CHECK(nvs_get_str(h, "s", text, &length) == ESP_ERR_NVS_INVALID_LENGTH && length == 6);
  CHECK(nvs_get_str(h, "s", NULL, &length) == ESP_OK && length == 6);
  CHECK(nvs_get_str(h, "s", text, &length) == ESP_OK);
  IS(text, "hello");
  CHECK(nvs_set_str(h, "s", "a longer text, of more than thirty-two bytes") == ESP_OK);
  CHECK(nvs_get_str(h, "s", NULL, &length) == ESP_OK && length == 45);
  nvs_type_t type;
  CHECK(nvs_find_key(h, "s", &type) == ESP_OK && type == NVS_TYPE_STR);
  CHECK(nvs_erase_key(h, "s") == ESP_OK && nvs_erase_key(h, "s") == ESP_ERR_NVS_NOT_FOUND);
  CHECK(nvs_get_i64(h, "n", &i64) == ESP_OK && i64 == INT64_MIN);
}

static void test_nvs_room(nvs_handle_t h) {
  static uint8_t blob[2000];
  static uint8_t back[2000];
  static char text[4001];
  char key[NVS_KEY_NAME_MAX_SIZE];
  size_t length = sizeof back;
  nvs_stats_t before, full;
  CHECK(nvs_get_stats(NULL, &before) == ESP_OK && before.total_entries == 756);
  memset(text, 'x', sizeof text - 1);
  CHECK(nvs_set_str(h, "long", text) == ESP_ERR_NVS_VALUE_TOO_LONG);
  for (size_t i = 0; i < sizeof blob; i++) {
    blob[i] = (uint8_t)(i * 7);
  }
  esp_err_t err = ESP_OK;
  int stored = 0;
  for (int i = 0; err == ESP_OK; i++) {
    snprintf(key, sizeof key, "blob%d", i);
    err = nvs_set_blob(h, key, blob, sizeof blob);
    stored += err == ESP_OK;
  }
  CHECK(err == ESP_ERR_NVS_NOT_ENOUGH_SPACE && stored == 9);
  CHECK(nvs_get_stats(NULL, &full) == ESP_OK && full.used_entries - before.used_entries == 9 * 65);
  CHECK(nvs_erase_key(h, "blob3") == ESP_OK);
  CHECK(nvs_get_blob(h, "blob8", back, &length) == ESP_OK && memcmp(blob, back, sizeof blob) == 0);
  CHECK(nvs_set_blob(h, "again", blob, sizeof blob) == ESP_OK);
}

static void test_nvs_iterator(nvs_handle_t h) {
  nvs_iterator_t it = NULL;
  int found = 0;
  esp_err_t err = nvs_entry_find("nvs", "other", NVS_TYPE_ANY, &it);
  while (err == ESP_OK) {
    nvs_entry_info_t info;
    CHECK(nvs_entry_info(it, &info) == ESP_OK);
    IS(info.namespace_name, "other");
    found++;
    err = nvs_entry_next(&it);
  }
  CHECK(err == ESP_ERR_NVS_NOT_FOUND && it == NULL && found == 1);
  nvs_release_iterator(it);
  CHECK(nvs_erase_all(h) == ESP_OK);
  CHECK(nvs_entry_find_in_handle(h, NVS_TYPE_ANY, &it) == ESP_ERR_NVS_NOT_FOUND);
}

void test_nvs(void) {
  nvs_handle_t h = 0;
  nvs_handle_t other = 0;
  test_nvs_handles();
  CHECK(nvs_open("app", NVS_READWRITE, &h) == ESP_OK && nvs_open("other", NVS_READWRITE, &other) == ESP_OK);
  CHECK(nvs_set_u16(other, "k", 1) == ESP_OK);
  test_nvs_values(h);
  test_nvs_room(h);
  test_nvs_iterator(h);
  uint16_t u16 = 0;
  CHECK(nvs_get_u16(other, "k", &u16) == ESP_OK && u16 == 1);
  CHECK(nvs_flash_deinit() == ESP_OK && nvs_flash_deinit() == ESP_ERR_NVS_NOT_INITIALIZED);
  CHECK(nvs_flash_init() == ESP_OK && nvs_open("other", NVS_READONLY, &other) == ESP_OK);
  CHECK(nvs_flash_erase() == ESP_OK && nvs_get_u16(other, "k", &u16) == ESP_ERR_NVS_NOT_INITIALIZED);
  CHECK(nvs_flash_init() == ESP_OK && nvs_open("other", NVS_READONLY, &other) == ESP_ERR_NVS_NOT_FOUND);
}

void test_names(void) {
  char buf[64];
  IS(esp_err_to_name(ESP_OK), "ESP_OK");
  IS(esp_err_to_name(ESP_FAIL), "ESP_FAIL");
  IS(esp_err_to_name(ESP_ERR_NVS_NO_FREE_PAGES), "ESP_ERR_NVS_NO_FREE_PAGES");
  IS(esp_err_to_name(ESP_ERR_WIFI_NOT_CONNECT), "ESP_ERR_WIFI_NOT_CONNECT");
  IS(esp_err_to_name(0x7777), "UNKNOWN ERROR");
  IS(esp_err_to_name_r(0x7777, buf, sizeof buf), "UNKNOWN ERROR 0x7777(30583)");
  IS(esp_err_to_name_r(ESP_ERR_TIMEOUT, buf, 8), "ESP_ERR");
  IS(strerror(ECONNRESET), "Connection reset by peer");
  IS(strerror(ENOTCONN), "Socket is not connected");
  IS(strerror(EAGAIN), "No more processes");
  IS(strerror(9999), "");
  CHECK(strerror_r(EINVAL, buf, 4) == ERANGE && strerror_r(EINVAL, buf, sizeof buf) == 0);
  CHECK(err_to_errno(ERR_ABRT) == ECONNABORTED && err_to_errno(ERR_ARG) == EIO && err_to_errno(ERR_OK) == 0);
  CHECK(inet_chksum("\x45\x00\x00\x1c\x00\x00\x00\x00\x40\x01", 10) == htons(0x7ae2));
  CHECK(inet_chksum("\x45\x00\x00", 3) == htons(0xbaff));
  esp_chip_info_t chip;
  esp_chip_info(&chip);
  CHECK(chip.model == CHIP_ESP32 && chip.cores == 2);
  IS(gai_strerror(EAI_FAMILY), "Address family is not supported");
  struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0x0a000001) };
  char service[8];
  CHECK(getnameinfo((struct sockaddr *)&name, sizeof name, buf, sizeof buf, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0);
  IS(buf, "10.0.0.1");
  IS(service, "80");
  CHECK(getnameinfo((struct sockaddr *)&name, sizeof name, buf, sizeof buf, NULL, 0, 0) == EAI_NONAME);
}

void test_mac(void) {
  uint8_t base[6], mac[6];
  CHECK(esp_base_mac_addr_get(base) == ESP_OK && esp_read_mac(mac, ESP_MAC_WIFI_STA) == ESP_OK);
  CHECK(memcmp(base, mac, 6) == 0);
  CHECK(esp_read_mac(mac, ESP_MAC_ETH) == ESP_OK && mac[5] == (uint8_t)(base[5] + 3) && memcmp(base, mac, 5) == 0);
  CHECK(esp_read_mac(mac, ESP_MAC_IEEE802154) == ESP_ERR_NOT_SUPPORTED && esp_read_mac(NULL, ESP_MAC_ETH) == ESP_ERR_INVALID_ARG);
  const uint8_t own[6] = { 0x02, 1, 2, 3, 4, 0xff };
  CHECK(esp_base_mac_addr_set((const uint8_t[]){ 1, 0, 0, 0, 0, 0 }) == ESP_ERR_INVALID_ARG);
  CHECK(esp_base_mac_addr_set(own) == ESP_OK && esp_read_mac(mac, ESP_MAC_WIFI_SOFTAP) == ESP_OK && mac[5] == 0);
  CHECK(esp_efuse_mac_get_default(mac) == ESP_OK && memcmp(mac, base, 6) == 0);
  CHECK(esp_derive_local_mac(mac, own) == ESP_OK && mac[0] == 0x06);
}

struct item {
  int value;
  LIST_ENTRY(item) entry;
  TAILQ_ENTRY(item) tail;
  STAILQ_ENTRY(item) stail;
  SLIST_ENTRY(item) slist;
};

void test_lists(void) {
  struct item items[4] = { { 1 }, { 2 }, { 3 }, { 4 } };
  struct item *it, *next;
  LIST_HEAD(, item) list = LIST_HEAD_INITIALIZER(list);
  TAILQ_HEAD(, item) tail;
  STAILQ_HEAD(, item) stail = STAILQ_HEAD_INITIALIZER(stail);
  SLIST_HEAD(, item) slist = SLIST_HEAD_INITIALIZER(slist);
  TAILQ_INIT(&tail);
  for (int i = 0; i < 4; i++) {
    LIST_INSERT_HEAD(&list, &items[i], entry);
    TAILQ_INSERT_TAIL(&tail, &items[i], tail);
    STAILQ_INSERT_TAIL(&stail, &items[i], stail);
    SLIST_INSERT_HEAD(&slist, &items[i], slist);
  }
  LIST_REMOVE(&items[1], entry);
  TAILQ_REMOVE(&tail, &items[3], tail);
  TAILQ_INSERT_HEAD(&tail, &items[3], tail);
  STAILQ_REMOVE(&stail, &items[3], item, stail);
  STAILQ_INSERT_TAIL(&stail, &items[3], stail);
  STAILQ_REMOVE_HEAD(&stail, stail);
  SLIST_REMOVE(&slist, &items[2], item, slist);
  LIST_FOREACH(it, &list, entry) TELL("%d", it->value);
  TELL(" ");
  TAILQ_FOREACH_SAFE(it, &tail, tail, next) TELL("%d", it->value);
  TELL(" ");
  STAILQ_FOREACH(it, &stail, stail) TELL("%d", it->value);
  TELL(" ");
  SLIST_FOREACH(it, &slist, slist) TELL("%d", it->value);
  CHECK_STORY("431 4123 234 421");
}

void test_uri(void) {
  char text[64];
  CHECK(example_uri_encode(text, "a b/ü~", 7) == 15);
  IS(text, "a%20b%2F%C3%BC~");
  example_uri_decode(text, "a%20b%2f%zz%", 12);
  IS(text, "a b/%zz%");
}

void test_refused(void) {
  CHECK(esp_light_sleep_start() == ESP_ERR_NOT_SUPPORTED);
  CHECK(esp_pm_configure(NULL) == ESP_ERR_NOT_SUPPORTED);
  CHECK(esp_sleep_get_wakeup_cause() == ESP_SLEEP_WAKEUP_UNDEFINED);
}
