/* The ops of a scenario: each becomes the calls that it stands for, and every call a record. */

#include "oracle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define PATTERN_SIZE (1 << 20)
#define HEX_LIMIT 64
#define MAX_PARTS 64

/* Numbers that scenarios and records write as newlib and lwIP's own headers have them. */

struct named {
  const char *name;
  int here, there;
};

static const struct named message_flags[] = {
  {"MSG_PEEK", MSG_PEEK, 0x01}, {"MSG_WAITALL", MSG_WAITALL, 0x02}, {"MSG_OOB", MSG_OOB, 0x04},
  {"MSG_DONTWAIT", MSG_DONTWAIT, 0x08}, {"MSG_MORE", MSG_MORE, 0x10}, {NULL, 0, 0},
};
static const struct named types[] = {{"tcp", SOCK_STREAM, 1}, {"udp", SOCK_DGRAM, 2}, {"raw", SOCK_RAW, 3}, {NULL, 0, 0}};
static const struct named directions[] = {{"rd", SHUT_RD, 0}, {"wr", SHUT_WR, 1}, {"rdwr", SHUT_RDWR, 2}, {NULL, 0, 0}};
static const struct named commands[] = {{"F_GETFL", F_GETFL, 3}, {"F_SETFL", F_SETFL, 4}, {NULL, 0, 0}};
static const struct named status_flags[] = {{"O_NONBLOCK", O_NONBLOCK, 0x4000}, {NULL, 0, 0}};
static const struct named requests[] = {{"FIONREAD", FIONREAD, 0}, {"FIONBIO", FIONBIO, 0}, {NULL, 0, 0}};
static const struct named protocols[] = {
  {"icmp", IPPROTO_ICMP, 1}, {"tcp", IPPROTO_TCP, 6}, {"udp", IPPROTO_UDP, 17}, {NULL, 0, 0},
};
static const struct named poll_events[] = {
  {"IN", POLLIN, 0}, {"PRI", POLLPRI, 0}, {"OUT", POLLOUT, 0}, {"ERR", POLLERR, 0}, {"HUP", POLLHUP, 0},
  {"NVAL", POLLNVAL, 0}, {NULL, 0, 0},
};

enum option_kind { OPTION_INT, OPTION_MS, OPTION_LINGER, OPTION_ADDRESS, OPTION_MEMBERSHIP };

struct option {
  const char *name;
  int level, number;
  enum option_kind kind;
};

static const struct option options[] = {
  {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, OPTION_INT}, {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, OPTION_INT},
  {"SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, OPTION_INT}, {"SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, OPTION_INT},
  {"SO_LINGER", SOL_SOCKET, SO_LINGER, OPTION_LINGER}, {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, OPTION_INT},
  {"SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO, OPTION_MS}, {"SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO, OPTION_MS},
  {"SO_ERROR", SOL_SOCKET, SO_ERROR, OPTION_INT}, {"SO_TYPE", SOL_SOCKET, SO_TYPE, OPTION_INT},
  {"SO_NO_CHECK", SOL_SOCKET, SO_NO_CHECK, OPTION_INT}, {"IP_TOS", IPPROTO_IP, IP_TOS, OPTION_INT},
  {"IP_TTL", IPPROTO_IP, IP_TTL, OPTION_INT}, {"IP_MULTICAST_TTL", IPPROTO_IP, IP_MULTICAST_TTL, OPTION_INT},
  {"IP_MULTICAST_IF", IPPROTO_IP, IP_MULTICAST_IF, OPTION_ADDRESS},
  {"IP_MULTICAST_LOOP", IPPROTO_IP, IP_MULTICAST_LOOP, OPTION_INT},
  {"IP_ADD_MEMBERSHIP", IPPROTO_IP, IP_ADD_MEMBERSHIP, OPTION_MEMBERSHIP},
  {"IP_DROP_MEMBERSHIP", IPPROTO_IP, IP_DROP_MEMBERSHIP, OPTION_MEMBERSHIP},
  {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, OPTION_INT}, {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, OPTION_INT},
  {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, OPTION_INT}, {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, OPTION_INT},
};

static void unknown(const char *what, const char *name) {
  fprintf(stderr, "The oracle does not know the %s %s.\n", what, name);
  exit(2);
}

