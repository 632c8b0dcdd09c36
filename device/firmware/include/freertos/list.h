/* FreeRTOS: the kernel's lists are private here; this header exists because other headers include it. */
#pragma once

#include "freertos/FreeRTOS.h"
