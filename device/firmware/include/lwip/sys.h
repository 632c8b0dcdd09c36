/* lwIP: time of the stack, and the port's primitives (arch/sys_arch.h). */
#pragma once

#include "arch/sys_arch.h"
#include "lwip/err.h"
#include "lwip/opt.h"

__BEGIN_DECLS
u32_t sys_now(void);
u32_t sys_jiffies(void);
__END_DECLS
