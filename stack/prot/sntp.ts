/** SNTP messages (RFC 4330): offsets, numbers, timestamps. */

import { getI32, putI32 } from './bytes.ts';

export const SNTP_PORT = 123;
export const SNTP_MSG_LEN = 48;

/** Leap indicator, version and mode in one byte. */
export const SNTP_OFFSET_LI_VN_MODE = 0;
export const SNTP_OFFSET_STRATUM = 1;
export const SNTP_OFFSET_TRANSMIT_TIME = 40;

export const SNTP_VERSION = 4 << 3;
export const SNTP_MODE_MASK = 7;
export const SNTP_MODE_CLIENT = 3;
export const SNTP_MODE_SERVER = 4;
export const SNTP_MODE_BROADCAST = 5;
/** Stratum of a "kiss of death": the server does not want to be asked. */
export const SNTP_STRATUM_KOD = 0;

/** Seconds from 1970 to 2036-02-07 06:28:16, when NTP's 32-bit seconds start anew. */
const DIFF_SEC_1970_2036 = 2_085_978_496;

/** A time on the wall: seconds since 1970, 32 bits unsigned, which reach from 1968 to 2104 by NTP's reading, and microseconds. */
export interface UnixTime {
  readonly sec: number;
  readonly us: number;
}

/** Source: lwIP sntp.c SNTP_SET_SYSTEM_TIME_NTP() */
export function getNtpTime(b: Uint8Array, at: number): UnixTime {
  const frac = getI32(b, at + 4) >>> 0;
  return { sec: (getI32(b, at) + DIFF_SEC_1970_2036) >>> 0, us: Math.floor((frac * 1_000_000) / 2 ** 32) };
}

/** The fraction is rounded up, so that getNtpTime() gives the same microsecond back. */
export function putNtpTime(b: Uint8Array, at: number, { sec, us }: UnixTime): void {
  putI32(b, at, (sec - DIFF_SEC_1970_2036) | 0);
  putI32(b, at + 4, Math.ceil((us * 2 ** 32) / 1_000_000) | 0);
}
