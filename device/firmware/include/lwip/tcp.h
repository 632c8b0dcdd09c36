/* lwIP: sizes and states of TCP. Its callback interface is not for programs here: use sockets. */
#pragma once

#include "lwip/err.h"
#include "lwip/ip.h"
#include "lwip/opt.h"
#include "lwip/prot/tcp.h"
#include "lwip/tcpbase.h"
