/** Programs that serve names and time to other boards, as tests need them. */

import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in } from '../../device/index.ts';
import { DNS_RRTYPE_A, encodeDnsMessage, parseDnsMessage } from '../../stack/prot/dns.ts';
import { ip4addr_aton } from '../../stack/prot/ip4.ts';
import type { Steps } from './worlds.ts';

/** Names and their IPv4 addresses. */
export type Zone = Readonly<Record<string, string>>;

/**
 * A name server: knows a zone, and answers after so many milliseconds.
 * @param questions gets the names that were asked for, one character a byte
 */
export function* nameServer(os: Os, zone: Zone, questions: string[] = [], delayMs = 0): Steps<void> {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', 53));
  const buffer = new Uint8Array(512);
  const from = sockaddr_in();
  for (;;) {
    const n = yield* os.recvfrom(sock, buffer, 512, 0, from);
    const { id, questions: asked } = parseDnsMessage(buffer.subarray(0, n))!;
    const question = asked[0]!;
    questions.push(question.name);
    if (delayMs > 0) yield* os.delayMs(delayMs);
    const ip = zone[Buffer.from(question.name, 'latin1').toString('utf8')];
    const isFound = ip !== undefined && question.type === DNS_RRTYPE_A;
    const answers = isFound ? [{ ...question, ttl: 60, data: ip4addr_aton(ip)! }] : [];
    const reply = encodeDnsMessage({
      id,
      isResponse: true,
      rcode: ip === undefined ? 3 : 0,
      questions: asked,
      answers,
    });
    yield* os.sendto(sock, reply, reply.length, 0, from);
  }
}

const NTP_TO_UNIX = 2_208_988_800;

/** A time server: gives the time of its board, which begins with `now` when the program starts, plus what `offset` says. */
export function* timeServer(os: Os, now: number, offset = { s: 0, answers: 0, isSilent: false }): Steps<void> {
  os.settimeofday({ tv_sec: now, tv_usec: 0 });
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', 123));
  const from = sockaddr_in();
  const buffer = Buffer.alloc(48);
  for (;;) {
    yield* os.recvfrom(sock, buffer, 48, 0, from);
    if (offset.isSilent) continue;
    const answer = Buffer.alloc(48);
    const tv = { tv_sec: 0, tv_usec: 0 };
    os.gettimeofday(tv);
    answer[0] = 0x24;
    answer[1] = 1;
    answer.writeUInt32BE(tv.tv_sec + NTP_TO_UNIX + offset.s, 40);
    answer.writeUInt32BE(Math.ceil((tv.tv_usec * 2 ** 32) / 1e6), 44);
    offset.answers++;
    yield* os.sendto(sock, answer, 48, 0, from);
  }
}
