/* The memory of lwIP and of the harness: blocks of fixed sizes, free lists, one arena that is emptied between scenarios. */

#include "oracle.h"

#include <string.h>
#include <sys/mman.h>

#define ARENA_SIZE ((size_t)1 << 31) /* address space; pages come as they are touched */
#define STEP 64
#define SMALL_CLASSES 64 /* up to 4 KB in steps of 64 bytes */
#define CLASSES (SMALL_CLASSES + 20)

struct block {
  uint32_t class;
  uint32_t magic;
  struct block *next;
};

#define MAGIC 0x0b10c0deu
#define FREED 0xdd

bool arena_poisons = true;
static char *arena;
static size_t used;
static struct block *free_lists[CLASSES];

static size_t size_of_class(uint32_t class) {
  if (class < SMALL_CLASSES) return (class + 1) * STEP;
  return (size_t)STEP * SMALL_CLASSES << (class - SMALL_CLASSES + 1);
}

static uint32_t class_of_size(size_t size) {
  if (size <= STEP * SMALL_CLASSES) return size == 0 ? 0 : (uint32_t)((size - 1) / STEP);
  uint32_t class = SMALL_CLASSES;
  while (size_of_class(class) < size) class++;
  if (class >= CLASSES) give_up("a block of memory is too large");
  return class;
}

void *arena_alloc(size_t size) {
  uint32_t class = class_of_size(size);
  struct block *block = free_lists[class];
  if (block != NULL) {
    free_lists[class] = block->next;
  } else {
    size_t whole = sizeof *block + size_of_class(class);
    if (arena == NULL) arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED || used + whole > ARENA_SIZE) give_up("no memory is left");
    block = (struct block *)(arena + used);
    used += whole;
    block->class = class;
  }
  block->magic = MAGIC;
  return block + 1;
}

void arena_free(void *memory) {
  if (memory == NULL) return;
  struct block *block = (struct block *)memory - 1;
  if (block->magic != MAGIC) give_up("a block of memory is freed twice");
  block->magic = 0;
  if (arena_poisons) {
    memset(memory, FREED, size_of_class(block->class));
    /* Memory of connections is not used again, so that a use after free is seen. */
    if (block->class == class_of_size(sizeof(struct tcp_pcb))) return;
  }
  block->next = free_lists[block->class];
  free_lists[block->class] = block;
}

bool arena_is_live(const void *memory) {
  return ((const struct block *)memory - 1)->magic == MAGIC;
}

void arena_reset(void) {
  used = 0;
  memset(free_lists, 0, sizeof free_lists);
}

/* lwIP's heap, from which with this package's options also its pools come. */

void *mem_malloc(mem_size_t size) {
  void *memory = arena_alloc(size);
  if (arena_poisons) memset(memory, FREED, size);
  return memory;
}

void *mem_calloc(mem_size_t count, mem_size_t size) {
  void *memory = arena_alloc((size_t)count * size);
  memset(memory, 0, (size_t)count * size);
  return memory;
}

void mem_free(void *memory) {
  arena_free(memory);
}
