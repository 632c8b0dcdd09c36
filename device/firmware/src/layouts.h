/* Compile-time proof that the headers give a program the ESP32's own layouts and numbers: layouts*.c become no code, but a
 * header that drifts from ESP-IDF v5.5 stops the build with the line that no longer holds. */
#pragma once

#include <stddef.h>

#define VALUE(name, number) _Static_assert((long long)(name) == (number), #name)
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type " " #member)
