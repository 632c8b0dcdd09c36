#pragma once

#include "esp_rom_sys.h"
