/* ESP-IDF: ioctl() of descriptors; a socket knows FIONBIO. */
#pragma once

#include <sys/cdefs.h>

__BEGIN_DECLS
int ioctl(int fd, int request, ...);
__END_DECLS
