/** What the control blocks of all protocols share. Source: lwIP ip.h */

/** Socket option bits in pcb.so_options, shared by all kinds of pcbs. Source: lwIP ip.h */
export const SOF_REUSEADDR = 0x04;
export const SOF_KEEPALIVE = 0x08;
export const SOF_BROADCAST = 0x20;
/** Options that an accepted connection takes over from its listener. */
export const SOF_INHERITED = SOF_REUSEADDR | SOF_KEEPALIVE;
