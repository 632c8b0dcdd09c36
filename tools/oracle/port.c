/*
 * lwIP's operating system layer, and its other sources of time and chance: symbols that the library exports and that this
 * program defines before it, so that every copy of the library uses these. Waits follow ESP-IDF's arithmetic (rule C3).
 */

#include "oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TCPIP_MAILBOX_SIZE 32

struct sys_sem {
  int count;
  struct wait_list waiters;
};

struct sys_mbox {
  int size, count, first;
  struct wait_list receivers, senders;
  void *slots[];
};

u32_t sys_now(void) {
  return (u32_t)(now_us / tick_us * tick_us / 1000);
}

u32_t sys_jiffies(void) {
  return (u32_t)(now_us / tick_us);
}

void sys_init(void) {}

sys_prot_t sys_arch_protect(void) {
  return 0;
}

void sys_arch_unprotect(sys_prot_t level) {
  (void)level;
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn body, void *argument, int stack_size, int priority) {
  (void)stack_size;
  (void)priority;
  struct task *task = task_new(current_host(), name, TCPIP_PRIORITY, body, argument);
  task->is_tcpip = true;
  task_make_ready(task);
  return NULL;
}

/* Mailboxes: the first of a host is the tcpip thread's. */

err_t sys_mbox_new(sys_mbox_t *mbox, int size) {
  struct host *host = current_host();
  (void)size;
  int slots = host->mailboxes++ == 0 ? TCPIP_MAILBOX_SIZE : host->mailbox_size;
  struct sys_mbox *m = arena_alloc(sizeof *m + (size_t)slots * sizeof(void *));
  memset(m, 0, sizeof *m);
  m->size = slots;
  *mbox = m;
  return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *mbox) {
  arena_free(*mbox);
  *mbox = NULL;
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message) {
  struct sys_mbox *m = *mbox;
  if (m->count == m->size) return ERR_MEM;
  m->slots[(m->first + m->count++) % m->size] = message;
  if (m->receivers.head != NULL) {
    task_wake_first(&m->receivers);
    preempt_if_higher();
  }
  return ERR_OK;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message) {
  return sys_mbox_trypost(mbox, message);
}

void sys_mbox_post(sys_mbox_t *mbox, void *message) {
  while (sys_mbox_trypost(mbox, message) != ERR_OK) task_block(&(*mbox)->senders, FOREVER);
}

static void *take(struct sys_mbox *m) {
  void *message = m->slots[m->first];
  m->first = (m->first + 1) % m->size;
  m->count--;
  if (m->senders.head != NULL) {
    task_wake_first(&m->senders);
    preempt_if_higher();
  }
  return message;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout_ms) {
  struct sys_mbox *m = *mbox;
  int64_t begin_us = now_us;
  int64_t ticks = (int64_t)timeout_ms * 1000 / tick_us;
  /* A timer that is due within the running tick is served at the next one. */
  if (ticks == 0 && self->is_tcpip) ticks = 1;
  int64_t deadline = timeout_ms == 0 ? FOREVER : deadline_in(ticks);
  while (m->count == 0) {
    if (!task_block(&m->receivers, deadline)) return SYS_ARCH_TIMEOUT;
  }
  void *taken = take(m);
  if (message != NULL) *message = taken;
  return (u32_t)((now_us - begin_us) / 1000);
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message) {
  struct sys_mbox *m = *mbox;
  if (m->count == 0) return SYS_MBOX_EMPTY;
  void *taken = take(m);
  if (message != NULL) *message = taken;
  return 0;
}

/* Semaphores */

err_t sys_sem_new(sys_sem_t *sem, u8_t count) {
  struct sys_sem *s = arena_alloc(sizeof *s);
  memset(s, 0, sizeof *s);
  s->count = count;
  *sem = s;
  return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem) {
  arena_free(*sem);
  *sem = NULL;
}

void sys_sem_signal(sys_sem_t *sem) {
  struct sys_sem *s = *sem;
  s->count = 1;
  if (s->waiters.head != NULL) {
    task_wake_first(&s->waiters);
    preempt_if_higher();
  }
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms) {
  struct sys_sem *s = *sem;
  int64_t begin_us = now_us;
  int64_t ticks = ((int64_t)timeout_ms * 1000 + tick_us - 1) / tick_us + 1;
  int64_t deadline = timeout_ms == 0 ? FOREVER : deadline_in(ticks);
  while (s->count == 0) {
    if (!task_block(&s->waiters, deadline)) return SYS_ARCH_TIMEOUT;
  }
  s->count = 0;
  return (u32_t)((now_us - begin_us) / 1000);
}

/* Mutexes; the one of the core is the host's. */

err_t sys_mutex_new(sys_mutex_t *mutex) {
  *mutex = arena_alloc(sizeof **mutex);
  memset(*mutex, 0, sizeof **mutex);
  return ERR_OK;
}

void sys_mutex_free(sys_mutex_t *mutex) {
  arena_free(*mutex);
  *mutex = NULL;
}

void sys_mutex_lock(sys_mutex_t *mutex) {
  mutex_lock(*mutex);
}

void sys_mutex_unlock(sys_mutex_t *mutex) {
  mutex_unlock(*mutex);
}

void sys_lock_tcpip_core(void) {
  mutex_lock(&current_host()->core_lock);
}

void sys_unlock_tcpip_core(void) {
  mutex_unlock(&current_host()->core_lock);
}

void sys_mark_tcpip_thread(void) {}

void sys_check_core_locking(void) {}

/* Chance (rules S2, S3) */

int rand(void) {
  struct host *host = current_host();
  return (int)(1000u * (uint32_t)host->index + 137u * host->rands++);
}

u32_t tcp_next_iss(struct tcp_pcb *pcb) {
  (void)pcb;
  struct host *host = current_host();
  return host->isn + 0x00010000u * host->isns++;
}

/* lwIP goes on to use a pcb that it has freed, which real memory may or may not survive. */

static void check_pcb(const struct tcp_pcb *pcb) {
  if (!arena_is_live(pcb)) give_up("a freed pcb is used");
}

void tcp_arg(struct tcp_pcb *pcb, void *argument) {
  check_pcb(pcb);
  current_host()->lwip->tcp_arg(pcb, argument);
}

void tcp_recved(struct tcp_pcb *pcb, u16_t length) {
  check_pcb(pcb);
  current_host()->lwip->tcp_recved(pcb, length);
}

err_t tcp_write(struct tcp_pcb *pcb, const void *bytes, u16_t length, u8_t flags) {
  check_pcb(pcb);
  return current_host()->lwip->tcp_write(pcb, bytes, length, flags);
}

/* A failed assertion prints its text and aborts. */

static char last_words[200];

int __printf_chk(int flag, const char *format, ...) {
  va_list arguments;
  (void)flag;
  va_start(arguments, format);
  int length = vsnprintf(last_words, sizeof last_words, format, arguments);
  va_end(arguments);
  return length;
}

void abort(void) {
  give_up(last_words);
}