static const struct named *find_named(const struct named *table, const char *name) {
  for (; table->name != NULL; table++) {
    if (strcmp(table->name, name) == 0) return table;
  }
  unknown("name", name);
  return NULL;
}

/* The number of a name; numbers stand for themselves. */
static int number_of(const struct named *table, const struct json *value, bool there) {
  if (value == NULL) return 0;
  if (value->type == JSON_NUMBER) return (int)value->number;
  const struct named *entry = find_named(table, value->string);
  return there ? entry->there : entry->here;
}

static int flags_of(const struct json *op, bool there) {
  const struct json *last = op->first;
  while (last->next != NULL) last = last->next;
  const struct json *flags = json_member(last, "flags");
  if (flags == NULL || flags->type != JSON_LIST) return number_of(message_flags, flags, there);
  int sum = 0;
  for (const struct json *flag = flags->first; flag != NULL; flag = flag->next) sum |= number_of(message_flags, flag, there);
  return sum;
}

static const struct json *options_of(const struct json *op) {
  const struct json *last = op->first;
  while (last->next != NULL) last = last->next;
  return last->type == JSON_OBJECT ? last : NULL;
}

/* Socket variables */

static struct variable *variable(struct program *p, const struct json *ref) {
  static struct variable literal;
  struct host *host = p->task->host;
  if (ref->type == JSON_NUMBER) {
    literal = (struct variable){"", (int)ref->number, 0, 0};
    return &literal;
  }
  for (int i = 0; i < host->variable_count; i++) {
    if (strcmp(host->variables[i].name, ref->string) == 0) return &host->variables[i];
  }
  struct variable *v = &host->variables[host->variable_count++];
  *v = (struct variable){ref->string, -1, 0, 0};
  return v;
}

static void assign(struct program *p, const struct json *ref, int fd) {
  struct variable *v = variable(p, ref);
  *v = (struct variable){v->name, fd, 0, 0};
}

/* The pattern: byte k of a stream is k * 131 + 17. */

static const uint8_t *pattern(int64_t k, int64_t size) {
  static uint8_t table[PATTERN_SIZE + 256];
  if (table[0] == 0) {
    for (int i = 0; i < PATTERN_SIZE + 256; i++) table[i] = (uint8_t)(i * 131 + 17);
  }
  if (size > PATTERN_SIZE) unknown("size of", "a write beyond 1 MB");
  return table + (k & 255);
}

/* Addresses */

static struct sockaddr_in address_of(const struct json *ip, const struct json *port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port->number)};
  if (strcmp(ip->string, "broadcast") == 0) name.sin_addr.s_addr = INADDR_BROADCAST;
  else if (strcmp(ip->string, "unspec") == 0) name.sin_family = AF_UNSPEC;
  else if (strcmp(ip->string, "any") != 0) inet_aton(ip->string, &name.sin_addr);
  return name;
}

static void put_endpoint(struct text *t, const char *key, const struct json *ip, const struct json *port) {
  text_add(t, ",\"%s\":[\"%s\",%lld]", key, ip->string, (long long)port->number);
}

static void put_address(struct text *t, const char *key, const struct sockaddr_in *name) {
  text_add(t, ",\"%s\":[\"%s\",%d]", key, inet_ntoa(name->sin_addr), ntohs(name->sin_port));
}

/* Calls */

static struct call *begin(struct program *p, const char *fn) {
  struct call *call = recording ? record_call(p->task, p->k++, fn) : NULL;
  errno = 0;
  return call;
}

#define ARGUMENTS(...) \
  do { \
    if (call != NULL) text_add(&call->arguments, __VA_ARGS__); \
  } while (0)

static void finish(struct call *call, int64_t ret) {
  int error = errno;
  if (call == NULL) return;
  record_return(call);
  text_add(&call->results, ",\"ret\":%lld", (long long)ret);
  bool is_reading = strncmp(call->arguments.bytes + 7, "recv", 4) == 0 || strncmp(call->arguments.bytes + 7, "read", 4) == 0;
  if (ret < 0 || (ret == 0 && error != 0 && is_reading)) {
    if (error == 0) text_add(&call->results, ",\"errno\":null,\"eno\":0");
    else text_add(&call->results, ",\"errno\":\"%s\",\"eno\":%d", errno_name(error), errno_of_newlib(error));
  }
  errno = error;
}

