/* The last error of a connection, and the two codes that HTTP and WebSocket need. Sources: ESP-IDF components/esp-tls
 * (behaviour), RFC 3174 (SHA-1), RFC 4648 section 4 (base64) */
#include <stdint.h>
#include <string.h>
#include "esp_tls.h"
#include "esp_tls_crypto.h"

#define BUFFER_TOO_SMALL (-0x002A)

esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *esp_tls_code, int *esp_tls_flags) {
  if (h == NULL) {
    return ESP_ERR_INVALID_STATE;
  }
  esp_err_t last = h->last_error;
  if (esp_tls_code != NULL) {
    *esp_tls_code = h->esp_tls_error_code;
  }
  if (esp_tls_flags != NULL) {
    *esp_tls_flags = h->esp_tls_flags;
  }
  memset(h, 0, sizeof *h);
  return last;
}

/* With too little room *olen says how much is needed. */
int esp_crypto_base64_encode(unsigned char *dst, size_t dlen, size_t *olen, const unsigned char *src, size_t slen) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = (slen + 2) / 3 * 4;
  if (slen == 0) {
    *olen = 0;
    return 0;
  }
  if (dst == NULL || dlen < length + 1) {
    *olen = length + 1;
    return BUFFER_TOO_SMALL;
  }
  unsigned char *to = dst;
  for (size_t i = 0; i < slen; i += 3) {
    uint32_t group = (uint32_t)src[i] << 16;
    if (i + 1 < slen) {
      group |= (uint32_t)src[i + 1] << 8;
    }
    if (i + 2 < slen) {
      group |= src[i + 2];
    }
    *to++ = digits[group >> 18];
    *to++ = digits[group >> 12 & 63];
    *to++ = i + 1 < slen ? digits[group >> 6 & 63] : '=';
    *to++ = i + 2 < slen ? digits[group & 63] : '=';
  }
  *to = '\0';
  *olen = length;
  return 0;
}

static uint32_t rotate(uint32_t word, int bits) {
  return word << bits | word >> (32 - bits);
}

static void sha1_block(uint32_t hash[5], const unsigned char block[64]) {
  static const uint32_t constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
  uint32_t w[80];
  for (int i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           block[4 * i + 3];
  }
  for (int i = 16; i < 80; i++) {
    w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
  for (int i = 0; i < 80; i++) {
    uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
    uint32_t next = rotate(a, 5) + f + e + constants[i / 20] + w[i];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
}

int esp_crypto_sha1(const unsigned char *input, size_t ilen, unsigned char output[20]) {
  uint32_t hash[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
  size_t at = 0;
  for (; at + 64 <= ilen; at += 64) {
    sha1_block(hash, input + at);
  }
  unsigned char last[128] = { 0 };
  size_t rest = ilen - at;
  size_t size = rest < 56 ? 64 : 128;
  memcpy(last, input + at, rest);
  last[rest] = 0x80;
  for (int i = 0; i < 8; i++) {
    last[size - 1 - i] = (unsigned char)((uint64_t)ilen * 8 >> 8 * i);
  }
  for (size_t i = 0; i < size; i += 64) {
    sha1_block(hash, last + i);
  }
  for (int i = 0; i < 20; i++) {
    output[i] = (unsigned char)(hash[i / 4] >> (24 - i % 4 * 8));
  }
  return 0;
}
