/* What examples read from the console, and percent encoding. Sources: ESP-IDF
 * examples/common_components/protocol_examples_common (stdin_out.c, addr_from_stdin.c, protocol_examples_utils.c;
 * behaviour and log lines). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "addr_from_stdin.h"
#include "driver/uart.h"
#include "driver/uart_vfs.h"
#include "esp_log.h"
#include "host.h"
#include "lwip/netdb.h"
#include "protocol_examples_common.h"
#include "protocol_examples_utils.h"

#define HOST_IP_SIZE 128

static bool is_installed;

bool uart_is_driver_installed(uart_port_t uart_num) {
  return uart_num == UART_NUM_0 && is_installed;
}

/* The console's UART only: reading from it waits from now on. */
esp_err_t uart_driver_install(uart_port_t uart_num, int rx_buffer_size, int tx_buffer_size, int queue_size,
                              QueueHandle_t *uart_queue, int intr_alloc_flags) {
  if (uart_num != UART_NUM_0 || is_installed || queue_size != 0) {
    ESP_LOGE("uart", "uart_driver_install() is refused: there is one UART, the console's, without an event queue.");
    return ESP_FAIL;
  }
  is_installed = true;
  return ESP_OK;
}

esp_err_t uart_driver_delete(uart_port_t uart_num) {
  if (!uart_is_driver_installed(uart_num)) {
    return ESP_FAIL;
  }
  is_installed = false;
  esp_stdin_blocking(false);
  return ESP_OK;
}

void uart_vfs_dev_use_driver(int uart_num) {
  if (uart_num == UART_NUM_0) {
    esp_stdin_blocking(true);
  }
}

void uart_vfs_dev_use_nonblocking(int uart_num) {
  if (uart_num == UART_NUM_0) {
    esp_stdin_blocking(false);
  }
}

/* The console's lines end with LF on both sides, whatever is asked for. */
int uart_vfs_dev_port_set_rx_line_endings(int uart_num, esp_line_endings_t mode) {
  return uart_num == UART_NUM_0 ? 0 : -1;
}

int uart_vfs_dev_port_set_tx_line_endings(int uart_num, esp_line_endings_t mode) {
  return uart_num == UART_NUM_0 ? 0 : -1;
}

esp_err_t example_configure_stdin_stdout(void) {
  if (uart_is_driver_installed(UART_NUM_0)) {
    return ESP_OK;
  }
  setvbuf(stdin, NULL, _IONBF, 0);
  ESP_ERROR_CHECK(uart_driver_install(UART_NUM_0, 256, 0, 0, NULL, 0));
  uart_vfs_dev_use_driver(UART_NUM_0);
  return ESP_OK;
}

int get_addr_from_stdin(int port, int sock_type, int *ip_protocol, int *addr_family,
                        struct sockaddr_storage *dest_addr) {
  static const char *TAG = "example_common";
  char host_ip[HOST_IP_SIZE];
  example_configure_stdin_stdout();
  if (fgets(host_ip, sizeof host_ip, stdin) == NULL) {
    ESP_LOGE(TAG, "Could not read an address from stdin");
    return -1;
  }
  host_ip[strcspn(host_ip, "\r\n")] = '\0';
  struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = sock_type };
  struct addrinfo *found = NULL;
  char service[8];
  snprintf(service, sizeof service, "%d", port);
  int s = getaddrinfo(host_ip, service, &hints, &found);
  if (s != 0 || found == NULL) {
    ESP_LOGE(TAG, "getaddrinfo() failed for IPV4 destination address. error: %d", s);
    return -1;
  }
  if (found->ai_family != AF_INET) {
    ESP_LOGE(TAG, "get_addr_from_stdin() is refused: there are no IPv6 sockets.");
    freeaddrinfo(found);
    return -1;
  }
  *ip_protocol = IPPROTO_IP;
  *addr_family = AF_INET;
  memset(dest_addr, 0, sizeof *dest_addr);
  memcpy(dest_addr, found->ai_addr, sizeof(struct sockaddr_in));
  freeaddrinfo(found);
  return 0;
}

uint32_t example_uri_encode(char *dest, const char *src, size_t len) {
  if (src == NULL || dest == NULL) {
    return 0;
  }
  char *to = dest;
  for (size_t i = 0; i < len && src[i] != '\0'; i++) {
    unsigned char c = (unsigned char)src[i];
    if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      *to++ = (char)c;
    } else {
      to += sprintf(to, "%%%02X", c);
    }
  }
  *to = '\0';
  return (uint32_t)(to - dest);
}

void example_uri_decode(char *dest, const char *src, size_t len) {
  if (src == NULL || dest == NULL) {
    return;
  }
  char *to = dest;
  for (size_t i = 0; i < len && src[i] != '\0'; i++) {
    if (src[i] == '%' && i + 2 < len && isxdigit((unsigned char)src[i + 1]) && isxdigit((unsigned char)src[i + 2])) {
      char digits[] = { src[i + 1], src[i + 2], '\0' };
      *to++ = (char)strtol(digits, NULL, 16);
      i += 2;
    } else {
      *to++ = src[i];
    }
  }
  *to = '\0';
}