static int simple(struct program *p, const char *fn, int fd, int (*function)(int)) {
  struct call *call = begin(p, fn);
  ARGUMENTS(",\"fd\":%d", fd);
  int ret = function(fd);
  finish(call, ret);
  return ret;
}

static void put_flags(struct call *call, const struct json *op) {
  int flags = flags_of(op, true);
  if (flags != 0) ARGUMENTS(",\"flags\":%d", flags);
}

/* What was received: an offset in the pattern, the bytes, or their digest. */
static void received(struct call *call, struct variable *v, const uint8_t *bytes, int64_t ret, int64_t size) {
  if (ret <= 0) return;
  size_t length = (size_t)(ret < size ? ret : size);
  if (call != NULL) {
    if (memcmp(bytes, pattern(v->received, (int64_t)length), length) == 0) {
      text_add(&call->results, ",\"pat\":%lld", (long long)v->received);
    } else if (length <= HEX_LIMIT) {
      text_add(&call->results, ",\"hex\":\"");
      text_hex(&call->results, bytes, length);
      text_add(&call->results, "\"");
    } else {
      uint8_t digest[20];
      sha1(bytes, length, digest);
      text_add(&call->results, ",\"sha1\":\"");
      text_hex(&call->results, digest, 20);
      text_add(&call->results, "\"");
    }
  }
  v->received += ret;
}

/* Data of an op: pattern bytes, digits, text, or one byte many times. */
static const uint8_t *payload(const struct json *data, const struct variable *v, size_t *size) {
  if (data->type == JSON_NUMBER) {
    *size = (size_t)data->number;
    return pattern(v->sent, data->number);
  }
  const struct json *hex = json_member(data, "hex"), *text = json_member(data, "text");
  if (text != NULL) {
    *size = strlen(text->string);
    return (const uint8_t *)text->string;
  }
  *size = hex != NULL ? strlen(hex->string) / 2 : (size_t)json_number(data, "len", 0);
  uint8_t *bytes = arena_alloc(*size);
  if (hex == NULL) memset(bytes, (int)json_number(data, "fill", 0), *size);
  for (size_t i = 0; hex != NULL && i < *size; i++) sscanf(hex->string + 2 * i, "%2hhx", &bytes[i]);
  return bytes;
}

static ssize_t send_bytes(struct program *p, const char *fn, struct variable *v, const uint8_t *bytes, size_t size,
                          const struct json *op) {
  struct lwip *lwip = p->task->host->lwip;
  int flags = flags_of(op, false);
  struct call *call = begin(p, fn);
  ARGUMENTS(",\"fd\":%d,\"len\":%zu", v->fd, size);
  put_flags(call, op);
  ssize_t ret = fn[0] == 's' ? lwip->lwip_send(v->fd, bytes, size, flags) : lwip->lwip_write(v->fd, bytes, size);
  finish(call, ret);
  if (ret > 0) v->sent += ret;
  return ret;
}

static ssize_t recv_bytes(struct program *p, const char *fn, struct variable *v, uint8_t *mem, size_t size,
                          const struct json *op) {
  struct lwip *lwip = p->task->host->lwip;
  struct sockaddr_in from = {0};
  socklen_t length = sizeof from;
  int flags = flags_of(op, false);
  struct call *call = begin(p, fn);
  ssize_t ret;
  ARGUMENTS(",\"fd\":%d,\"len\":%zu", v->fd, size);
  put_flags(call, op);
  if (strcmp(fn, "recv") == 0) ret = lwip->lwip_recv(v->fd, mem, size, flags);
  else if (strcmp(fn, "read") == 0) ret = lwip->lwip_read(v->fd, mem, size);
  else ret = lwip->lwip_recvfrom(v->fd, mem, size, flags, (struct sockaddr *)&from, &length);
  finish(call, ret);
  if (ret >= 0 && call != NULL && strcmp(fn, "recvfrom") == 0) put_address(&call->results, "from", &from);
  received(call, v, mem, ret, (int64_t)size);
  return ret;
}

static void sleep_ms(int64_t ms) {
  int64_t ticks = ms * 1000 / tick_us;
  if (ticks == 0) task_yield();
  else task_block(NULL, deadline_in(ticks));
}

