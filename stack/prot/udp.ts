/** UDP header (RFC 768): field offsets from the start of the header. */

export const UDP_HLEN = 8;

export const UDP_SRC = 0;
export const UDP_DEST = 2;
export const UDP_LEN = 4;
export const UDP_CHKSUM = 6;
