#include "check.h"
#include "esp_event.h"
#include "esp_netif.h"

ESP_EVENT_DEFINE_BASE(MY_EVENT);

static void tell(void *arg, esp_event_base_t base, int32_t id, void *data) {
  CHECK(base == MY_EVENT);
  TELL("%s%d:%s@%s ", (const char *)arg, (int)id, data == NULL ? "-" : (const char *)data, pcTaskGetName(NULL));
}

static void unregister_itself(void *arg, esp_event_base_t base, int32_t id, void *data) {
  TELL("once ");
  CHECK(esp_event_handler_unregister(MY_EVENT, id, unregister_itself) == ESP_OK);
}

/* It makes calls that wait, as handlers may. */
static void wait_a_tick(void *arg, esp_event_base_t base, int32_t id, void *data) {
  vTaskDelay(1);
  TELL("waited ");
}

static void default_loop(void) {
  CHECK(esp_event_post(MY_EVENT, 1, NULL, 0, 0) == ESP_ERR_INVALID_STATE);
  CHECK(esp_event_loop_create_default() == ESP_OK && esp_event_loop_create_default() == ESP_ERR_INVALID_STATE);
  esp_event_handler_instance_t instance;
  CHECK(esp_event_handler_register(MY_EVENT, 1, tell, "a") == ESP_OK);
  CHECK(esp_event_handler_register(MY_EVENT, ESP_EVENT_ANY_ID, tell, "b") == ESP_OK);
  CHECK(esp_event_handler_instance_register(MY_EVENT, 2, tell, "c", &instance) == ESP_OK);
  CHECK(esp_event_handler_register(MY_EVENT, 2, unregister_itself, NULL) == ESP_OK);
  CHECK(esp_event_handler_register(ESP_EVENT_ANY_BASE, 1, tell, "x") == ESP_ERR_INVALID_ARG);
  char text[] = "data";
  CHECK(esp_event_post(MY_EVENT, 2, text, sizeof(text), 0) == ESP_OK);
  CHECK_STORY("b2:data@sys_evt c2:data@sys_evt once ");
  vTaskSuspendAll();
  CHECK(esp_event_post(MY_EVENT, 2, text, sizeof(text), 0) == ESP_OK);
  strcpy(text, "xxxx");
  xTaskResumeAll();
  CHECK(esp_event_post(MY_EVENT, 1, NULL, 0, 0) == ESP_OK);
  CHECK_STORY("b2:data@sys_evt c2:data@sys_evt a1:-@sys_evt b1:-@sys_evt ");
  CHECK(esp_event_handler_instance_unregister(MY_EVENT, 2, instance) == ESP_OK);
  CHECK(esp_event_handler_instance_unregister(MY_EVENT, 2, instance) == ESP_ERR_NOT_FOUND);
  CHECK(esp_event_handler_unregister(MY_EVENT, ESP_EVENT_ANY_ID, tell) == ESP_OK);
  CHECK(esp_event_handler_register(MY_EVENT, 3, wait_a_tick, NULL) == ESP_OK);
  for (int i = 0; i < 32; i++) {
    CHECK(esp_event_post(MY_EVENT, 9, NULL, 0, 0) == ESP_OK);
  }
  CHECK(esp_event_post(MY_EVENT, 3, NULL, 0, 0) == ESP_OK);
  CHECK_STORY("");
  vTaskDelay(2);
  CHECK_STORY("waited ");
  CHECK(esp_event_loop_delete_default() == ESP_OK && esp_event_loop_delete_default() == ESP_ERR_INVALID_STATE);
}

