/** TCP header (RFC 9293 3.1): field offsets from the start of the header; flags; options; sequence arithmetic. */

export const TCP_HLEN = 20;

export const TCP_SRC = 0;
export const TCP_DEST = 2;
export const TCP_SEQNO = 4;
export const TCP_ACKNO = 8;
/** Header length in words (upper four bits), reserved bits. */
export const TCP_HDRLEN = 12;
export const TCP_FLAGS_AT = 13;
export const TCP_WND_AT = 14;
export const TCP_CHKSUM = 16;
export const TCP_URGP = 18;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;
/** The flags that lwIP looks at: FIN, SYN, RST, PSH, ACK, URG. */
export const TCP_FLAGS = 0x3f;

export const LWIP_TCP_OPT_EOL = 0;
export const LWIP_TCP_OPT_NOP = 1;
export const LWIP_TCP_OPT_MSS = 2;
export const LWIP_TCP_OPT_WS = 3;
export const LWIP_TCP_OPT_SACK_PERM = 4;
export const LWIP_TCP_OPT_SACK = 5;
export const LWIP_TCP_OPT_LEN_MSS = 4;
export const LWIP_TCP_OPT_LEN_WS = 3;
/** With the NOP in front. */
export const LWIP_TCP_OPT_LEN_WS_OUT = 4;
export const LWIP_TCP_OPT_LEN_SACK_PERM = 2;
/** With the NOPs in front. */
export const LWIP_TCP_OPT_LEN_SACK_PERM_OUT = 4;

/** Sequence numbers are int32 (modulo 2^32); a is before b if the signed difference is negative (RFC 9293 3.4). */
export function TCP_SEQ_LT(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function TCP_SEQ_LEQ(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

export function TCP_SEQ_GT(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

export function TCP_SEQ_GEQ(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** b <= a <= c */
export function TCP_SEQ_BETWEEN(a: number, b: number, c: number): boolean {
  return ((a - b) | 0) >= 0 && ((a - c) | 0) <= 0;
}
