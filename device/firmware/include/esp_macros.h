/* ESP-IDF: macros with a choice by the number of arguments. */
#pragma once

#define CHOOSE_MACRO_VA_ARG(MACRO_WITH_ARGS, MACRO_WITH_NO_ARGS, ...) \
  ESP_SELECT_MACRO_##__VA_OPT__(ARGS)(MACRO_WITH_ARGS, MACRO_WITH_NO_ARGS)
#define ESP_SELECT_MACRO_ARGS(with, without) with
#define ESP_SELECT_MACRO_(with, without) without

#define ESP_UNUSED(x) ((void)(x))