static void own_loop(void) {
  esp_event_loop_handle_t loop;
  esp_event_loop_args_t args = {.queue_size = 2};
  CHECK(esp_event_loop_create(&args, &loop) == ESP_OK);
  CHECK(esp_event_handler_register_with(loop, MY_EVENT, ESP_EVENT_ANY_ID, tell, "o") == ESP_OK);
  CHECK(esp_event_post_to(loop, MY_EVENT, 1, NULL, 0, 0) == ESP_OK);
  CHECK(esp_event_isr_post_to(loop, MY_EVENT, 2, "abc", 4, NULL) == ESP_OK);
  CHECK(esp_event_post_to(loop, MY_EVENT, 3, NULL, 0, 2) == ESP_ERR_TIMEOUT);
  CHECK_STORY("");
  CHECK(esp_event_loop_run(loop, 3) == ESP_OK);
  CHECK_STORY("o1:-@main o2:abc@main ");
  CHECK(esp_event_loop_delete(loop) == ESP_OK);
  args = (esp_event_loop_args_t){.queue_size = 2, .task_name = "mine", .task_priority = 3, .task_stack_size = 3072};
  CHECK(esp_event_loop_create(&args, &loop) == ESP_OK);
  CHECK(esp_event_handler_register_with(loop, MY_EVENT, 1, tell, "t") == ESP_OK);
  CHECK(esp_event_post_to(loop, MY_EVENT, 1, NULL, 0, 0) == ESP_OK);
  CHECK_STORY("t1:-@mine ");
  CHECK(esp_event_loop_delete(loop) == ESP_OK && xTaskGetHandle("mine") == NULL);
}

void test_events(void) {
  default_loop();
  own_loop();
}

void test_netif(void) {
  CHECK(esp_netif_init() == ESP_OK && esp_netif_get_nr_of_ifs() == 1);
  esp_netif_t *netif = esp_netif_next_unsafe(NULL);
  CHECK(netif != NULL && esp_netif_next_unsafe(netif) == NULL && esp_netif_get_default_netif() == netif);
  CHECK(esp_netif_get_handle_from_ifkey(esp_netif_get_ifkey(netif)) == netif && esp_netif_is_netif_up(netif));
  CHECK(esp_netif_get_handle_from_ifkey("WIFI_STA_DEF") == NULL);
  esp_netif_ip_info_t info;
  CHECK(esp_netif_get_ip_info(netif, &info) == ESP_OK && info.ip.addr == ESP_IP4TOADDR(192, 168, 4, 1));
  CHECK(info.netmask.addr == ESP_IP4TOADDR(255, 255, 255, 0));
  uint8_t mac[6];
  CHECK(esp_netif_get_mac(netif, mac) == ESP_OK && mac[0] == 0x24 && mac[5] == 1);
  char name[8];
  CHECK(esp_netif_get_netif_impl_name(netif, name) == ESP_OK && strlen(name) == 3);
  CHECK(esp_netif_get_netif_impl_index(netif) == 2);
  esp_netif_dns_info_t dns = {.ip = {.u_addr.ip4.addr = ESP_IP4TOADDR(9, 8, 7, 6), .type = ESP_IPADDR_TYPE_V4}};
  CHECK(esp_netif_set_dns_info(netif, ESP_NETIF_DNS_BACKUP, &dns) == ESP_OK);
  memset(&dns, 0, sizeof(dns));
  CHECK(esp_netif_get_dns_info(netif, ESP_NETIF_DNS_BACKUP, &dns) == ESP_OK);
  CHECK(dns.ip.u_addr.ip4.addr == ESP_IP4TOADDR(9, 8, 7, 6));
  info.ip.addr = ESP_IP4TOADDR(192, 168, 4, 77);
  CHECK(esp_netif_set_ip_info(netif, &info) == ESP_OK);
  memset(&info, 0, sizeof(info));
  CHECK(esp_netif_get_ip_info(netif, &info) == ESP_OK && info.ip.addr == ESP_IP4TOADDR(192, 168, 4, 77));
  const char *hostname;
  CHECK(esp_netif_set_hostname(netif, "renamed") == ESP_OK && esp_netif_get_hostname(netif, &hostname) == ESP_OK);
  CHECK(strcmp(hostname, "renamed") == 0);
}
