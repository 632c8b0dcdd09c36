/* ESP-IDF: the processor. Code takes no time here, so cycles are those of the virtual clock at 160 MHz. */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>

typedef uint32_t esp_cpu_cycle_count_t;

__BEGIN_DECLS
esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void);
int esp_cpu_get_core_id(void);
__END_DECLS
