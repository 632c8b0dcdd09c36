/* How firmware dies by its own hand: abort(), assert(), ESP_ERROR_CHECK(), and the checks that the compiler adds. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "esp_err.h"
#include "esp_system.h"
#include "host.h"

static char message[512];

_Noreturn void esp_panic(const char *reason, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  host_panic(reason, message);
}

_Noreturn void abort(void) { host_panic("abort", "abort() was called on core 0"); }

_Noreturn void esp_system_abort(const char *details) { host_panic("abort", details); }

/* The name by which newlib's assert() calls it. */
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *expression) {
  esp_panic("assert", "assert failed: %s %s:%d (%s)", function, file, line, expression);
}

/* The name by which the C library of the compiler calls it. */
_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function) {
  __assert_func(file, line, function, expression);
}

static const char error_check[] = "%s failed: esp_err_t 0x%x (%s)\nfile: \"%s\" line %d\nfunc: %s\nexpression: %s";

_Noreturn void _esp_error_check_failed(esp_err_t rc, const char *file, int line, const char *function,
                                       const char *expression) {
  esp_panic("ESP_ERROR_CHECK", error_check, "ESP_ERROR_CHECK", rc, esp_err_to_name(rc), file, line, function,
            expression);
}

void _esp_error_check_failed_without_abort(esp_err_t rc, const char *file, int line, const char *function,
                                           const char *expression) {
  printf(error_check, "ESP_ERROR_CHECK_WITHOUT_ABORT", rc, esp_err_to_name(rc), file, line, function, expression);
  printf("\n");
}

_Noreturn void exit(int status) { esp_panic("abort", "exit(%d) was called: firmware has nowhere to return to", status); }

_Noreturn void _Exit(int status) { exit(status); }

/* What -fsanitize=null passes: where, and what the program was about to do. */
struct source_location {
  const char *file;
  uint32_t line;
  uint32_t column;
};
struct type_mismatch {
  struct source_location location;
  const void *type;
  uint8_t log_alignment;
  uint8_t kind;
};
enum { LOAD = 0, STORE = 1 };

static _Noreturn void null_access(const struct type_mismatch *data, uintptr_t pointer) {
  const char *reason = data->kind == STORE ? "StoreProhibited" : "LoadProhibited";
  esp_panic(reason,
            "Guru Meditation Error: Core  0 panic'ed (%s). Exception was unhandled.\nEXCVADDR: 0x%08x at %s:%u", reason,
            (unsigned)pointer, data->location.file, (unsigned)data->location.line);
}

_Noreturn void __ubsan_handle_type_mismatch_v1_abort(struct type_mismatch *data, uintptr_t pointer) {
  null_access(data, pointer);
}

_Noreturn void __ubsan_handle_type_mismatch_v1(struct type_mismatch *data, uintptr_t pointer) {
  null_access(data, pointer);
}
