/* ESP-IDF: placement attributes. There is one memory here, so they place nothing. */
#pragma once

#include "sdkconfig.h"

#define IRAM_ATTR
#define DRAM_ATTR
#define IRAM_BSS_ATTR
#define IRAM_DATA_ATTR
#define RTC_IRAM_ATTR
#define RTC_DATA_ATTR
#define RTC_RODATA_ATTR
#define RTC_SLOW_ATTR
#define RTC_FAST_ATTR
#define RTC_NOINIT_ATTR
#define EXT_RAM_BSS_ATTR
#define EXT_RAM_NOINIT_ATTR
#define WORD_ALIGNED_ATTR __attribute__((aligned(4)))
#define DMA_ATTR WORD_ALIGNED_ATTR
#define FORCE_INLINE_ATTR static inline __attribute__((always_inline))
#define NOINLINE_ATTR __attribute__((noinline))
#define FLAG_ATTR(TYPE)
#define __NOINIT_ATTR
#define COREDUMP_DRAM_ATTR
#define DRAM_STR(str) (str)
