#pragma once

#include "lwip/lwipopts.h"
#include "lwip/debug.h"
