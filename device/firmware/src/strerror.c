/* newlib's words for its error numbers; the C library of the compiler has others, for other numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
  int number;
  const char *text;
} words[] = {
  { 0, "Success" },
  { EPERM, "Not owner" },
  { ENOENT, "No such file or directory" },
  { ESRCH, "No such process" },
  { EINTR, "Interrupted system call" },
  { EIO, "I/O error" },
  { ENXIO, "No such device or address" },
  { E2BIG, "Arg list too long" },
  { ENOEXEC, "Exec format error" },
  { EBADF, "Bad file number" },
  { ECHILD, "No children" },
  { EAGAIN, "No more processes" },
  { ENOMEM, "Not enough space" },
  { EACCES, "Permission denied" },
  { EFAULT, "Bad address" },
  { EBUSY, "Device or resource busy" },
  { EEXIST, "File exists" },
  { EXDEV, "Cross-device link" },
  { ENODEV, "No such device" },
  { ENOTDIR, "Not a directory" },
  { EISDIR, "Is a directory" },
  { EINVAL, "Invalid argument" },
  { ENFILE, "Too many open files in system" },
  { EMFILE, "File descriptor value too large" },
  { ENOTTY, "Not a character device" },
  { EFBIG, "File too large" },
  { ENOSPC, "No space left on device" },
  { ESPIPE, "Illegal seek" },
  { EROFS, "Read-only file system" },
  { EMLINK, "Too many links" },
  { EPIPE, "Broken pipe" },
  { EDOM, "Mathematics argument out of domain of function" },
  { ERANGE, "Result too large" },
  { ENOMSG, "No message of desired type" },
  { EDEADLK, "Deadlock" },
  { ENOLCK, "No lock" },
  { EPROTO, "Protocol error" },
  { EBADMSG, "Bad message" },
  { ENOSYS, "Function not implemented" },
  { ENOTEMPTY, "Directory not empty" },
  { ENAMETOOLONG, "File or path name too long" },
  { EOPNOTSUPP, "Operation not supported on socket" },
  { EPFNOSUPPORT, "Protocol family not supported" },
  { ECONNRESET, "Connection reset by peer" },
  { ENOBUFS, "No buffer space available" },
  { EAFNOSUPPORT, "Address family not supported by protocol family" },
  { EPROTOTYPE, "Protocol wrong type for socket" },
  { ENOTSOCK, "Socket operation on non-socket" },
  { ENOPROTOOPT, "Protocol not available" },
  { ESHUTDOWN, "Can't send after socket shutdown" },
  { ECONNREFUSED, "Connection refused" },
  { EADDRINUSE, "Address already in use" },
  { ECONNABORTED, "Software caused connection abort" },
  { ENETUNREACH, "Network is unreachable" },
  { ENETDOWN, "Network interface is not configured" },
  { ETIMEDOUT, "Connection timed out" },
  { EHOSTDOWN, "Host is down" },
  { EHOSTUNREACH, "Host is unreachable" },
  { EINPROGRESS, "Connection already in progress" },
  { EALREADY, "Socket already connected" },
  { EDESTADDRREQ, "Destination address required" },
  { EMSGSIZE, "Message too long" },
  { EPROTONOSUPPORT, "Unknown protocol" },
  { EADDRNOTAVAIL, "Address not available" },
  { ENETRESET, "Connection aborted by network" },
  { EISCONN, "Socket is already connected" },
  { ENOTCONN, "Socket is not connected" },
  { ETOOMANYREFS, "Too many references: cannot splice" },
  { ENOTSUP, "Not supported" },
  { EILSEQ, "Illegal byte sequence" },
  { EOVERFLOW, "Value too large for defined data type" },
  { ECANCELED, "Operation canceled" },
};

char *strerror(int number) {
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (words[i].number == number) {
      return (char *)words[i].text;
    }
  }
  return (char *)"";
}

int strerror_r(int number, char *buf, size_t size) {
  return snprintf(buf, size, "%s", strerror(number)) < (int)size ? 0 : ERANGE;
}