/* Ops that loop */

static void send_all(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  const struct json *loop = options_of(op);
  int64_t left = json_at(op, 2)->number, chunk = json_at(op, 3)->number;
  int64_t pause = json_number(loop, "sleep_ms", 0), on_eagain = json_number(loop, "on_eagain_sleep_ms", 0);
  while (left > 0) {
    int64_t size = chunk < left ? chunk : left;
    ssize_t ret = send_bytes(p, "send", v, pattern(v->sent, size), (size_t)size, op);
    if (ret >= 0) {
      left -= ret;
      if (pause > 0) sleep_ms(pause);
    } else if (on_eagain > 0 && errno == EAGAIN) sleep_ms(on_eagain);
    else return;
  }
}

static void recv_loop(struct program *p, const struct json *op, int64_t total, int64_t chunk) {
  struct variable *v = variable(p, json_at(op, 1));
  int64_t pause = json_number(options_of(op), "sleep_ms", 0);
  uint8_t *mem = arena_alloc((size_t)chunk);
  while (total > 0) {
    ssize_t ret = recv_bytes(p, "recv", v, mem, (size_t)(chunk < total ? chunk : total), op);
    if (ret <= 0) break;
    total -= ret;
    if (pause > 0) sleep_ms(pause);
  }
  arena_free(mem);
}

static void echo(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  size_t chunk = (size_t)json_at(op, 2)->number;
  uint8_t *mem = arena_alloc(chunk);
  for (;;) {
    ssize_t size = recv_bytes(p, "recv", v, mem, chunk, op), at = 0;
    if (size <= 0) break;
    while (at < size) {
      ssize_t ret = send_bytes(p, "send", v, mem + at, (size_t)(size - at), op);
      if (ret < 0) goto end;
      at += ret;
    }
  }
end:
  arena_free(mem);
}

/* Ops with several parts */

static int parts_of(struct json *lens, struct iovec *iov, uint8_t *mem) {
  int count = 0;
  for (struct json *len = lens->first; len != NULL && count < MAX_PARTS; len = len->next) {
    iov[count++] = (struct iovec){mem, (size_t)len->number};
    mem += len->number;
  }
  return count;
}

static size_t sum_of(const struct json *lens) {
  size_t sum = 0;
  for (const struct json *len = lens->first; len != NULL; len = len->next) sum += (size_t)len->number;
  return sum;
}

static void put_lens(struct call *call, const struct json *lens) {
  if (call == NULL) return;
  text_add(&call->arguments, ",\"lens\":");
  text_json(&call->arguments, lens);
}

static void gather(struct program *p, const struct json *op, bool is_sendmsg) {
  struct lwip *lwip = p->task->host->lwip;
  struct variable *v = variable(p, json_at(op, 1));
  struct json *lens = json_at(op, 2), *to = json_member(options_of(op), "to");
  struct iovec iov[MAX_PARTS];
  struct sockaddr_in name;
  int count = parts_of(lens, iov, (uint8_t *)(uintptr_t)pattern(v->sent, (int64_t)sum_of(lens)));
  int flags = flags_of(op, false);
  struct call *call = begin(p, is_sendmsg ? "sendmsg" : "writev");
  ARGUMENTS(",\"fd\":%d", v->fd);
  put_lens(call, lens);
  put_flags(call, op);
  struct msghdr msg = {.msg_iov = iov, .msg_iovlen = (size_t)count};
  if (to != NULL) {
    name = address_of(json_at(to, 0), json_at(to, 1));
    msg.msg_name = &name;
    msg.msg_namelen = sizeof name;
    if (call != NULL) put_endpoint(&call->arguments, "to", json_at(to, 0), json_at(to, 1));
  }
  ssize_t ret = is_sendmsg ? lwip->lwip_sendmsg(v->fd, &msg, flags) : lwip->lwip_writev(v->fd, iov, count);
  finish(call, ret);
  if (ret > 0) v->sent += ret;
}

