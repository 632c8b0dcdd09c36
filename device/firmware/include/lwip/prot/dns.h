/* lwIP: the DNS header and its numbers. */
#pragma once

#include "lwip/arch.h"

#define DNS_SERVER_PORT 53
#define DNS_RRTYPE_A 1
#define DNS_RRTYPE_NS 2
#define DNS_RRTYPE_CNAME 5
#define DNS_RRTYPE_SOA 6
#define DNS_RRTYPE_PTR 12
#define DNS_RRTYPE_MX 15
#define DNS_RRTYPE_TXT 16
#define DNS_RRTYPE_AAAA 28
#define DNS_RRTYPE_SRV 33
#define DNS_RRTYPE_ANY 255
#define DNS_RRCLASS_IN 1
#define DNS_RRCLASS_ANY 255
#define DNS_RRCLASS_FLUSH 0x800

#define DNS_FLAG1_RESPONSE 0x80
#define DNS_FLAG1_OPCODE_STATUS 0x10
#define DNS_FLAG1_OPCODE_INVERSE 0x08
#define DNS_FLAG1_OPCODE_STANDARD 0x00
#define DNS_FLAG1_AUTHORATIVE 0x04
#define DNS_FLAG1_TRUNC 0x02
#define DNS_FLAG1_RD 0x01
#define DNS_FLAG2_RA 0x80
#define DNS_FLAG2_ERR_MASK 0x0f
#define DNS_FLAG2_ERR_NONE 0x00
#define DNS_FLAG2_ERR_NAME 0x03

#define DNS_HDR_GET_OPCODE(hdr) ((((hdr)->flags1) >> 3) & 0xF)

struct dns_hdr {
  u16_t id;
  u8_t flags1;
  u8_t flags2;
  u16_t numquestions;
  u16_t numanswers;
  u16_t numauthrr;
  u16_t numextrarr;
} PACK_STRUCT_STRUCT;
#define SIZEOF_DNS_HDR 12

#define DNS_MQUERY_PORT 5353
#define DNS_MQUERY_IPV4_GROUP_INIT IPADDR4_INIT_BYTES(224, 0, 0, 251)
