/*
 * The oracle: lwIP as the distribution packages it, driven by a deterministic port. Hosts are private copies of the shared
 * library; tasks are coroutines; time is virtual. The rules C1..T6 named in the comments stand in test/golden/README.md.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/tcpip.h"

#define FOREVER INT64_MAX
#define MAX_HOSTS 8
#define MAX_PRIORITY 25
#define TCPIP_PRIORITY 18

/* json.c: reading */

enum json_type { JSON_NULL, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
  enum json_type type;
  int64_t number; /* true and false are 1 and 0 */
  const char *string;
  const char *key; /* member of an object */
  struct json *first, *next;
};

struct json *json_parse(char *text);
struct json *json_member(const struct json *object, const char *key);
struct json *json_at(const struct json *list, int index);
int json_length(const struct json *list);
int64_t json_number(const struct json *object, const char *key, int64_t otherwise);
const char *json_string(const struct json *object, const char *key, const char *otherwise);

/* json.c: writing */

struct text {
  char *bytes;
  size_t length, room;
};

void text_put(struct text *t, const char *bytes, size_t length);
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_hex(struct text *t, const uint8_t *bytes, size_t length);
void text_json(struct text *t, const struct json *value);

/* memory.c: everything of one scenario comes from one arena, which is emptied as a whole */

void *arena_alloc(size_t size);
void arena_free(void *memory);
bool arena_is_live(const void *memory);
void arena_reset(void);
/* Freed memory is filled with a pattern, so that its use is the same in every run. */
extern bool arena_poisons;

/* sched.c */

struct host;

enum task_state { TASK_UNBORN, TASK_READY, TASK_RUNNING, TASK_BLOCKED, TASK_DONE };

struct task {
  const char *name;
  struct host *host;
  int priority, base_priority;
  enum task_state state;
  void (*body)(void *);
  void *argument;
  struct task *next, *prev; /* ready list */
  struct wait_list *waits_in;
  struct task *wait_next;
  uint64_t wake_order; /* order number of the event that ends its wait; 0: none */
  bool is_tcpip; /* lwIP's own thread */
  bool entered;
  int saved_errno;
  int op; /* index of the op at work */
  jmp_buf context;
  ucontext_t entry;
  void *stack;
};

struct wait_list {
  struct task *head;
};

/* A mutex with priority inheritance. */
struct sys_mutex {
  struct task *owner;
  struct wait_list waiters;
};

struct frame {
  int refs;
  uint16_t length;
  uint8_t bytes[];
};

extern int64_t now_us, tick_us;
extern struct task *self;       /* the running task; NULL in an event handler */
extern struct host *event_host; /* whose event is being handled */

struct host *current_host(void);
int64_t deadline_in(int64_t ticks);
struct task *task_new(struct host *host, const char *name, int priority, void (*body)(void *), void *argument);
void task_start_at(struct task *task, int64_t at);
void task_make_ready(struct task *task);
bool task_block(struct wait_list *list, int64_t deadline);
void task_wake_first(struct wait_list *list);
void task_yield(void);
void preempt_if_higher(void);
void mutex_lock(struct sys_mutex *mutex);
void mutex_unlock(struct sys_mutex *mutex);
void arrival_at(struct host *to, struct frame *frame, bool is_injected, int64_t at);
void scheduler_reset(void);
void run_ready(void);
void run_until(int64_t end);
/* The scenario cannot go on: lwIP asserts, crashes or loops. Does not return. */
void give_up(const char *reason) __attribute__((noreturn));

/* host.c: library copies, driver, wire */

#define LWIP_FUNCTIONS(F) \
  F(tcpip_init) F(tcp_arg) F(tcp_recved) F(tcp_write) F(tcpip_input) F(netif_add) F(netif_set_up) F(netif_set_default) F(netif_set_link_up) \
  F(netif_set_link_down) F(etharp_output) F(ethip6_output) F(pbuf_alloced_custom) F(pbuf_free) \
  F(lwip_socket) F(lwip_bind) F(lwip_connect) F(lwip_listen) F(lwip_accept) F(lwip_close) F(lwip_shutdown) \
  F(lwip_send) F(lwip_sendto) F(lwip_sendmsg) F(lwip_write) F(lwip_writev) F(lwip_recv) F(lwip_recvfrom) \
  F(lwip_recvmsg) F(lwip_read) F(lwip_readv) F(lwip_getsockopt) F(lwip_setsockopt) F(lwip_ioctl) F(lwip_fcntl) \
  F(lwip_poll) F(lwip_getsockname) F(lwip_getpeername)

struct lwip {
  char *data; /* the writable part of this copy, and how it was after loading */
  size_t size;
  char *pristine;
#define DECLARE(name) __typeof__(&name) name;
  LWIP_FUNCTIONS(DECLARE)
#undef DECLARE
};

/* A socket variable of a scenario. */
struct variable {
  const char *name;
  int fd;
  int64_t sent, received;
};

struct host {
  const char *name;
  int index;
  uint8_t mac[6];
  ip4_addr_t ip, netmask, gw;
  uint32_t isn, isns, rands;
  uint16_t mtu;
  int mailboxes; /* made so far */
  int mailbox_size;
  bool cable;
  int64_t frames_sent;
  struct sys_mutex core_lock;
  struct netif netif;
  struct lwip *lwip;
  struct variable variables[64];
  int variable_count;
};

struct fault {
  int host;
  int64_t frame;
  enum { FAULT_DROP, FAULT_DELAY, FAULT_DUP, FAULT_CORRUPT } action;
  int64_t us, times, offset, xor_with;
  bool used;
  const struct json *source;
};

struct outage {
  int64_t t0_us, t1_us;
  int host; /* -1: all */
};

extern struct host hosts[MAX_HOSTS];
extern int host_count;
extern int64_t latency_us;
extern struct fault *faults;
extern int fault_count;
extern struct outage *outages;
extern int outage_count;

void library_load(const char *path);
int library_count(void);
void host_boot(struct host *host);
void host_receive(struct host *host, struct frame *frame, bool is_injected);
struct frame *frame_new(const uint8_t *bytes, uint16_t length);
void frame_release(struct frame *frame);

/* record.c: what happened, in the form of the trace files */

struct call {
  struct task *task;
  int op, k;
  int64_t t0_us, t1_us, n0, n1;
  bool returned;
  struct text arguments, results;
};

#define TOO_MUCH "too much happens"

extern bool recording;

void record_reset(void);
void record_frame(const struct host *from, const char *labels, const uint8_t *bytes, uint16_t length);
struct call *record_call(struct task *task, int k, const char *fn);
void record_return(struct call *call);
void record_write(struct text *out);
const char *errno_name(int number);
int errno_of_newlib(int number);

/* ops.c */

struct program {
  struct task *task;
  const struct json *ops;
  int k; /* calls made by the current op */
};

void program_run(void *program);

/* bench.c */

void bench_run(const char *name, int64_t amount, int64_t size);

/* sha1.c */

void sha1(const uint8_t *bytes, size_t length, uint8_t digest[20]);

#endif
