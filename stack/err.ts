/** lwIP's err_t: 0 is success, negative numbers are the errors that travel inside the stack. Source: lwIP err.h */

export type err_t = number;

export const ERR_OK = 0;
export const ERR_MEM = -1;
export const ERR_BUF = -2;
export const ERR_TIMEOUT = -3;
export const ERR_RTE = -4;
export const ERR_INPROGRESS = -5;
export const ERR_VAL = -6;
export const ERR_WOULDBLOCK = -7;
export const ERR_USE = -8;
export const ERR_ALREADY = -9;
export const ERR_ISCONN = -10;
export const ERR_CONN = -11;
export const ERR_IF = -12;
export const ERR_ABRT = -13;
export const ERR_RST = -14;
export const ERR_CLSD = -15;
export const ERR_ARG = -16;
