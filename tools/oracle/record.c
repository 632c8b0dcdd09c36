/* Calls and frames in the form of the trace files: JSON, errno values of newlib. */

#include "oracle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than this nobody wants to read, and the twin need not do it either. */
#define MAX_CALLS 10000
#define MAX_FRAMES 10000

bool recording = true;

static struct call **calls;
static size_t call_count, call_room;
static struct text frames;
static int64_t frame_count, next_number;

struct errno_entry {
  int here, newlib;
  const char *name;
};

static const struct errno_entry errnos[] = {
  {ENOENT, 2, "ENOENT"}, {EINTR, 4, "EINTR"}, {EIO, 5, "EIO"}, {EBADF, 9, "EBADF"}, {EAGAIN, 11, "EAGAIN"},
  {ENOMEM, 12, "ENOMEM"}, {EFAULT, 14, "EFAULT"}, {EBUSY, 16, "EBUSY"}, {ENODEV, 19, "ENODEV"}, {EINVAL, 22, "EINVAL"},
  {ENFILE, 23, "ENFILE"}, {ENOSPC, 28, "ENOSPC"}, {ERANGE, 34, "ERANGE"}, {ENOSYS, 88, "ENOSYS"},
  {EOPNOTSUPP, 95, "EOPNOTSUPP"}, {ECONNRESET, 104, "ECONNRESET"}, {ENOBUFS, 105, "ENOBUFS"},
  {EAFNOSUPPORT, 106, "EAFNOSUPPORT"}, {ENOPROTOOPT, 109, "ENOPROTOOPT"}, {EADDRINUSE, 112, "EADDRINUSE"},
  {ECONNABORTED, 113, "ECONNABORTED"}, {EHOSTUNREACH, 118, "EHOSTUNREACH"}, {EINPROGRESS, 119, "EINPROGRESS"},
  {EALREADY, 120, "EALREADY"}, {EMSGSIZE, 122, "EMSGSIZE"}, {EADDRNOTAVAIL, 125, "EADDRNOTAVAIL"},
  {EISCONN, 127, "EISCONN"}, {ENOTCONN, 128, "ENOTCONN"},
};

static const struct errno_entry *errno_entry(int number) {
  for (size_t i = 0; i < sizeof errnos / sizeof errnos[0]; i++) {
    if (errnos[i].here == number) return &errnos[i];
  }
  return NULL;
}

const char *errno_name(int number) {
  const struct errno_entry *entry = errno_entry(number);
  return entry == NULL ? "unknown" : entry->name;
}

int errno_of_newlib(int number) {
  const struct errno_entry *entry = errno_entry(number);
  return entry == NULL ? number : entry->newlib;
}

void record_reset(void) {
  memset(&frames, 0, sizeof frames);
  call_count = 0;
  frame_count = 0;
  next_number = 0;
}

void record_frame(const struct host *from, const char *labels, const uint8_t *bytes, uint16_t length) {
  if (frame_count == MAX_FRAMES) give_up(TOO_MUCH);
  text_add(&frames, "%s{\"t_us\":%lld,\"n\":%lld,\"from\":\"%s\",", frame_count++ == 0 ? "" : ",", (long long)now_us,
           (long long)next_number++, from->name);
  if (labels[0] != '\0') text_add(&frames, "\"fault\":\"%s\",", labels);
  text_add(&frames, "\"hex\":\"");
  text_hex(&frames, bytes, length);
  text_add(&frames, "\"}");
}

/* The caller adds the arguments, each with a comma in front. */
struct call *record_call(struct task *task, int k, const char *fn) {
  if (call_count == MAX_CALLS) give_up(TOO_MUCH);
  if (call_count == call_room) {
    call_room = 2 * call_room + 64;
    calls = realloc(calls, call_room * sizeof *calls);
  }
  struct call *call = arena_alloc(sizeof *call);
  memset(call, 0, sizeof *call);
  call->task = task;
  call->op = task->op;
  call->k = k;
  call->t0_us = now_us;
  call->n0 = next_number++;
  text_add(&call->arguments, ",\"fn\":\"%s\"", fn);
  calls[call_count++] = call;
  return call;
}

void record_return(struct call *call) {
  call->returned = true;
  call->t1_us = now_us;
  call->n1 = next_number++;
}

static void write_call(struct text *out, const struct call *call) {
  text_add(out, "{\"task\":\"%s\",\"op\":%d,\"k\":%d,\"t0_us\":%lld,\"n0\":%lld", call->task->name, call->op, call->k,
           (long long)call->t0_us, (long long)call->n0);
  if (call->returned) text_add(out, ",\"t1_us\":%lld,\"n1\":%lld", (long long)call->t1_us, (long long)call->n1);
  else text_add(out, ",\"t1_us\":null,\"n1\":null,\"ret\":null");
  text_put(out, call->arguments.bytes, call->arguments.length);
  if (call->returned) text_put(out, call->results.bytes, call->results.length);
  text_add(out, "}");
}

/* "calls", "frames", and the beginning of "final". */
void record_write(struct text *out) {
  text_add(out, "{\"calls\":[");
  for (size_t i = 0; i < call_count; i++) {
    if (i > 0) text_add(out, ",");
    write_call(out, calls[i]);
  }
  text_add(out, "],\"frames\":[");
  if (frames.length > 0) text_put(out, frames.bytes, frames.length);
  text_add(out, "],\"final\":{\"end_us\":%lld,\"nframes\":%lld,\"ncalls\":%lld", (long long)now_us, (long long)frame_count,
           (long long)call_count);
}
