/* Shadows the C library's header of this name: 16 bytes, with a suseconds_t of 4 (see __typedef_suseconds_t.h). */
#pragma once

#include <__typedef_suseconds_t.h>
#include <__typedef_time_t.h>

struct timeval {
  time_t tv_sec;
  suseconds_t tv_usec;
};
