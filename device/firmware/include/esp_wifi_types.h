#pragma once

#include "esp_wifi_types_generic.h"
