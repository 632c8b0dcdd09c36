/* The board's heap, of a fixed size: good fit from lists by size, neighbours joined at once. A block costs four bytes as
 * on the chip: its header holds a mark, its size and two flags, so that a double free and most overruns are noticed.
 * To be compiled with -fno-builtin, lest the compiler make calloc() of calloc()'s own body. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "esp_heap_caps.h"
#include "esp_system.h"
#include "host.h"

#define MARK 0x5a000000u
#define MARK_MASK 0xff000000u
#define SIZE_MASK 0x00fffffcu
#define USED 1u
#define PREVIOUS_FREE 2u
#define HEADER 4u
#define SMALLEST 16u /* header, two links, size at the end */
#define CLASSES 24

/* Sizes include the header. A free block has its links behind the header and its size in its last word. */
struct block {
  uint32_t header;
  struct block *next;
  struct block *previous;
};

static struct block *free_lists[CLASSES];
static uint32_t free_classes; /* bit n: list n is not empty */
static uint8_t *heap_begin;
static uint8_t *heap_end;
static size_t free_bytes;
static size_t least_free_bytes;

static uint32_t size_of(const struct block *b) { return b->header & SIZE_MASK; }

static struct block *block_at(void *base, uint32_t offset) { return (struct block *)((uint8_t *)base + offset); }

static struct block *after(struct block *b) { return block_at(b, size_of(b)); }

static int class_of(uint32_t size) { return 31 - __builtin_clz(size); }

static void put_free(struct block *b, uint32_t size, uint32_t previous_free) {
  int class = class_of(size);
  b->header = MARK | size | previous_free;
  b->previous = NULL;
  b->next = free_lists[class];
  if (b->next != NULL) {
    b->next->previous = b;
  }
  free_lists[class] = b;
  free_classes |= 1u << class;
  *(uint32_t *)((uint8_t *)b + size - 4) = size;
  after(b)->header |= PREVIOUS_FREE;
}

static void take_free(struct block *b) {
  int class = class_of(size_of(b));
  if (b->previous != NULL) {
    b->previous->next = b->next;
  } else {
    free_lists[class] = b->next;
    if (b->next == NULL) {
      free_classes &= ~(1u << class);
    }
  }
  if (b->next != NULL) {
    b->next->previous = b->previous;
  }
}

/* One free block, and behind it the header of a used one of no size. */
static void init(void) {
  heap_begin = (uint8_t *)(((uintptr_t)esp_abi.heap + 15) & ~(uintptr_t)15) + 12;
  heap_end = heap_begin + ((esp_abi.heap_size - 32) & ~3u);
  block_at(heap_end, 0)->header = MARK | USED;
  free_bytes = (size_t)(heap_end - heap_begin);
  least_free_bytes = free_bytes;
  put_free((struct block *)heap_begin, (uint32_t)free_bytes, 0);
}

static struct block *find(uint32_t size) {
  int class = class_of(size);
  for (struct block *b = free_lists[class]; b != NULL; b = b->next) {
    if (size_of(b) >= size) {
      return b;
    }
  }
  uint32_t larger = free_classes & ~((2u << class) - 1);
  return larger == 0 ? NULL : free_lists[__builtin_ctz(larger)];
}

static uint32_t block_size(size_t n) {
  uint32_t size = (uint32_t)((n + HEADER + 3) & ~(size_t)3);
  return size < SMALLEST ? SMALLEST : size;
}

/* Use the first bytes of a block that is in no list; the rest, if it is worth it, is free. */
static void use(struct block *b, uint32_t size) {
  uint32_t all = size_of(b);
  uint32_t previous_free = b->header & PREVIOUS_FREE;
  if (all - size >= SMALLEST) {
    b->header = MARK | size | USED | previous_free;
    put_free(block_at(b, size), all - size, 0);
  } else {
    b->header = MARK | all | USED | previous_free;
    after(b)->header &= ~PREVIOUS_FREE;
  }
  free_bytes -= size_of(b);
  if (free_bytes < least_free_bytes) {
    least_free_bytes = free_bytes;
  }
}

static void prepare(void) {
  if (heap_begin == NULL) {
    init();
  }
  esp_free_dead_tasks();
}

