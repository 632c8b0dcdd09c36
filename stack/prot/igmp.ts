/** IGMP version 2 (RFC 2236): field offsets from the start of the message. */

export const IGMP_MSGTYPE = 0;
export const IGMP_MAXRESP = 1;
export const IGMP_CHKSUM = 2;
export const IGMP_GROUP = 4;
export const IGMP_MINLEN = 8;

export const IGMP_MEMB_QUERY = 0x11;
export const IGMP_V1_MEMB_REPORT = 0x12;
export const IGMP_V2_MEMB_REPORT = 0x16;
export const IGMP_LEAVE_GROUP = 0x17;

/** 224.0.0.1, all systems, and 224.0.0.2, all routers. */
export const IGMP_ALLSYSTEMS = 0xe0000001 | 0;
export const IGMP_ALLROUTERS = 0xe0000002 | 0;
