/* ESP-IDF: a digest and a code that protocols above TCP use. */
#pragma once

#include <stddef.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
int esp_crypto_sha1(const unsigned char *input, size_t ilen, unsigned char output[20]);
int esp_crypto_base64_encode(unsigned char *dst, size_t dlen, size_t *olen, const unsigned char *src, size_t slen);
__END_DECLS