void *malloc(size_t n) {
  prepare();
  struct block *b = n >= esp_abi.heap_size ? NULL : find(block_size(n));
  if (b == NULL) {
    errno = ENOMEM;
    return NULL;
  }
  take_free(b);
  use(b, block_size(n));
  return (uint8_t *)b + HEADER;
}

/* The block of a pointer that a program hands back. */
static struct block *checked_block(void *p, const char *function) {
  struct block *b = (struct block *)((uint8_t *)p - HEADER);
  if ((uint8_t *)b < heap_begin || (uint8_t *)b >= heap_end) {
    esp_panic("Heap", "assert failed: %s(): %p is no address of the heap", function, p);
  }
  if ((b->header & MARK_MASK) != MARK) {
    esp_panic("Heap", "CORRUPT HEAP: Bad head at %p. %s(): %p is no block, or what stands before it was overwritten", (void *)b,
              function, p);
  }
  if ((b->header & USED) == 0) {
    esp_panic("Heap", "assert failed: %s(): the block at %p is free already (double free)", function, p);
  }
  if ((uint8_t *)after(b) > heap_end || (after(b)->header & MARK_MASK) != MARK) {
    esp_panic("Heap", "CORRUPT HEAP: Bad tail at %p. %s(): the program wrote beyond the end of the block at %p",
              (void *)after(b), function, p);
  }
  return b;
}

static void release(struct block *b) {
  uint32_t size = size_of(b);
  struct block *next = after(b);
  free_bytes += size;
  if ((b->header & PREVIOUS_FREE) != 0) {
    uint32_t before = *((uint32_t *)b - 1);
    b->header &= ~USED;
    b = (struct block *)((uint8_t *)b - before);
    take_free(b);
    size += before;
  }
  if ((next->header & USED) == 0) {
    take_free(next);
    size += size_of(next);
  }
  put_free(b, size, b->header & PREVIOUS_FREE);
}

void free(void *p) {
  if (p == NULL) {
    return;
  }
  esp_free_dead_tasks();
  release(checked_block(p, "free"));
}

void *calloc(size_t n, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  void *p = malloc(bytes);
  if (p != NULL) {
    memset(p, 0, bytes);
  }
  return p;
}

void *realloc(void *p, size_t n) {
  if (p == NULL) {
    return malloc(n);
  }
  if (n == 0) {
    free(p);
    return NULL;
  }
  size_t old = size_of(checked_block(p, "realloc")) - HEADER;
  if (n <= old && block_size(n) + SMALLEST > old + HEADER) {
    return p;
  }
  void *q = malloc(n);
  if (q != NULL) {
    memcpy(q, p, old < n ? old : n);
    free(p);
  }
  return q;
}

/* A block with room to spare, whose front and back are given back. */
void *memalign(size_t alignment, size_t n) {
  if (alignment <= 4) {
    return malloc(n);
  }
  if ((alignment & (alignment - 1)) != 0) {
    errno = EINVAL;
    return NULL;
  }
  uint8_t *p = malloc(n + alignment + SMALLEST);
  if (p == NULL) {
    return NULL;
  }
  uint8_t *aligned = (uint8_t *)(((uintptr_t)p + alignment - 1) & ~(uintptr_t)(alignment - 1));
  if (aligned != p && (size_t)(aligned - p) < SMALLEST) {
    aligned += alignment < SMALLEST ? SMALLEST : alignment;
  }
  if (aligned != p) {
    struct block *front = (struct block *)(p - HEADER);
    uint32_t gap = (uint32_t)(aligned - p);
    struct block *b = block_at(front, gap);
    b->header = MARK | (size_of(front) - gap) | USED;
    front->header = MARK | gap | USED | (front->header & PREVIOUS_FREE);
    release(front);
  }
  return aligned;
}

void *aligned_alloc(size_t alignment, size_t n) { return memalign(alignment, n); }

int posix_memalign(void **p, size_t alignment, size_t n) {
  *p = memalign(alignment, n);
  return *p == NULL ? ENOMEM : 0;
}

size_t malloc_usable_size(void *p) { return p == NULL ? 0 : size_of(checked_block(p, "malloc_usable_size")) - HEADER; }

