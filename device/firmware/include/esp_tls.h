/* ESP-IDF: of TLS only what plain connections need of it. There is no cryptography here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "esp_err.h"
#include "esp_tls_errors.h"
#include "sys/socket.h"

__BEGIN_DECLS
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t h, int *esp_tls_code, int *esp_tls_flags);
__END_DECLS
