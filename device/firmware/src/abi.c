/* What the host finds in the image's memory, errno, and the fuel of checked builds. */
#include "host.h"

#define SCRATCH_SIZE (64 * 1024)
/* What an ESP32 has left for programs. */
#define HEAP_SIZE (300 * 1024)
#define NEVER 0x7fffffff

/* The C library's own errno, which has WASI's numbers. */
extern int libc_errno __asm__("errno");

static _Alignas(16) uint8_t scratch[SCRATCH_SIZE];
static struct tskTaskControlBlock boot_task;
struct tskTaskControlBlock *esp_current = &boot_task;
static int fuel = NEVER;

static _Alignas(16) uint8_t heap[HEAP_SIZE];

struct esp_abi esp_abi = {
    .scratch = scratch,
    .scratch_size = SCRATCH_SIZE,
    .libc_errno = &libc_errno,
    .current = &esp_current,
    .fuel = &fuel,
    .heap = heap,
    .heap_size = HEAP_SIZE,
};

ESP_EXPORT(esp_abi) struct esp_abi *esp_abi_address(void) { return &esp_abi; }

/* The stack pointer, for the host: calls of these two are much faster than looks at a WebAssembly.Global. */
__asm__(".globaltype __stack_pointer, i32");

ESP_EXPORT(esp_get_stack) uint32_t esp_get_stack(void) {
  uint32_t sp;
  __asm__ volatile("global.get __stack_pointer\nlocal.set %0" : "=r"(sp));
  return sp;
}

ESP_EXPORT(esp_set_stack) void esp_set_stack(uint32_t sp) {
  __asm__ volatile("local.get %0\nglobal.set __stack_pointer" : : "r"(sp));
}

/* Called at every edge of the control flow of a program that is built with checks. */
__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_trace_pc(void) {
  if (__builtin_expect(--fuel < 0, 0)) {
    host_out_of_fuel();
  }
}

/* WASI's errno numbers in newlib's. */
static const uint8_t newlib_errno[] = {
    0, 7, 13, 112, 125, 106, 11, 120, 9, 77, 16, 140, 10, 113, 111, 104, 45, 121, 33, 132,
    17, 14, 27, 118, 36, 138, 119, 4, 22, 5, 127, 21, 92, 24, 31, 122, 74, 91, 115, 126,
    114, 23, 105, 19, 2, 8, 46, 67, 12, 35, 109, 28, 88, 128, 20, 90, 141, 108, 134, 25,
    6, 139, 142, 1, 32, 71, 123, 107, 34, 30, 29, 3, 133, 116, 26, 18, 1,
};

int *__errno(void) {
  if (__builtin_expect(libc_errno != 0, 0)) {
    unsigned number = (unsigned)libc_errno;
    libc_errno = 0;
    esp_current->err = number < sizeof(newlib_errno) ? newlib_errno[number] : 22;
  }
  return &esp_current->err;
}