static void scatter(struct program *p, const struct json *op, bool is_recvmsg) {
  struct lwip *lwip = p->task->host->lwip;
  struct variable *v = variable(p, json_at(op, 1));
  struct json *lens = json_at(op, 2);
  struct iovec iov[MAX_PARTS];
  struct sockaddr_in from = {0};
  size_t room = sum_of(lens);
  uint8_t *mem = arena_alloc(room);
  int count = parts_of(lens, iov, mem);
  int flags = flags_of(op, false);
  bool wants_from = json_number(options_of(op), "from", 0) != 0;
  struct call *call = begin(p, is_recvmsg ? "recvmsg" : "readv");
  ARGUMENTS(",\"fd\":%d", v->fd);
  put_lens(call, lens);
  put_flags(call, op);
  struct msghdr msg = {.msg_iov = iov, .msg_iovlen = (size_t)count};
  if (wants_from) {
    msg.msg_name = &from;
    msg.msg_namelen = sizeof from;
  }
  ssize_t ret = is_recvmsg ? lwip->lwip_recvmsg(v->fd, &msg, flags) : lwip->lwip_readv(v->fd, iov, count);
  finish(call, ret);
  if (ret >= 0 && is_recvmsg && call != NULL) {
    text_add(&call->results, ",\"msg_flags\":%d", (msg.msg_flags & MSG_TRUNC) != 0 ? 4 : 0);
    if (wants_from) put_address(&call->results, "from", &from);
  }
  received(call, v, mem, ret, (int64_t)room);
  arena_free(mem);
}

/* Options and modes */

static const struct option *option_of(const struct json *name) {
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    if (strcmp(options[i].name, name->string) == 0) return &options[i];
  }
  unknown("option", name->string);
  return NULL;
}

union option_value {
  int number;
  struct timeval time;
  struct linger linger;
  struct in_addr address;
  struct ip_mreq membership;
};

static socklen_t make_value(const struct option *option, const struct json *value, union option_value *out) {
  switch (option->kind) {
    case OPTION_INT:
      out->number = value == NULL ? 0 : (int)value->number;
      return sizeof out->number;
    case OPTION_MS:
      if (value != NULL) out->time = (struct timeval){value->number / 1000, value->number % 1000 * 1000};
      return sizeof out->time;
    case OPTION_LINGER:
      if (value != NULL) out->linger = (struct linger){(int)json_at(value, 0)->number, (int)json_at(value, 1)->number};
      return sizeof out->linger;
    case OPTION_ADDRESS:
      if (value != NULL) inet_aton(value->string, &out->address);
      return sizeof out->address;
    case OPTION_MEMBERSHIP:
      if (value != NULL) {
        inet_aton(json_at(value, 0)->string, &out->membership.imr_multiaddr);
        inet_aton(json_at(value, 1)->string, &out->membership.imr_interface);
      }
      return sizeof out->membership;
  }
  return 0;
}

static void put_spelling(struct call *call, const char *key, const struct json *value) {
  if (call == NULL) return;
  text_add(&call->arguments, ",\"%s\":", key);
  text_json(&call->arguments, value);
}

static void set_option(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  const struct option *option = option_of(json_at(op, 2));
  union option_value value = {0};
  socklen_t length = (socklen_t)json_number(options_of(op), "optlen", make_value(option, json_at(op, 3), &value));
  struct call *call = begin(p, "setsockopt");
  ARGUMENTS(",\"fd\":%d", v->fd);
  put_spelling(call, "opt", json_at(op, 2));
  put_spelling(call, "val", json_at(op, 3));
  finish(call, p->task->host->lwip->lwip_setsockopt(v->fd, option->level, option->number, &value, length));
}

static void put_option_value(struct text *t, const struct option *option, const union option_value *value) {
  switch (option->kind) {
    case OPTION_MS:
      text_add(t, ",\"val\":%lld", (long long)(value->time.tv_sec * 1000 + value->time.tv_usec / 1000));
      break;
    case OPTION_LINGER:
      text_add(t, ",\"val\":[%d,%d]", value->linger.l_onoff, value->linger.l_linger);
      break;
    case OPTION_ADDRESS:
      text_add(t, ",\"val\":\"%s\"", inet_ntoa(value->address));
      break;
    default:
      if (option->number == SO_ERROR && option->level == SOL_SOCKET) {
        text_add(t, ",\"val\":%d", errno_of_newlib(value->number));
        if (value->number != 0) text_add(t, ",\"val_errno\":\"%s\"", errno_name(value->number));
      } else text_add(t, ",\"val\":%d", value->number);
  }
}

