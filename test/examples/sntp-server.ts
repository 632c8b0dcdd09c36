/** A time server: answers every question on port 123 with the time of its own clock, which it sets first. */

import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in, type timeval } from 'lwip-twin';

/** Seconds from 1900, where NTP's time begins, to 1970. */
const NTP_TO_UNIX = 2_208_988_800;

export function sntpServer(now: timeval) {
  return async (os: Os) => {
    os.settimeofday(now);
    const sock = await os.socket(AF_INET, SOCK_DGRAM);
    await os.bind(sock, sockaddr_in('0.0.0.0', 123));
    const question = new Uint8Array(48);
    const client = sockaddr_in();
    for (;;) {
      const n = await os.recvfrom(sock, question, question.length, 0, client);
      if (n < 48) continue;
      const answer = new Uint8Array(48);
      answer[0] = 0x24; //                      no leap second, version 4, server
      answer[1] = 2; //                         stratum: 1 has a clock of its own, 0 would be a refusal
      answer.set(question.subarray(40), 24); // what the client sent is given back
      putTime(answer, 32, os);
      putTime(answer, 40, os);
      await os.sendto(sock, answer, answer.length, 0, client);
    }
  };
}

/** Seconds and fractions of 2^-32 s, high byte first. */
function putTime(message: Uint8Array, at: number, os: Os) {
  const tv = { tv_sec: 0, tv_usec: 0 };
  os.gettimeofday(tv);
  const view = new DataView(message.buffer);
  view.setUint32(at, (tv.tv_sec + NTP_TO_UNIX) % 2 ** 32);
  view.setUint32(at + 4, Math.ceil((tv.tv_usec * 2 ** 32) / 1_000_000));
}
