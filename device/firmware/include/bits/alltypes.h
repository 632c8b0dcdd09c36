/* newlib's choice of types on Xtensa where it differs from the C library below: int32_t is long, uint32_t is
 * unsigned long. So formats (PRIu32 is "lu") and C++ overloads behave as they do on the chip. This file is read many
 * times on purpose: each reader asks for the types it needs. */
#if defined(__NEED_int32_t) && !defined(__DEFINED_int32_t)
typedef signed long int32_t;
#define __DEFINED_int32_t
#endif
#if defined(__NEED_uint32_t) && !defined(__DEFINED_uint32_t)
typedef unsigned long uint32_t;
#define __DEFINED_uint32_t
#endif

#include_next <bits/alltypes.h>
