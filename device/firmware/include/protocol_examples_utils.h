/* ESP-IDF's examples/common_components: percent encoding. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
uint32_t example_uri_encode(char *dest, const char *src, size_t len);
void example_uri_decode(char *dest, const char *src, size_t len);
__END_DECLS
