/* ESP-IDF: addresses of AF_UNIX (used by USB and event file descriptors only). */
#pragma once

#include <lwip/sockets.h>

struct sockaddr_un {
  short sun_family;
  char sun_path[108];
};
