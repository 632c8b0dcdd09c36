/* The console under the C library's stdio, and the descriptors that it shares with sockets. There are no files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "host.h"
#include "lwip/sockets.h"

#undef lseek


static bool is_blocking;

void esp_stdin_blocking(bool blocking) { is_blocking = blocking; }

static ssize_t bad_descriptor(void) {
  errno = EBADF;
  return -1;
}

static bool is_console(int fd) { return fd >= STDIN_FILENO && fd <= STDERR_FILENO; }

static bool is_socket(int fd) { return fd > STDERR_FILENO; }

ssize_t read(int fd, void *to, size_t length) {
  if (is_socket(fd)) {
    return lwip_read(fd, to, length);
  }
  return fd == STDIN_FILENO ? host_stdin(to, (int)length, is_blocking) : bad_descriptor();
}

ssize_t write(int fd, const void *from, size_t length) {
  if (is_socket(fd)) {
    return lwip_write(fd, from, length);
  }
  if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
    return bad_descriptor();
  }
  host_write(from, (int)length);
  return (ssize_t)length;
}

/* The C library reads a line into its buffer by way of readv(), whose second part is that buffer. */
ssize_t readv(int fd, const struct iovec *iov, int count) {
  if (is_socket(fd)) {
    return lwip_readv(fd, iov, count);
  }
  for (int i = 0; i < count; i++) {
    if (iov[i].iov_len > 0) {
      return read(fd, iov[i].iov_base, iov[i].iov_len);
    }
  }
  return 0;
}

ssize_t writev(int fd, const struct iovec *iov, int count) {
  if (is_socket(fd)) {
    return lwip_writev(fd, iov, count);
  }
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    ssize_t n = write(fd, iov[i].iov_base, iov[i].iov_len);
    if (n < 0) {
      return n;
    }
    total += n;
  }
  return total;
}

int close(int fd) { return is_console(fd) ? 0 : lwip_close(fd); }

off_t lseek(int fd, off_t offset, int whence) {
  (void)offset;
  (void)whence;
  errno = is_console(fd) ? ESPIPE : EBADF;
  return -1;
}

off_t __lseek(int fd, off_t offset, int whence) { return lseek(fd, offset, whence); }

int isatty(int fd) { return is_console(fd); }

int __isatty(int fd) { return is_console(fd); }

/* The C library's own looks at its own errno. */
void perror(const char *text) {
  const char *error = strerror(errno);
  if (text != NULL && *text != '\0') {
    fprintf(stderr, "%s: ", text);
  }
  fprintf(stderr, "%s\n", error);
}