static void get_option(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  const struct option *option = option_of(json_at(op, 2));
  union option_value value = {0};
  socklen_t length = (socklen_t)json_number(options_of(op), "optlen", make_value(option, NULL, &value));
  struct call *call = begin(p, "getsockopt");
  ARGUMENTS(",\"fd\":%d", v->fd);
  put_spelling(call, "opt", json_at(op, 2));
  int ret = p->task->host->lwip->lwip_getsockopt(v->fd, option->level, option->number, &value, &length);
  finish(call, ret);
  if (ret >= 0 && call != NULL) put_option_value(&call->results, option, &value);
}

static void file_control(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  const struct json *value = json_at(op, 3);
  int command = number_of(commands, json_at(op, 2), false);
  struct call *call = begin(p, "fcntl");
  ARGUMENTS(",\"fd\":%d,\"cmd\":%d,\"val\":%d", v->fd, number_of(commands, json_at(op, 2), true),
            number_of(status_flags, value, true));
  int ret = p->task->host->lwip->lwip_fcntl(v->fd, command, number_of(status_flags, value, false));
  if (command == F_GETFL && ret >= 0) ret = (ret & ~O_NONBLOCK) | ((ret & O_NONBLOCK) != 0 ? 0x4000 : 0);
  finish(call, ret);
}

static void io_control(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  const struct json *argument = json_at(op, 3);
  int value = argument == NULL ? 0 : (int)argument->number;
  struct call *call = begin(p, "ioctl");
  ARGUMENTS(",\"fd\":%d,\"cmd\":\"%s\"", v->fd, json_at(op, 2)->string);
  finish(call, p->task->host->lwip->lwip_ioctl(v->fd, number_of(requests, json_at(op, 2), false), &value));
  if (call != NULL) text_add(&call->results, ",\"val\":%d", value);
}

static short events_of(const char *names) {
  char copy[80];
  int events = 0;
  snprintf(copy, sizeof copy, "%s", names);
  for (char *name = strtok(copy, "|"); name != NULL; name = strtok(NULL, "|")) events |= find_named(poll_events, name)->here;
  return (short)events;
}

static void poll_sockets(struct program *p, const struct json *op) {
  struct pollfd fds[MAX_PARTS];
  nfds_t count = 0;
  int timeout = (int)json_at(op, 2)->number;
  struct call *call = begin(p, "lwip_poll");
  ARGUMENTS(",\"fds\":[");
  for (const struct json *entry = json_at(op, 1)->first; entry != NULL; entry = entry->next) {
    const char *names = json_at(entry, 1)->string;
    fds[count] = (struct pollfd){variable(p, json_at(entry, 0))->fd, events_of(names), 0};
    ARGUMENTS("%s[%d,\"%s\"]", count == 0 ? "" : ",", fds[count].fd, names);
    count++;
  }
  ARGUMENTS("],\"timeout_ms\":%d", timeout);
  finish(call, p->task->host->lwip->lwip_poll(fds, count, timeout));
  if (call == NULL) return;
  text_add(&call->results, ",\"revents\":[");
  for (nfds_t i = 0; i < count; i++) {
    text_add(&call->results, i == 0 ? "\"" : ",\"");
    for (const struct named *event = poll_events; event->name != NULL; event++) {
      if ((fds[i].revents & event->here) != 0) text_add(&call->results, "%s ", event->name);
    }
    text_add(&call->results, "\"");
  }
  text_add(&call->results, "]");
}

/* The other ops */

static void open_socket(struct program *p, const struct json *op) {
  const struct json *opts = options_of(op);
  int type = number_of(types, json_at(op, 2), false), proto = number_of(protocols, json_member(opts, "proto"), false);
  struct call *call = begin(p, "socket");
  ARGUMENTS(",\"domain\":%d,\"type\":%d,\"proto\":%d", AF_INET, type, proto);
  int ret = p->task->host->lwip->lwip_socket(AF_INET, type, proto);
  finish(call, ret);
  assign(p, json_at(op, 1), ret);
}

