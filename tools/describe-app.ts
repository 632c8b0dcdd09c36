/** What a datagram says to an application, in a few words: names and addresses of DNS, times of SNTP. */

import {
  DNS_RCODE_FORMERR,
  DNS_RCODE_NOERROR,
  DNS_RCODE_NOTIMP,
  DNS_RCODE_NXDOMAIN,
  DNS_RCODE_REFUSED,
  DNS_RCODE_SERVFAIL,
  DNS_RRCLASS_IN,
  DNS_RRTYPE_A,
  DNS_RRTYPE_AAAA,
  DNS_RRTYPE_CNAME,
  DNS_RRTYPE_PTR,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  parseDnsMessage,
} from '../stack/prot/dns.ts';
import { ipaddr_ntoa, SIZEOF_IP6_ADDR } from '../stack/prot/ip6.ts';
import {
  getNtpTime,
  SNTP_MODE_BROADCAST,
  SNTP_MODE_CLIENT,
  SNTP_MODE_MASK,
  SNTP_MODE_SERVER,
  SNTP_MSG_LEN,
  SNTP_OFFSET_LI_VN_MODE,
  SNTP_OFFSET_STRATUM,
  SNTP_OFFSET_TRANSMIT_TIME,
  SNTP_STRATUM_KOD,
} from '../stack/prot/sntp.ts';
import type { Dissection } from './dissect.ts';
import { printable } from './printable.ts';

/** The message of a complete datagram in words, '' if it is none that can be read. Printable ASCII only. */
export function appWords({ app, payload }: Dissection): string {
  if (app === 'SNTP') return sntpWords(payload);
  if (app !== 'DNS' && app !== 'mDNS') return '';
  const message = parseDnsMessage(payload);
  return message === undefined || message.questions.length === 0 ? '' : printable(dnsWords(message));
}

const TYPES: Readonly<Record<number, string>> = {
  [DNS_RRTYPE_A]: 'A',
  [DNS_RRTYPE_CNAME]: 'CNAME',
  [DNS_RRTYPE_PTR]: 'PTR',
  [DNS_RRTYPE_AAAA]: 'AAAA',
};

const RCODES: Readonly<Record<number, string>> = {
  [DNS_RCODE_FORMERR]: 'FORMERR',
  [DNS_RCODE_SERVFAIL]: 'SERVFAIL',
  [DNS_RCODE_NXDOMAIN]: 'NXDOMAIN',
  [DNS_RCODE_NOTIMP]: 'NOTIMP',
  [DNS_RCODE_REFUSED]: 'REFUSED',
};

/** "query 1411 A broker.local", "answer 1411 A broker.local: 10.0.0.5 (60 s)", "answer 1411 A broker.local: NXDOMAIN" */
function dnsWords(m: DnsMessage): string {
  const asked = m.questions.map(questionWords).join(', ');
  if (!m.isResponse) return `query ${m.id} ${asked}`;
  const records = m.answers.map(recordWords);
  if (m.rcode !== DNS_RCODE_NOERROR) records.unshift(RCODES[m.rcode] ?? `error ${m.rcode}`);
  if (m.isCut) records.push('malformed');
  else if (m.isTruncated) records.push('truncated');
  return `answer ${m.id} ${asked}: ${records.length === 0 ? 'no address' : records.join(', ')}`;
}

function typeWords({ type, cls }: DnsQuestion): string {
  const word = TYPES[type] ?? `TYPE${type}`;
  return cls === DNS_RRCLASS_IN ? word : `CLASS${cls} ${word}`;
}

function questionWords(q: DnsQuestion): string {
  return `${typeWords(q)} ${q.name}`;
}

function recordWords(record: DnsRecord): string {
  const { type, data, ttl } = record;
  const life = `(${ttl} s)`;
  if (typeof data === 'number') return `${ipaddr_ntoa(data)} ${life}`;
  if (typeof data === 'string') return `${typeWords(record)} ${data} ${life}`;
  if (type === DNS_RRTYPE_AAAA && data.length === SIZEOF_IP6_ADDR) return `${ipaddr_ntoa(data)} ${life}`;
  return `${typeWords(record)} of ${data.length} bytes ${life}`;
}

/** "request", "answer 2026-11-27 05:12:13.000000", "answer: kiss of death" */
function sntpWords(m: Uint8Array): string {
  if (m.length < SNTP_MSG_LEN) return '';
  const mode = m[SNTP_OFFSET_LI_VN_MODE]! & SNTP_MODE_MASK;
  if (mode === SNTP_MODE_CLIENT) return 'request';
  if (mode !== SNTP_MODE_SERVER && mode !== SNTP_MODE_BROADCAST) return '';
  const kind = mode === SNTP_MODE_SERVER ? 'answer' : 'broadcast';
  if (m[SNTP_OFFSET_STRATUM] === SNTP_STRATUM_KOD) return `${kind}: kiss of death`;
  const { sec, us } = getNtpTime(m, SNTP_OFFSET_TRANSMIT_TIME);
  const [day, time] = new Date(sec * 1000).toISOString().split(/[T.]/);
  return `${kind} ${day} ${time}.${String(us).padStart(6, '0')}`;
}
