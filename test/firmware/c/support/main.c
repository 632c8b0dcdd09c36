/* The parts of the support code that are plain C. A line on stdin says which part runs, with an argument after it. */
#include "../checks/check.h"
#include "protocol_examples_common.h"

char story[256];

void test_nvs(void);
void test_names(void);
void test_mac(void);
void test_lists(void);
void test_uri(void);
void test_refused(void);
void test_console(void);
void test_argtable(void);
void test_zone(void);
void print_addresses(const char *text);

static const struct {
  const char *name;
  void (*run)(void);
} parts[] = {
  { "nvs", test_nvs },     { "names", test_names }, { "mac", test_mac },
  { "lists", test_lists }, { "uri", test_uri },     { "refused", test_refused },
  { "console", test_console }, { "argtable", test_argtable }, { "zone", test_zone },
};

static void run(const char *name) {
  for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (strcmp(parts[i].name, name) == 0) {
      parts[i].run();
      ESP_LOGI("check", "%s done", name);
      return;
    }
  }
  ESP_LOGE("check", "there is no part \"%s\"", name);
}

void app_main(void) {
  char line[160];
  example_configure_stdin_stdout();
  while (fgets(line, sizeof(line), stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '=') {
      print_addresses(line + 1);
    } else {
      run(line);
    }
  }
}
