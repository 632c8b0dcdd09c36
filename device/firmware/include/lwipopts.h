#pragma once

#include "lwip/lwipopts.h"
