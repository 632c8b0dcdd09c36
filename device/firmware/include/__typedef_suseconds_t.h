/* Shadows the C library's header of this name: suseconds_t is a long on the ESP32. */
#pragma once

typedef long suseconds_t;
