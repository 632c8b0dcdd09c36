/* The console commands by which examples join a network. Source: ESP-IDF
 * examples/common_components/protocol_examples_common/console_cmd.c (names and options). */
#include <string.h>
#include "argtable3/argtable3.h"
#include "esp_console.h"
#include "esp_log.h"
#include "esp_wifi.h"
#include "protocol_examples_common.h"

static struct {
  struct arg_str *ssid;
  struct arg_str *password;
  struct arg_int *channel;
  struct arg_end *end;
} connect_args;

static int wifi_connect(int argc, char **argv) {
  wifi_config_t config = { 0 };
  if (arg_parse(argc, argv, (void **)&connect_args) != 0) {
    arg_print_errors(stderr, connect_args.end, argv[0]);
    return 1;
  }
  strlcpy((char *)config.sta.ssid, connect_args.ssid->sval[0], sizeof config.sta.ssid);
  if (connect_args.password->count > 0) {
    strlcpy((char *)config.sta.password, connect_args.password->sval[0], sizeof config.sta.password);
    config.sta.threshold.authmode = WIFI_AUTH_WEP;
  }
  if (connect_args.channel->count > 0) {
    config.sta.channel = (uint8_t)connect_args.channel->ival[0];
  }
  esp_err_t err = esp_wifi_set_config(WIFI_IF_STA, &config);
  return err == ESP_OK ? esp_wifi_connect() : err;
}

static int wifi_disconnect(int argc, char **argv) {
  return esp_wifi_disconnect();
}

void example_register_wifi_connect_commands(void) {
  connect_args.ssid = arg_str1(NULL, NULL, "<ssid>", "SSID of AP");
  connect_args.password = arg_str0(NULL, NULL, "<pass>", "password of AP");
  connect_args.channel = arg_int0("n", "channel", "<channel>", "channel of AP");
  connect_args.end = arg_end(2);
  const esp_console_cmd_t join = { .command = "wifi_connect",
                                   .help = "WiFi is station mode, join specified soft-AP",
                                   .func = wifi_connect,
                                   .argtable = &connect_args };
  const esp_console_cmd_t leave = { .command = "wifi_disconnect", .help = "Do wifi disconnect", .func = wifi_disconnect };
  ESP_ERROR_CHECK(esp_console_cmd_register(&join));
  ESP_ERROR_CHECK(esp_console_cmd_register(&leave));
}
