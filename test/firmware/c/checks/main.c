#include "check.h"
#include "protocol_examples_common.h"

char story[256];

static const struct {
  const char *name;
  void (*run)(void);
} parts[] = {
    {"tasks", test_tasks},
    {"suspend", test_suspend},
    {"queues", test_queues},
    {"semaphores", test_semaphores},
    {"mutexes", test_mutexes},
    {"queue_sets", test_queue_sets},
    {"event_groups", test_event_groups},
    {"notifications", test_notifications},
    {"timers", test_timers},
    {"esp_timer", test_esp_timer},
    {"streams", test_streams},
    {"heap", test_heap},
    {"errno", test_errno},
    {"clock", test_clock},
    {"log", test_log},
    {"stdio", test_stdio},
    {"sockets", test_sockets},
    {"netdb", test_netdb},
    {"critical", test_critical},
    {"deep", test_deep},
    {"events", test_events},
    {"netif", test_netif},
};

void app_main(void) {
  char line[32];
  example_configure_stdin_stdout();
  if (fgets(line, sizeof(line), stdin) == NULL) {
    ESP_LOGE("check", "no line on stdin");
    return;
  }
  line[strcspn(line, "\n")] = '\0';
  for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (strcmp(parts[i].name, line) == 0) {
      parts[i].run();
      ESP_LOGI("check", "%s done", line);
      return;
    }
  }
  ESP_LOGE("check", "there is no part \"%s\"", line);
}
