/** ICMP (RFC 792): field offsets from the start of the ICMP message. */

export const ICMP_TYPE = 0;
export const ICMP_CODE = 1;
export const ICMP_CHKSUM = 2;
export const ICMP_ID = 4;
export const ICMP_SEQNO = 6;
export const SIZEOF_ICMP_HDR = 8;

/** Types. */
export const ICMP_ER = 0;
export const ICMP_DUR = 3;
export const ICMP_SQ = 4;
export const ICMP_RD = 5;
export const ICMP_ECHO = 8;
export const ICMP_TE = 11;
export const ICMP_PP = 12;

/** Codes of "destination unreachable" and "time exceeded". */
export const ICMP_DUR_PROTO = 2;
export const ICMP_DUR_PORT = 3;
export const ICMP_DUR_FRAG = 4;
export const ICMP_TE_TTL = 0;
export const ICMP_TE_FRAG = 1;

/** Bytes of the offending packet that an error message quotes: IP header without options + 8. */
export const ICMP_DEST_UNREACH_DATASIZE = 8;
