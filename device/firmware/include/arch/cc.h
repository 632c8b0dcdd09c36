#pragma once

#include "lwip/arch.h"
