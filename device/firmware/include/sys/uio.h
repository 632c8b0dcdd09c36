/* struct iovec only: ESP-IDF's C library has no readv() and writev(); lwip_readv() and lwip_writev() exist. */
#pragma once

#include <__struct_iovec.h>
#include <sys/types.h>
