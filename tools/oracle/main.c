/*
 * Usage: oracle LIBRARY... < scenarios > outcomes
 *
 * LIBRARY are copies of liblwip.so.0, one per host that a scenario may have. A line of input is a scenario as test/golden has
 * them; the line of output that answers it is what "expect" would hold. A scenario with "bench": {"name", "amount", "size"}
 * runs that work on its hosts in place of tasks, without records; its answer is {"cpu_us"}.
 */

#include "oracle.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

/* A scenario that computes so long without end has hung. */
#define LIMIT_S 5

static sigjmp_buf end_of_scenario;
static const char *reason;

void give_up(const char *why) {
  reason = why;
  siglongjmp(end_of_scenario, 1);
}

static void on_signal(int number) {
  give_up(number == SIGVTALRM ? "endless loop" : "use of memory that is not there");
}

static void catch_signals(void) {
  static char stack[1 << 16];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaltstack(&alternative, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGVTALRM, &action, NULL);
}

static void set_limit(int seconds) {
  struct itimerval limit = {.it_value = {.tv_sec = seconds}};
  setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

/* Setting up (rule E4) */

static int host_index(const char *name) {
  for (int i = 0; i < host_count; i++) {
    if (strcmp(hosts[i].name, name) == 0) return i;
  }
  fprintf(stderr, "There is no host %s.\n", name);
  exit(2);
}

static void set_ip(ip4_addr_t *ip, const char *text) {
  ip->addr = inet_addr(text);
}

static void add_host(const struct json *json, int64_t mailbox_size) {
  struct host *host = &hosts[host_count];
  char *address = arena_alloc(24);
  memset(host, 0, sizeof *host);
  host->index = host_count++;
  host->name = json_string(json, "name", "");
  snprintf(address, 24, "10.0.0.%d", host->index + 1);
  set_ip(&host->ip, json_string(json, "ip", address));
  set_ip(&host->netmask, json_string(json, "netmask", "255.255.255.0"));
  set_ip(&host->gw, json_string(json, "gw", "0.0.0.0"));
  snprintf(address, 24, "02:00:00:00:00:%02x", host->index + 1);
  sscanf(json_string(json, "mac", address), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &host->mac[0], &host->mac[1], &host->mac[2],
         &host->mac[3], &host->mac[4], &host->mac[5]);
  const struct json *isn = json_member(json, "isn");
  if (isn == NULL) host->isn = 0x00100000u * (uint32_t)(host->index + 1);
  else host->isn = isn->type == JSON_STRING ? (uint32_t)strtoul(isn->string, NULL, 16) : (uint32_t)isn->number;
  host->mtu = (uint16_t)json_number(json, "mtu", 1500);
  host->mailbox_size = (int)mailbox_size;
  host->cable = true;
}

static void read_faults(const struct json *list) {
  static const char *const names[] = {"drop", "delay", "dup", "corrupt"};
  fault_count = json_length(list);
  faults = arena_alloc((size_t)fault_count * sizeof *faults);
  struct fault *fault = faults;
  for (const struct json *json = list == NULL ? NULL : list->first; json != NULL; json = json->next, fault++) {
    const char *action = json_string(json, "action", "");
    *fault = (struct fault){.host = host_index(json_string(json, "from", "")), .frame = json_number(json, "frame", 0), .source = json};
    for (int i = 0; i < 4; i++) {
      if (strcmp(action, names[i]) == 0) fault->action = i;
    }
    fault->us = json_number(json, "us", 0);
    fault->times = json_number(json, "times", 1);
    fault->offset = json_number(json, "offset", 0);
    fault->xor_with = json_number(json, "xor", 0xff);
  }
}

static void read_outages(const struct json *list) {
  outage_count = json_length(list);
  outages = arena_alloc((size_t)outage_count * sizeof *outages);
  struct outage *outage = outages;
  for (const struct json *json = list == NULL ? NULL : list->first; json != NULL; json = json->next, outage++) {
    const char *from = json_string(json, "from", NULL);
    *outage = (struct outage){json_number(json, "t0_us", 0), json_number(json, "t1_us", 0), from == NULL ? -1 : host_index(from)};
  }
}

static void read_injection(const struct json *json) {
  const char *hex = json_string(json, "hex", "");
  uint16_t length = (uint16_t)(strlen(hex) / 2);
  uint8_t bytes[2048];
  for (int i = 0; i < length && i < (int)sizeof bytes; i++) sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
  arrival_at(&hosts[host_index(json_string(json, "to", ""))], frame_new(bytes, length), true, json_number(json, "t_us", 0));
}

static struct task **add_tasks(const struct json *list) {
  struct task **tasks = arena_alloc(((size_t)json_length(list) + 1) * sizeof *tasks), **next = tasks;
  for (const struct json *json = list->first; json != NULL; json = json->next) {
    struct program *program = arena_alloc(sizeof *program);
    struct host *host = &hosts[host_index(json_string(json, "host", ""))];
    struct task *task = task_new(host, json_string(json, "name", ""), (int)json_number(json, "priority", 5), program_run, program);
    *program = (struct program){task, json_member(json, "ops"), 0};
    task_start_at(task, json_number(json, "start_us", 0));
    *next++ = task;
  }
  *next = NULL;
  return tasks;
}

static struct task **set_up(const struct json *scenario) {
  const struct json *link = json_member(scenario, "link"), *list = json_member(scenario, "hosts");
  tick_us = 1000 * json_number(scenario, "tick_ms", 1);
  latency_us = json_number(link, "latency_us", 1000);
  host_count = 0;
  if (json_length(list) > library_count()) {
    fprintf(stderr, "The scenario has more hosts than there are copies of the library.\n");
    exit(2);
  }
  int64_t mailbox_size = json_number(scenario, "mailboxes", 6);
  for (const struct json *host = list->first; host != NULL; host = host->next) add_host(host, mailbox_size);
  read_faults(json_member(link, "faults"));
  read_outages(json_member(link, "outages"));
  for (int i = 0; i < host_count; i++) host_boot(&hosts[i]);
  struct task **tasks = add_tasks(json_member(scenario, "tasks"));
  const struct json *injections = json_member(scenario, "injections");
  for (const struct json *json = injections == NULL ? NULL : injections->first; json != NULL; json = json->next) {
    read_injection(json);
  }
  return tasks;
}

/* The answer */

/* lwIP's own words contain quotes and a line feed. */
static void write_reason(struct text *out) {
  text_add(out, ",\"abort\":\"");
  for (const char *c = reason; *c != '\0'; c++) {
    if (*c == '"') text_put(out, "'", 1);
    else if (*c >= ' ') text_put(out, c, 1);
  }
  text_add(out, "\"");
}

static void write_final(struct text *out, struct task **tasks) {
  static const char *const states[] = {NULL, "ready", "running", "blocked", "done"};
  if (reason != NULL) write_reason(out);
  text_add(out, ",\"tasks\":[");
  for (struct task **task = tasks; task != NULL && *task != NULL; task++) {
    text_add(out, "%s{\"name\":\"%s\"", task == tasks ? "" : ",", (*task)->name);
    if (states[(*task)->state] != NULL) text_add(out, ",\"state\":\"%s\"", states[(*task)->state]);
    text_add(out, ",\"op\":%d}", (*task)->op);
  }
  text_add(out, "],\"unused_faults\":[");
  bool is_first = true;
  for (int i = 0; i < fault_count; i++) {
    if (faults[i].used) continue;
    if (!is_first) text_add(out, ",");
    is_first = false;
    text_json(out, faults[i].source);
  }
  text_add(out, "]}}\n");
}

/* Of the one thread: while a limit is set, the time of the process is only kept in ticks of 4 ms. */
static double cpu_us(void) {
  struct timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return used.tv_sec * 1e6 + used.tv_nsec / 1e3;
}

static void answer(char *line) {
  static struct task **tasks;
  static double begin;
  struct text out = {0};
  tasks = NULL;
  reason = NULL;
  arena_reset();
  scheduler_reset();
  record_reset();
  if (sigsetjmp(end_of_scenario, 1) == 0) {
    const struct json *scenario = json_parse(line);
    const struct json *bench = json_member(scenario, "bench");
    recording = bench == NULL;
    arena_poisons = recording;
    set_limit(recording ? LIMIT_S : 100 * LIMIT_S);
    begin = cpu_us();
    tasks = set_up(scenario);
    if (recording) run_until(json_number(scenario, "end_us", 0));
    else bench_run(json_string(bench, "name", ""), json_number(bench, "amount", 1), json_number(bench, "size", 64));
  }
  set_limit(0);
  if (recording) {
    record_write(&out);
    write_final(&out, tasks);
  } else {
    text_add(&out, "{\"cpu_us\":%.1f", cpu_us() - begin);
    text_add(&out, reason == NULL ? "}\n" : ",\"abort\":\"%s\"}\n", reason);
  }
  fwrite(out.bytes, 1, out.length, stdout);
  fflush(stdout);
}

int main(int argc, char **argv) {
  char *line = NULL;
  size_t room = 0;
  for (int i = 1; i < argc; i++) library_load(argv[i]);
  catch_signals();
  while (getline(&line, &room, stdin) > 0) answer(line);
  return 0;
}
