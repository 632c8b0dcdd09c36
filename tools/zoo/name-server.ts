/** The name server of the zoo: a board of its own, which knows where the others are at the moment. */

import { AF_INET, type Os, SOCK_DGRAM, sockaddr_in } from '../../device/index.ts';
import {
  DNS_RCODE_NOERROR,
  DNS_RCODE_NXDOMAIN,
  DNS_RRTYPE_A,
  encodeDnsMessage,
  parseDnsMessage,
} from '../../stack/prot/dns.ts';
import { ip4addr_aton } from '../../stack/prot/ip4.ts';

/** Its board, and the address that the others ask. */
export const NAME_SERVER = 'names';
export const NAME_SERVER_IP = '192.168.4.53';

const PORT = 53;
/** Seconds that an answer may be kept: as short as names of boards that move have them. */
const TTL = 1;

/** @param addressOf dotted decimal, undefined for a name that there is not */
export function* nameServer(os: Os, addressOf: (name: string) => string | undefined) {
  const sock = yield* os.socket(AF_INET, SOCK_DGRAM);
  yield* os.bind(sock, sockaddr_in('0.0.0.0', PORT));
  const message = new Uint8Array(512);
  const from = sockaddr_in();
  for (;;) {
    const n = yield* os.recvfrom(sock, message, message.length, 0, from);
    const reply = n < 0 ? undefined : replyTo(message.subarray(0, n), addressOf);
    if (reply !== undefined) yield* os.sendto(sock, reply, reply.length, 0, from);
  }
}

function replyTo(query: Uint8Array, addressOf: (name: string) => string | undefined): Uint8Array | undefined {
  const asked = parseDnsMessage(query);
  const question = asked?.questions[0];
  if (asked === undefined || question === undefined || asked.isResponse) return undefined;
  const address = question.type === DNS_RRTYPE_A ? addressOf(question.name) : undefined;
  return encodeDnsMessage({
    id: asked.id,
    isResponse: true,
    rcode: address === undefined ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR,
    questions: [question],
    answers: address === undefined ? [] : [{ ...question, ttl: TTL, data: ip4addr_aton(address)! }],
  });
}
