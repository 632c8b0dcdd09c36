/** The name server of an access point, which answers as it is told to: rightly, wrongly, late, or not at all. */

import { igmp_joingroup } from '../../stack/igmp.ts';
import { type Pbuf, pbuf_copy_partial, pbuf_free } from '../../stack/pbuf.ts';
import {
  DNS_MQUERY_IPV4_GROUP,
  DNS_MQUERY_PORT,
  DNS_RCODE_NOERROR,
  DNS_RCODE_NXDOMAIN,
  DNS_RCODE_REFUSED,
  DNS_RCODE_SERVFAIL,
  DNS_RRCLASS_IN,
  DNS_RRTYPE_A,
  DNS_SERVER_PORT,
  type DnsQuestion,
  type DnsRecord,
  encodeDnsMessage,
  parseDnsMessage,
} from '../../stack/prot/dns.ts';
import { IPADDR_ANY } from '../../stack/prot/ip4.ts';
import type { Stack } from '../../stack/stack.ts';
import { UDP_PAYLOAD, type UdpPcb, udp_bind, udp_new, udp_recv, udp_sendto, udpFrame } from '../../stack/udp.ts';
import { parseIp } from '../netif_config.ts';

/** How a name server can fail: it says that the name does not exist, that it cannot or does not want to say, or nothing. */
export type DnsFailure = 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'silent';

/** What a name server says to a question. */
export interface DnsBehaviour {
  /** Addresses, dotted decimal. */
  readonly ip?: string | readonly string[];
  readonly failure?: DnsFailure;
  /** How long it takes to answer, in microseconds. */
  readonly delayUs?: number;
  /** Seconds that the answer may be kept; 300 if left out. */
  readonly ttl?: number;
  /** It answers another question than the one that was asked, or with another number: resolvers ignore it. */
  readonly wrong?: 'id' | 'question';
}

/** An address, several of them, a failure, or all of it in detail. */
export type DnsAnswer = string | readonly string[] | DnsBehaviour;

const DEFAULT_TTL = 300;
const FAILURES: readonly string[] = ['NXDOMAIN', 'SERVFAIL', 'REFUSED', 'silent'];
const RCODES: Readonly<Record<DnsFailure, number>> = {
  NXDOMAIN: DNS_RCODE_NXDOMAIN,
  SERVFAIL: DNS_RCODE_SERVFAIL,
  REFUSED: DNS_RCODE_REFUSED,
  silent: DNS_RCODE_NOERROR,
};
/** Stands for every name that has no answer of its own. */
const ANY_NAME = '*';
/** RFC 6762 */
const MULTICAST_DOMAIN = '.local';
/** Something that nobody asked for. */
const WRONG_QUESTION = 'somebody-else.example';

export class NameServer {
  private readonly answers = new Map<string, DnsBehaviour>();
  private stack: Stack | null = null;
  private hearsMulticast = false;
  private readonly later: (us: number, action: () => void) => void;

  /** @param later has something done after so many microseconds  @param answers by name */
  constructor(later: (us: number, action: () => void) => void, answers: Readonly<Record<string, DnsAnswer>>) {
    this.later = later;
    for (const [name, answer] of Object.entries(answers)) this.set(name, answer);
  }

  /**
   * From now on a name is answered so.
   * @param name "broker.local"; "*" for every name that has no answer of its own (NXDOMAIN unless set)
   * @param answer an address "10.0.0.5", several, "NXDOMAIN", "SERVFAIL", "REFUSED", "silent", or { ip, failure, delayUs, ttl, wrong }
   * @throws TypeError naming what is no address
   */
  set(name: string, answer: DnsAnswer): void {
    this.answers.set(name.toLowerCase(), behaviourOf(answer));
    this.hearMulticast();
  }

  /** Answer nothing of one's own about a name any more. */
  delete(name: string): void {
    this.answers.delete(name.toLowerCase());
  }

  /** Answer on a stack; names that end in .local are asked for by multicast, to which it listens if it knows such a name. */
  listen(stack: Stack): void {
    this.stack = stack;
    this.hearsMulticast = false;
    this.bind(stack, DNS_SERVER_PORT);
    this.hearMulticast();
  }

  private bind(stack: Stack, port: number): void {
    const pcb = udp_new(stack);
    udp_bind(pcb, IPADDR_ANY, port);
    udp_recv(pcb, receive, this);
  }

  private hearMulticast(): void {
    const { stack } = this;
    const knowsLocal = [...this.answers.keys()].some((name) => name.endsWith(MULTICAST_DOMAIN));
    if (stack === null || this.hearsMulticast || !knowsLocal) return;
    this.hearsMulticast = true;
    igmp_joingroup(stack, IPADDR_ANY, DNS_MQUERY_IPV4_GROUP);
    this.bind(stack, DNS_MQUERY_PORT);
  }

  /** A question has come. */
  handle(pcb: UdpPcb, p: Pbuf, ip: number, port: number): void {
    const m = new Uint8Array(p.tot_len);
    pbuf_copy_partial(p, m, 0, m.length, 0);
    const query = parseDnsMessage(m);
    const question = query?.questions[0];
    if (query === undefined || query.isResponse || question === undefined) return;
    const behaviour = this.behaviourFor(question.name);
    if (behaviour.failure === 'silent') return;
    const answer = encodeDnsMessage(answerTo(query.id, question, behaviour));
    const { delayUs = 0 } = behaviour;
    if (delayUs === 0) reply(pcb, answer, ip, port);
    else this.later(delayUs, () => reply(pcb, answer, ip, port));
  }

  private behaviourFor(name: string): DnsBehaviour {
    return this.answers.get(name.toLowerCase()) ?? this.answers.get(ANY_NAME) ?? { failure: 'NXDOMAIN' };
  }
}

function behaviourOf(answer: DnsAnswer): DnsBehaviour {
  if (typeof answer === 'string' && FAILURES.includes(answer)) return { failure: answer as DnsFailure };
  const behaviour = isAddress(answer) ? { ip: answer } : answer;
  for (const ip of addresses(behaviour)) parseIp("A name server's answer", ip);
  return behaviour;
}

function isAddress(answer: DnsAnswer): answer is string | readonly string[] {
  return typeof answer === 'string' || Array.isArray(answer);
}

function addresses({ ip = [] }: DnsBehaviour): readonly string[] {
  return typeof ip === 'string' ? [ip] : ip;
}

function answerTo(id: number, question: DnsQuestion, behaviour: DnsBehaviour) {
  const { failure, ttl = DEFAULT_TTL, wrong } = behaviour;
  const asked = wrong === 'question' ? { ...question, name: WRONG_QUESTION } : question;
  const isForAddress = question.type === DNS_RRTYPE_A && question.cls === DNS_RRCLASS_IN;
  const answers: DnsRecord[] = addresses(behaviour)
    .filter(() => isForAddress && failure === undefined)
    .map((ip) => ({ ...asked, ttl, data: parseIp('ip', ip) }));
  const rcode = failure === undefined ? DNS_RCODE_NOERROR : RCODES[failure];
  return { id: wrong === 'id' ? id ^ 1 : id, isResponse: true, questions: [asked], answers, rcode };
}

function reply(pcb: UdpPcb, answer: Uint8Array, ip: number, port: number): void {
  const frame = udpFrame(pcb.stack, answer.length);
  frame.bytes.set(answer, UDP_PAYLOAD);
  udp_sendto(pcb, frame, ip, port);
  frame.release();
}

function receive(server: NameServer, pcb: UdpPcb, p: Pbuf, ip: number, port: number): void {
  server.handle(pcb, p, ip, port);
  pbuf_free(p);
}