static void with_address(struct program *p, const struct json *op, const char *fn,
                         int (*function)(int, const struct sockaddr *, socklen_t)) {
  struct variable *v = variable(p, json_at(op, 1));
  struct sockaddr_in name = address_of(json_at(op, 2), json_at(op, 3));
  socklen_t length = (socklen_t)json_number(options_of(op), "addrlen", sizeof name);
  struct call *call = begin(p, fn);
  ARGUMENTS(",\"fd\":%d", v->fd);
  if (call != NULL) put_endpoint(&call->arguments, "addr", json_at(op, 2), json_at(op, 3));
  finish(call, function(v->fd, (struct sockaddr *)&name, length));
}

static void accept_one(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  struct sockaddr_in peer = {0};
  socklen_t length = sizeof peer;
  bool no_address = json_number(options_of(op), "noaddr", 0) != 0;
  struct call *call = begin(p, "accept");
  ARGUMENTS(",\"fd\":%d", v->fd);
  int ret = p->task->host->lwip->lwip_accept(v->fd, no_address ? NULL : (struct sockaddr *)&peer, no_address ? NULL : &length);
  finish(call, ret);
  if (ret >= 0 && !no_address && call != NULL) put_address(&call->results, "addr", &peer);
  assign(p, json_at(op, 2), ret);
}

static void name_of(struct program *p, const struct json *op, const char *fn,
                    int (*function)(int, struct sockaddr *, socklen_t *)) {
  struct variable *v = variable(p, json_at(op, 1));
  struct sockaddr_in name = {0};
  socklen_t length = sizeof name;
  struct call *call = begin(p, fn);
  ARGUMENTS(",\"fd\":%d", v->fd);
  int ret = function(v->fd, (struct sockaddr *)&name, &length);
  finish(call, ret);
  if (ret >= 0 && call != NULL) put_address(&call->results, "addr", &name);
}

/* listen() and shutdown(): a descriptor and a number. */
static void with_number(struct program *p, const struct json *op, const char *fn, const char *key, int number,
                        int (*function)(int, int)) {
  struct variable *v = variable(p, json_at(op, 1));
  struct call *call = begin(p, fn);
  ARGUMENTS(",\"fd\":%d,\"%s\":%d", v->fd, key, number);
  finish(call, function(v->fd, number));
}

static void send_to(struct program *p, const struct json *op) {
  struct variable *v = variable(p, json_at(op, 1));
  const struct json *ip = json_at(op, 3);
  bool has_address = ip != NULL && ip->type == JSON_STRING;
  struct sockaddr_in name = {0};
  size_t size;
  const uint8_t *bytes = payload(json_at(op, 2), v, &size);
  int flags = flags_of(op, false);
  struct call *call = begin(p, "sendto");
  ARGUMENTS(",\"fd\":%d,\"len\":%zu", v->fd, size);
  if (has_address) {
    name = address_of(ip, json_at(op, 4));
    if (call != NULL) put_endpoint(&call->arguments, "to", ip, json_at(op, 4));
  } else ARGUMENTS(",\"to\":null");
  put_flags(call, op);
  struct lwip *lwip = p->task->host->lwip;
  ssize_t ret = lwip->lwip_sendto(v->fd, bytes, size, flags, has_address ? (struct sockaddr *)&name : NULL,
                                  has_address ? sizeof name : 0);
  finish(call, ret);
  if (ret > 0) v->sent += ret;
}

static void set_link(struct program *p, const struct json *op, bool up) {
  struct host *host = p->task->host;
  bool cable_only = json_number(options_of(op), "cable_only", 0) != 0;
  struct call *call = begin(p, up ? "link_up" : "link_down");
  ARGUMENTS(",\"cable_only\":%d", cable_only ? 1 : 0);
  host->cable = up;
  if (!cable_only) {
    mutex_lock(&host->core_lock);
    (up ? host->lwip->netif_set_link_up : host->lwip->netif_set_link_down)(&host->netif);
    mutex_unlock(&host->core_lock);
  }
  errno = 0;
  finish(call, 0);
}

static void perform(struct program *p, const struct json *op);

static void repeat(struct program *p, const struct json *op) {
  for (int64_t i = json_at(op, 1)->number; i > 0; i--) {
    for (const struct json *inner = json_at(op, 2)->first; inner != NULL; inner = inner->next) perform(p, inner);
  }
}

