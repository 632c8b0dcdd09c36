/* lwIP's small helpers for text, its error codes as errno, and the Internet checksum. Sources: lwIP def.c, err.c, inet_chksum.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lwip/def.h"
#include "lwip/err.h"
#include "lwip/inet_chksum.h"

int err_to_errno(err_t err) {
  static const int table[] = { 0,          ENOMEM,       ENOBUFS, EWOULDBLOCK, EHOSTUNREACH, EINPROGRESS,
                               EINVAL,     EWOULDBLOCK,  EADDRINUSE, EALREADY, EISCONN,      ENOTCONN,
                               -1,         ECONNABORTED, ECONNRESET, ENOTCONN, EIO };
  return err > 0 || -err >= (int)LWIP_ARRAYSIZE(table) ? EIO : table[-err];
}

void lwip_itoa(char *result, size_t bufsize, int number) {
  snprintf(result, bufsize, "%d", number);
}

int lwip_strnicmp(const char *str1, const char *str2, size_t len) {
  return strncasecmp(str1, str2, len);
}

int lwip_stricmp(const char *str1, const char *str2) {
  return strcasecmp(str1, str2);
}

char *lwip_strnstr(const char *buffer, const char *token, size_t n) {
  size_t length = strlen(token);
  if (length == 0) {
    return (char *)buffer;
  }
  for (const char *at = buffer; *at != '\0' && at + length <= buffer + n; at++) {
    if (strncmp(at, token, length) == 0) {
      return (char *)at;
    }
  }
  return NULL;
}

/* The value belongs into the packet as it is: bytes are summed in the order in which they lie in memory. */
u16_t inet_chksum(const void *dataptr, u16_t len) {
  const u8_t *bytes = dataptr;
  u32_t sum = 0;
  for (u16_t i = 0; i < len; i++) {
    sum += (i & 1) == 0 ? bytes[i] : (u32_t)bytes[i] << 8;
  }
  while (sum > 0xffff) {
    sum = (sum >> 16) + (sum & 0xffff);
  }
  return (u16_t)~sum;
}
