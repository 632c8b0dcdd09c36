/* ESP-IDF: hooks of the stack; a program's own hooks are not called here. */
#pragma once

#include "lwip/arch.h"
