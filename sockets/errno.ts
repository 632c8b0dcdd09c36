/**
 * errno numbers of newlib, the C library of the ESP32, and lwIP's translation of its own results into them.
 * They differ from Linux: ECONNRESET is 104 on both, but EHOSTUNREACH is 118 here and 113 there.
 */

export const ENOENT = 2;
export const EINTR = 4;
export const EIO = 5;
export const EBADF = 9;
export const EAGAIN = 11;
export const EWOULDBLOCK = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENFILE = 23;
export const ENOSPC = 28;
export const ERANGE = 34;
export const ENOSYS = 88;
export const EOPNOTSUPP = 95;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const EAFNOSUPPORT = 106;
export const ENOPROTOOPT = 109;
export const EADDRINUSE = 112;
export const ECONNABORTED = 113;
export const EHOSTUNREACH = 118;
export const EINPROGRESS = 119;
export const EALREADY = 120;
export const EMSGSIZE = 122;
export const EADDRNOTAVAIL = 125;
export const EISCONN = 127;
export const ENOTCONN = 128;

/** errno by -err_t: ERR_OK, ERR_MEM, ERR_BUF, ERR_TIMEOUT, ERR_RTE, ERR_INPROGRESS, ERR_VAL, ERR_WOULDBLOCK, ERR_USE,
 *  ERR_ALREADY, ERR_ISCONN, ERR_CONN, ERR_IF, ERR_ABRT, ERR_RST, ERR_CLSD, ERR_ARG. */
const BY_ERR: readonly number[] = [
  0,
  ENOMEM,
  ENOBUFS,
  EWOULDBLOCK,
  EHOSTUNREACH,
  EINPROGRESS,
  EINVAL,
  EWOULDBLOCK,
  EADDRINUSE,
  EALREADY,
  EISCONN,
  ENOTCONN,
  -1,
  ECONNABORTED,
  ECONNRESET,
  ENOTCONN,
  EIO,
];

/**
 * Translate an lwIP result.
 * @param err err_t: 0 or negative
 * @returns errno; 0 for ERR_OK, -1 for ERR_IF (it has no number of its own), EIO for a value that is no err_t
 * Source: lwIP err_to_errno()
 */
export function err_to_errno(err: number): number {
  return BY_ERR[-err] ?? EIO;
}

/** Every number of newlib's errno.h (with __LINUX_ERRNO_EXTENSIONS__) in runs: a number, its name and the next ones. */
const RUNS: readonly (readonly [number, string])[] = [
  [
    1,
    'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EWOULDBLOCK ENOMEM EACCES EFAULT ' +
      'ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ' +
      'ESPIPE EROFS EMLINK EPIPE EDOM ERANGE ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ' +
      'ENOCSI EL2HLT EDEADLK ENOLCK',
  ],
  [50, 'EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EDEADLOCK EBFONT'],
  [60, 'ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO'],
  [74, 'EMULTIHOP ELBIN EDOTDOT EBADMSG'],
  [79, 'EFTYPE ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC ENOSYS'],
  [90, 'ENOTEMPTY ENAMETOOLONG ELOOP'],
  [95, 'EOPNOTSUPP EPFNOSUPPORT'],
  [
    104,
    'ECONNRESET ENOBUFS EAFNOSUPPORT EPROTOTYPE ENOTSOCK ENOPROTOOPT ESHUTDOWN ECONNREFUSED EADDRINUSE ' +
      'ECONNABORTED ENETUNREACH ENETDOWN ETIMEDOUT EHOSTDOWN EHOSTUNREACH EINPROGRESS EALREADY EDESTADDRREQ ' +
      'EMSGSIZE EPROTONOSUPPORT ESOCKTNOSUPPORT EADDRNOTAVAIL ENETRESET EISCONN ENOTCONN ETOOMANYREFS ' +
      'EPROCLIM EUSERS EDQUOT ESTALE ENOTSUP ENOMEDIUM',
  ],
  [138, 'EILSEQ EOVERFLOW ECANCELED ENOTRECOVERABLE EOWNERDEAD ESTRPIPE'],
];

const NAMES: ReadonlyMap<number, string> = new Map(
  RUNS.flatMap(([first, names]) => names.split(' ').map((name, i): [number, string] => [first + i, name])),
);

/**
 * Name of an errno number as newlib spells it: 104 is "ECONNRESET".
 * 11 has two names; lwIP's own one, EWOULDBLOCK, is given.
 * @returns "errno 200" for a number without a name
 */
export function errnoName(n: number): string {
  return NAMES.get(n) ?? `errno ${n}`;
}

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...[...NAMES].map(([n, name]): [string, number] => [name, n]),
  ['EAGAIN', EAGAIN],
]);

/** The number of an errno by its name in newlib; undefined if there is no such name. */
export function errnoNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

/** What the numbers that lwIP can leave mean to the caller of a socket. */
const TEXTS: ReadonlyMap<number, string> = new Map([
  [ENOENT, 'there is no such entry'],
  [EINTR, 'the call was interrupted'],
  [EIO, 'an argument makes no sense or the device failed'],
  [EBADF, 'the descriptor is not open'],
  [EWOULDBLOCK, 'the call would have to wait, or the time to wait is over'],
  [ENOMEM, 'no memory is left'],
  [EFAULT, 'a pointer argument is missing'],
  [EBUSY, 'too many tasks wait for this descriptor'],
  [ENODEV, 'there is no network interface of that name'],
  [EINVAL, 'an argument is invalid, or the socket is in a state in which the call cannot be made'],
  [ENFILE, 'all sockets are in use'],
  [ENOSPC, 'the buffer is too small'],
  [ERANGE, 'the result does not fit'],
  [ENOSYS, 'the call or the command does not exist'],
  [EOPNOTSUPP, 'this kind of socket cannot do that'],
  [ECONNRESET, 'connection reset by the peer'],
  [ENOBUFS, 'no buffer space is left'],
  [EAFNOSUPPORT, 'the address family is not supported'],
  [ENOPROTOOPT, 'the option does not exist for this kind of socket'],
  [EADDRINUSE, 'the address and port are already in use'],
  [ECONNABORTED, 'connection given up: the peer does not answer, or the own address is gone'],
  [EHOSTUNREACH, 'there is no route to the host'],
  [EINPROGRESS, 'the operation has been started and is not finished'],
  [EALREADY, 'an earlier connect is still running'],
  [EMSGSIZE, 'the message is too long'],
  [EADDRNOTAVAIL, 'the address is not available on this host'],
  [EISCONN, 'the socket is already connected'],
  [ENOTCONN, 'the socket is not connected'],
]);

/** A short English text for an errno number, for people; like strerror(), but in the words of this project.
 *  @returns the text; for a number that lwIP never leaves its name */
export function errnoText(n: number): string {
  return n === 0 ? 'no error' : (TEXTS.get(n) ?? errnoName(n));
}
