#pragma once

#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
uint32_t esp_log_timestamp(void);
uint32_t esp_log_early_timestamp(void);
char *esp_log_system_timestamp(void);
__END_DECLS
