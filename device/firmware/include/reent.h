/* newlib keeps per-task state in struct _reent; here each task has its own errno and the rest is shared. */
#pragma once

#include <sys/cdefs.h>

struct _reent;
