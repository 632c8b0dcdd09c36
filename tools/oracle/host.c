/* Hosts: a copy of the library each, its network interface, and the wire between them (rules S1, S4, E5). */

#include "oracle.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host hosts[MAX_HOSTS];
int host_count;
int64_t latency_us;
struct fault *faults;
int fault_count;
struct outage *outages;
int outage_count;

static struct lwip libraries[MAX_HOSTS];
static int loaded;

int library_count(void) {
  return loaded;
}

/* Library copies */

struct search {
  uintptr_t base;
  uintptr_t from, to;
};

/* The writable part of a loaded object is its writable segment without what is read-only after relocation. */
static int find_data(struct dl_phdr_info *info, size_t size, void *argument) {
  struct search *search = argument;
  uintptr_t relro_end = 0;
  (void)size;
  if (info->dlpi_addr != search->base) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && (p->p_flags & PF_W) != 0) {
      search->from = search->base + p->p_vaddr;
      search->to = search->from + p->p_memsz;
    }
    if (p->p_type == PT_GNU_RELRO) relro_end = search->base + p->p_vaddr + p->p_memsz;
  }
  if (relro_end > search->from) search->from = relro_end;
  return 1;
}

static void *symbol(void *handle, const char *name) {
  void *address = dlsym(handle, name);
  if (address == NULL) {
    fprintf(stderr, "The library has no symbol %s.\n", name);
    exit(2);
  }
  return address;
}

void library_load(const char *path) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL || loaded == MAX_HOSTS) {
    fprintf(stderr, "The library cannot be loaded: %s\n", handle == NULL ? dlerror() : "too many copies");
    exit(2);
  }
  struct lwip *lwip = &libraries[loaded++];
#define FIND(name) *(void **)&lwip->name = symbol(handle, #name);
  LWIP_FUNCTIONS(FIND)
#undef FIND
  struct link_map *map;
  dlinfo(handle, RTLD_DI_LINKMAP, &map);
  struct search search = {.base = map->l_addr};
  dl_iterate_phdr(find_data, &search);
  lwip->data = (char *)search.from;
  lwip->size = search.to - search.from;
  lwip->pristine = malloc(lwip->size);
  memcpy(lwip->pristine, lwip->data, lwip->size);
}

/* Frames */

struct frame *frame_new(const uint8_t *bytes, uint16_t length) {
  struct frame *frame = arena_alloc(sizeof *frame + length);
  frame->refs = 1;
  frame->length = length;
  memcpy(frame->bytes, bytes, length);
  return frame;
}

void frame_release(struct frame *frame) {
  if (--frame->refs == 0) arena_free(frame);
}

/* Receiving: the driver's filter, then a pbuf that refers to the frame */

struct frame_pbuf {
  struct pbuf_custom pbuf; /* first: lwIP hands back its address */
  struct frame *frame;
};

static void free_frame_pbuf(struct pbuf *p) {
  struct frame_pbuf *owner = (struct frame_pbuf *)p;
  frame_release(owner->frame);
  arena_free(owner);
}

void host_receive(struct host *host, struct frame *frame, bool is_injected) {
  bool is_for_us = (frame->bytes[0] & 1) != 0 || memcmp(frame->bytes, host->mac, 6) == 0;
  if (!host->cable || (!is_injected && !is_for_us)) {
    frame_release(frame);
    return;
  }
  struct frame_pbuf *owner = arena_alloc(sizeof *owner);
  owner->frame = frame;
  owner->pbuf.custom_free_function = free_frame_pbuf;
  /* A frame that several hosts get is written to in place by each, so each needs its own bytes. */
  if (frame->refs > 1) {
    owner->frame = frame_new(frame->bytes, frame->length);
    frame_release(frame);
  }
  uint16_t length = owner->frame->length;
  struct pbuf *p = host->lwip->pbuf_alloced_custom(PBUF_RAW, length, PBUF_REF, &owner->pbuf, owner->frame->bytes, length);
  if (host->lwip->tcpip_input(p, &host->netif) != ERR_OK) host->lwip->pbuf_free(p);
}

/* Sending */

struct fate {
  bool lost;
  int64_t delay_us, copies, gap_us;
  char labels[120];
};