static bool perform_data(struct program *p, const struct json *op, const char *name) {
  size_t size;
  if (strcmp(name, "send") == 0 || strcmp(name, "write") == 0) {
    struct variable *v = variable(p, json_at(op, 1));
    const uint8_t *bytes = payload(json_at(op, 2), v, &size);
    send_bytes(p, name, v, bytes, size, op);
  } else if (strcmp(name, "recv") == 0 || strcmp(name, "read") == 0 || strcmp(name, "recvfrom") == 0) {
    size = (size_t)json_at(op, 2)->number;
    uint8_t *mem = arena_alloc(size);
    recv_bytes(p, name, variable(p, json_at(op, 1)), mem, size, op);
    arena_free(mem);
  } else if (strcmp(name, "sendto") == 0) send_to(p, op);
  else if (strcmp(name, "sendall") == 0) send_all(p, op);
  else if (strcmp(name, "recvn") == 0) recv_loop(p, op, json_at(op, 2)->number, json_at(op, 3)->number);
  else if (strcmp(name, "recvall") == 0) recv_loop(p, op, INT64_MAX, json_at(op, 2)->number);
  else if (strcmp(name, "echo") == 0) echo(p, op);
  else if (strcmp(name, "writev") == 0) gather(p, op, false);
  else if (strcmp(name, "sendmsg") == 0) gather(p, op, true);
  else if (strcmp(name, "readv") == 0) scatter(p, op, false);
  else if (strcmp(name, "recvmsg") == 0) scatter(p, op, true);
  else return false;
  return true;
}

static bool perform_control(struct program *p, const struct json *op, const char *name) {
  struct lwip *lwip = p->task->host->lwip;
  if (strcmp(name, "socket") == 0) open_socket(p, op);
  else if (strcmp(name, "bind") == 0) with_address(p, op, "bind", lwip->lwip_bind);
  else if (strcmp(name, "connect") == 0) with_address(p, op, "connect", lwip->lwip_connect);
  else if (strcmp(name, "listen") == 0) {
    with_number(p, op, "listen", "backlog", (int)json_at(op, 2)->number, lwip->lwip_listen);
  } else if (strcmp(name, "shutdown") == 0) {
    with_number(p, op, "shutdown", "how", number_of(directions, json_at(op, 2), false), lwip->lwip_shutdown);
  } else if (strcmp(name, "accept") == 0) accept_one(p, op);
  else if (strcmp(name, "close") == 0) simple(p, "close", variable(p, json_at(op, 1))->fd, lwip->lwip_close);
  else if (strcmp(name, "getsockname") == 0) name_of(p, op, name, lwip->lwip_getsockname);
  else if (strcmp(name, "getpeername") == 0) name_of(p, op, name, lwip->lwip_getpeername);
  else if (strcmp(name, "setsockopt") == 0) set_option(p, op);
  else if (strcmp(name, "getsockopt") == 0) get_option(p, op);
  else if (strcmp(name, "fcntl") == 0) file_control(p, op);
  else if (strcmp(name, "ioctl") == 0) io_control(p, op);
  else if (strcmp(name, "lwip_poll") == 0) poll_sockets(p, op);
  else return false;
  return true;
}

static void perform(struct program *p, const struct json *op) {
  const char *name = json_at(op, 0)->string;
  if (perform_data(p, op, name) || perform_control(p, op, name)) return;
  if (strcmp(name, "sleep_ms") == 0) {
    struct call *call = begin(p, name);
    ARGUMENTS(",\"ms\":%lld", (long long)json_at(op, 1)->number);
    sleep_ms(json_at(op, 1)->number);
    errno = 0;
    finish(call, 0);
  } else if (strcmp(name, "yield") == 0) {
    struct call *call = begin(p, name);
    task_yield();
    errno = 0;
    finish(call, 0);
  } else if (strcmp(name, "repeat") == 0) repeat(p, op);
  else if (strcmp(name, "link_down") == 0 || strcmp(name, "link_up") == 0) set_link(p, op, name[5] == 'u');
  else unknown("op", name);
}

void program_run(void *argument) {
  struct program *p = argument;
  for (const struct json *op = p->ops->first; op != NULL; op = op->next) {
    p->k = 0;
    perform(p, op);
    p->task->op++;
  }
}
