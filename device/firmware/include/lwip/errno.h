#pragma once

#include <errno.h>

#define set_errno(err) (errno = (err))