static void label(struct fate *fate, const char *name) {
  size_t used = strlen(fate->labels);
  snprintf(fate->labels + used, sizeof fate->labels - used, "%s%s", used == 0 ? "" : "+", name);
}

static void inflict(const struct fault *fault, struct fate *fate, struct frame *frame) {
  static const char *const names[] = {"drop", "delay", "dup", "corrupt"};
  switch (fault->action) {
    case FAULT_DROP:
      fate->lost = true;
      break;
    case FAULT_DELAY:
      fate->delay_us += fault->us;
      break;
    case FAULT_DUP:
      fate->copies += fault->times;
      fate->gap_us = fault->us;
      break;
    case FAULT_CORRUPT:
      if (fault->offset < frame->length) frame->bytes[fault->offset] ^= (uint8_t)fault->xor_with;
      break;
  }
  label(fate, names[fault->action]);
}

static void judge(struct host *from, struct frame *frame, struct fate *fate) {
  int64_t index = from->frames_sent++;
  for (int i = 0; i < fault_count; i++) {
    struct fault *fault = &faults[i];
    if (fault->host != from->index || fault->frame != index) continue;
    fault->used = true;
    inflict(fault, fate, frame);
  }
  for (int i = 0; i < outage_count; i++) {
    const struct outage *outage = &outages[i];
    if (now_us < outage->t0_us || now_us >= outage->t1_us || (outage->host >= 0 && outage->host != from->index)) continue;
    fate->lost = true;
    label(fate, "outage");
  }
  if (!from->cable) {
    fate->lost = true;
    label(fate, "nocable");
  }
}

static void deliver(struct host *from, struct frame *frame, const struct fate *fate) {
  for (int i = 0; i < host_count; i++) {
    if (&hosts[i] == from) continue;
    for (int64_t copy = 0; copy <= fate->copies; copy++) {
      frame->refs++;
      arrival_at(&hosts[i], frame, false, now_us + latency_us + fate->delay_us + copy * fate->gap_us);
    }
  }
}

static err_t driver_output(struct netif *netif, struct pbuf *p) {
  struct host *host = netif->state;
  struct fate fate = {0};
  struct frame *frame = arena_alloc(sizeof *frame + p->tot_len);
  frame->refs = 1;
  frame->length = 0;
  for (const struct pbuf *q = p; q != NULL; q = q->next) {
    memcpy(frame->bytes + frame->length, q->payload, q->len);
    frame->length = (uint16_t)(frame->length + q->len);
  }
  uint8_t *as_sent = NULL;
  if (fault_count > 0 && recording) {
    as_sent = arena_alloc(frame->length);
    memcpy(as_sent, frame->bytes, frame->length);
  }
  judge(host, frame, &fate);
  if (recording) record_frame(host, fate.labels, as_sent == NULL ? frame->bytes : as_sent, frame->length);
  arena_free(as_sent);
  if (!fate.lost) deliver(host, frame, &fate);
  frame_release(frame);
  return ERR_OK;
}

/* Boot */

static err_t driver_init(struct netif *netif) {
  struct host *host = netif->state;
  netif->name[0] = 'e';
  netif->name[1] = 'n';
  netif->mtu = host->mtu;
  netif->hwaddr_len = 6;
  memcpy(netif->hwaddr, host->mac, 6);
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP;
  netif->output = host->lwip->etharp_output;
  netif->output_ip6 = host->lwip->ethip6_output;
  netif->linkoutput = driver_output;
  return ERR_OK;
}

static void bring_up(void *argument) {
  struct host *host = argument;
  struct lwip *lwip = host->lwip;
  lwip->netif_add(&host->netif, &host->ip, &host->netmask, &host->gw, host, driver_init, lwip->tcpip_input);
  lwip->netif_set_up(&host->netif);
  lwip->netif_set_link_up(&host->netif);
  lwip->netif_set_default(&host->netif);
}

void host_boot(struct host *host) {
  host->lwip = &libraries[host->index];
  memcpy(host->lwip->data, host->lwip->pristine, host->lwip->size);
  event_host = host;
  host->lwip->tcpip_init(bring_up, host);
  event_host = NULL;
  run_ready();
}
