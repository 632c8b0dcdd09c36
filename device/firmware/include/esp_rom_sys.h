/* ESP-IDF: what the ROM offers: output without the C library, and a busy wait (which takes virtual time). */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
int esp_rom_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void esp_rom_delay_us(uint32_t us);
uint32_t esp_rom_get_cpu_ticks_per_us(void);
__END_DECLS

#define ets_printf(fmt, ...) esp_rom_printf(fmt, ##__VA_ARGS__)
#define ets_delay_us(us) esp_rom_delay_us(us)
