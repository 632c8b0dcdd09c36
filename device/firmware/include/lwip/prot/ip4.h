/* lwIP: the IPv4 header, as raw sockets deliver it. */
#pragma once

#include "lwip/arch.h"
#include "lwip/ip4_addr.h"

struct ip4_addr_packed {
  u32_t addr;
} PACK_STRUCT_STRUCT;
typedef struct ip4_addr_packed ip4_addr_p_t;

#define IP_HLEN 20
#define IP_HLEN_MAX 60

#define IP_RF 0x8000U
#define IP_DF 0x4000U
#define IP_MF 0x2000U
#define IP_OFFMASK 0x1fffU

struct ip_hdr {
  u8_t _v_hl;
  u8_t _tos;
  u16_t _len;
  u16_t _id;
  u16_t _offset;
  u8_t _ttl;
  u8_t _proto;
  u16_t _chksum;
  ip4_addr_p_t src;
  ip4_addr_p_t dest;
} PACK_STRUCT_STRUCT;

#define IPH_V(hdr) ((hdr)->_v_hl >> 4)
#define IPH_HL(hdr) ((hdr)->_v_hl & 0x0f)
#define IPH_HL_BYTES(hdr) ((u8_t)(IPH_HL(hdr) * 4))
#define IPH_TOS(hdr) ((hdr)->_tos)
#define IPH_LEN(hdr) ((hdr)->_len)
#define IPH_ID(hdr) ((hdr)->_id)
#define IPH_OFFSET(hdr) ((hdr)->_offset)
#define IPH_TTL(hdr) ((hdr)->_ttl)
#define IPH_PROTO(hdr) ((hdr)->_proto)
#define IPH_CHKSUM(hdr) ((hdr)->_chksum)

#define IPH_VHL_SET(hdr, v, hl) ((hdr)->_v_hl = (u8_t)(((v) << 4) | (hl)))
#define IPH_TOS_SET(hdr, tos) ((hdr)->_tos = (tos))
#define IPH_LEN_SET(hdr, len) ((hdr)->_len = (len))
#define IPH_ID_SET(hdr, id) ((hdr)->_id = (id))
#define IPH_OFFSET_SET(hdr, off) ((hdr)->_offset = (off))
#define IPH_TTL_SET(hdr, ttl) ((hdr)->_ttl = (u8_t)(ttl))
#define IPH_PROTO_SET(hdr, proto) ((hdr)->_proto = (u8_t)(proto))
#define IPH_CHKSUM_SET(hdr, chksum) ((hdr)->_chksum = (chksum))
