/* ESP-IDF: random numbers; here from the board's own seeded stream. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
uint32_t esp_random(void);
void esp_fill_random(void *buf, size_t len);
__END_DECLS
