/* The C library's, with what newlib has besides: time zones by the variable TZ. */
#pragma once

#include_next <time.h>

#include <sys/cdefs.h>

__BEGIN_DECLS
void tzset(void);
__END_DECLS
