/* Interfaces, events and Wi-Fi as the host has them. A handle is a number, 0 for none; structures are the program's. */
#pragma once

#include "esp_event.h"
#include "esp_netif.h"
#include "host.h"

/* An interface: what the host knows under a number, and its texts, which programs keep pointers to. */
struct esp_netif_obj {
  struct esp_netif_obj *next;
  int handle;
  char key[16];
  char desc[24];
  char hostname[33];
};

esp_netif_t *esp_netif_of_handle(int handle); /* NULL for 0, and without memory */
int esp_netif_handle(const esp_netif_t *netif); /* 0 for what is no interface */

/* The bases of the system's events by number, others by address: what the host is told, and back. */
int esp_event_base_number(esp_event_base_t base);
