#pragma once

#include <stdlib.h>
#include "lwip/opt.h"

typedef size_t mem_size_t;

#define mem_malloc malloc
#define mem_calloc calloc
#define mem_free free