/* The names by which the C library calls them. */
void *__libc_malloc(size_t n) { return malloc(n); }
void *__libc_calloc(size_t n, size_t size) { return calloc(n, size); }
void __libc_free(void *p) { free(p); }

/* heap_caps: all memory is alike, but for what a board does not have. */

static bool exists(uint32_t caps) { return (caps & (MALLOC_CAP_SPIRAM | MALLOC_CAP_INVALID)) == 0; }

void *heap_caps_malloc(size_t n, uint32_t caps) { return exists(caps) ? malloc(n) : NULL; }
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps) { return exists(caps) ? calloc(n, size) : NULL; }
void *heap_caps_realloc(void *p, size_t n, uint32_t caps) { return exists(caps) ? realloc(p, n) : NULL; }
void *heap_caps_aligned_alloc(size_t alignment, size_t n, uint32_t caps) {
  return exists(caps) ? memalign(alignment, n) : NULL;
}
void *heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps) {
  void *p = heap_caps_aligned_alloc(alignment, n * size, caps);
  return p == NULL ? NULL : memset(p, 0, n * size);
}
void heap_caps_free(void *p) { free(p); }
void heap_caps_aligned_free(void *p) { free(p); }
size_t heap_caps_get_allocated_size(void *p) { return malloc_usable_size(p); }

size_t heap_caps_get_total_size(uint32_t caps) {
  prepare();
  return exists(caps) ? (size_t)(heap_end - heap_begin) : 0;
}

size_t heap_caps_get_free_size(uint32_t caps) {
  prepare();
  return exists(caps) ? free_bytes : 0;
}

size_t heap_caps_get_minimum_free_size(uint32_t caps) {
  prepare();
  return exists(caps) ? least_free_bytes : 0;
}

size_t heap_caps_get_largest_free_block(uint32_t caps) {
  prepare();
  uint32_t largest = HEADER;
  if (exists(caps) && free_classes != 0) {
    for (struct block *b = free_lists[31 - __builtin_clz(free_classes)]; b != NULL; b = b->next) {
      largest = size_of(b) > largest ? size_of(b) : largest;
    }
  }
  return largest - HEADER;
}

void heap_caps_get_info(multi_heap_info_t *info, uint32_t caps) {
  *info = (multi_heap_info_t){0};
  if (!exists(caps)) {
    return;
  }
  prepare();
  for (struct block *b = (struct block *)heap_begin; (uint8_t *)b < heap_end; b = after(b)) {
    info->total_blocks++;
    if ((b->header & USED) != 0) {
      info->allocated_blocks++;
      info->total_allocated_bytes += size_of(b) - HEADER;
    } else {
      info->free_blocks++;
    }
  }
  info->total_free_bytes = free_bytes;
  info->minimum_free_bytes = least_free_bytes;
  info->largest_free_block = heap_caps_get_largest_free_block(caps);
}

bool heap_caps_check_integrity_all(bool print_errors) {
  prepare();
  for (struct block *b = (struct block *)heap_begin; (uint8_t *)b < heap_end; b = after(b)) {
    if ((b->header & MARK_MASK) != MARK || size_of(b) == 0) {
      if (print_errors) {
        printf("CORRUPT HEAP: Bad head at %p\n", (void *)b);
      }
      return false;
    }
  }
  return true;
}

bool heap_caps_check_integrity(uint32_t caps, bool print_errors) {
  (void)caps;
  return heap_caps_check_integrity_all(print_errors);
}

uint32_t esp_get_free_heap_size(void) { return heap_caps_get_free_size(MALLOC_CAP_DEFAULT); }
uint32_t esp_get_free_internal_heap_size(void) { return heap_caps_get_free_size(MALLOC_CAP_INTERNAL); }
uint32_t esp_get_minimum_free_heap_size(void) { return heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT); }
size_t xPortGetFreeHeapSize(void) { return heap_caps_get_free_size(MALLOC_CAP_DEFAULT); }
size_t xPortGetMinimumEverFreeHeapSize(void) { return heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT); }
void *pvPortMalloc(size_t n) { return malloc(n); }
void vPortFree(void *p) { free(p); }
