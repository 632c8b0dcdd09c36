/** Why the stack did what it did: the rule of lwIP behind a frame or an answer, in a sentence, and where it stands. */

import type { CallRecord } from '../../device/trace.ts';
import { ARP_REPLY } from '../../stack/prot/arp.ts';
import { ICMP_DUR, ICMP_ECHO, ICMP_ER } from '../../stack/prot/icmp.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../stack/prot/tcp.ts';
import type { FrameLine } from '../run-lines.ts';
import { sendingBefore, stateBefore } from './connections.ts';
import { lossWords, type OffPeriod } from './power.ts';
import type { RunView } from './run-view.ts';

/** A rule of the stack. */
export interface Rule {
  readonly text: string;
  /** lwIP's function. */
  readonly source: string;
}

/** What a frame was sent for. */
interface Reason {
  /** Of the step in which it was sent; 'unknown' if steps were not recorded. */
  readonly cause: 'frame' | 'call' | 'timer' | 'other' | 'unknown';
  /** The call that was being served, and its name, '' if there was none. */
  readonly call: CallRecord | undefined;
  readonly fn: string;
  /** The frame that had come. */
  readonly came: FrameLine | undefined;
}

/** Why a board did not answer a SYN that it has taken. */
export const IGNORED_SYN: Rule = {
  text: 'There was no room for it: as many connections as listen() allows wait for accept(), or for the end of their handshake (or there was no memory for one more). lwIP drops the SYN without a word, and only the timer of the other end tries again.',
  source: 'tcp_listen_input()',
};

/** The rule that made a board send a frame; undefined for a frame that no stack has made. */
export function ruleOf(view: RunView, line: FrameLine): Rule | undefined {
  const { d, record } = line;
  if (record.from === '') return undefined;
  const reason = reasonOf(view, line);
  if (d.arp !== undefined) return arpRule(line, reason);
  if (d.tcp !== undefined) return tcpRule(view, line, d.tcp.flags, reason);
  if (d.icmp !== undefined) return icmpRule(d.icmp.type);
  if (d.igmp !== undefined)
    return rule('A group is joined, left, or reported to a router that asks.', 'igmp_joingroup(), igmp_tmr()');
  if (d.udp !== undefined) return udpRule(line, reason);
  return undefined;
}

function reasonOf(view: RunView, line: FrameLine): Reason {
  const step = view.stepOf(line.record.from, line.record.n);
  if (step === undefined) return { cause: 'unknown', call: undefined, fn: '', came: undefined };
  const call = step.cause === 'call' ? view.call(step.ref) : undefined;
  const came = step.cause === 'frame' ? view.frame(step.ref) : undefined;
  return { cause: step.cause, call, fn: call?.fn ?? '', came };
}

function rule(text: string, source: string): Rule {
  return { text, source };
}

function arpRule(line: FrameLine, reason: Reason): Rule {
  const arp = line.d.arp!;
  if (arp.oper === ARP_REPLY)
    return rule('Somebody asked for this address, and the answer goes to him alone.', 'etharp_input()');
  if (arp.spa === arp.tpa) {
    return reason.cause === 'timer'
      ? rule(
          'Every minute the board repeats its address, so that access points do not forget it.',
          'etharp_gratuitous(), ESP-IDF netif_send_garp()',
        )
      : rule('The interface has come up with an address and announces it.', 'netif_set_up(), etharp_gratuitous()');
  }
  if (arp.spa === '0.0.0.0') return rule('DHCP asks whether anybody has the offered address already.', 'dhcp_check()');
  return reason.cause === 'timer'
    ? rule(
        'The hardware address is still unknown, or its entry is about to expire: it is asked for once a second.',
        'etharp_tmr()',
      )
    : rule(
        'The hardware address of the next hop is not known; the packet waits until somebody answers.',
        'etharp_query()',
      );
}

function icmpRule(type: number): Rule {
  if (type === ICMP_ER) return rule('Every echo request is answered, by the stack alone.', 'icmp_input()');
  if (type === ICMP_DUR)
    return rule('The datagram is for a port, or of a protocol, that nobody here listens to.', 'icmp_dest_unreach()');
  if (type === ICMP_ECHO) return rule('A program sends an echo request through a raw socket.', 'raw_sendto()');
  return rule('The stack reports a problem with a packet to its sender.', 'icmp_send_response()');
}

function udpRule(line: FrameLine, reason: Reason): Rule {
  const { app } = line.d;
  if (app === 'DHCP') {
    return reason.cause === 'timer'
      ? rule(
          'No answer came in time, or a timer of the lease has expired: the client goes on by itself.',
          'dhcp_fine_tmr(), dhcp_coarse_tmr()',
        )
      : rule('The DHCP client or server answers what came before.', 'dhcp_recv(), ESP-IDF dhcpserver');
  }
  if (app === 'DNS' || app === 'mDNS') {
    return reason.cause === 'timer'
      ? rule('The server has not answered: the question is repeated, or put to the next server.', 'dns_check_entry()')
      : rule('The name is not in the cache: the server is asked.', 'dns_enqueue(), dns_send()');
  }
  return rule('A datagram goes out at once; nobody remembers it.', 'udp_sendto()');
}

function tcpRule(view: RunView, line: FrameLine, flags: number, reason: Reason): Rule {
  const isSyn = (flags & TCP_SYN) !== 0;
  if ((flags & TCP_RST) !== 0) return resetRule(view, line, reason);
  switch (line.tcp?.mark) {
    case 'retransmission':
      return retransmissionRule(view, line, reason);
    case 'keep-alive':
      return rule(
        'The connection was silent for long; one old byte asks whether the other end is still there.',
        'tcp_keepalive()',
      );
    case 'window probe':
      return rule(
        'The other end has closed its window; one byte asks again, at growing intervals.',
        'tcp_zero_window_probe()',
      );
    case 'window update':
      return rule(
        'The program has read, so the window has grown by enough to tell the other end.',
        'tcp_recved(), tcp_update_rcv_ann_wnd()',
      );
    case 'duplicate ack':
      return rule(
        'What came is not what is due next: the last acknowledgement is repeated at once.',
        'tcp_receive(), tcp_send_empty_ack()',
      );
  }
  if (isSyn && (flags & TCP_ACK) === 0)
    return rule('connect() has chosen a port and asks for a connection.', 'tcp_connect()');
  if (isSyn)
    return rule(
      'A listening socket answers a SYN by itself; its program hears of it only in accept().',
      'tcp_listen_input()',
    );
  if ((flags & TCP_FIN) !== 0) return finRule(line, reason);
  return line.d.payload.length > 0 ? dataRule(reason) : ackRule(reason);
}

function resetRule(view: RunView, line: FrameLine, { cause, call, fn, came }: Reason): Rule {
  if (call !== undefined && fn === 'close' && view.sockets.useOf(call) === undefined) {
    return rule(
      'close() of a listening socket resets the connections that nobody has accepted.',
      'netconn_drain(), tcp_abort()',
    );
  }
  if (fn === 'close') {
    return rule(
      'close() with unread data resets the connection: the other end must learn that it was not read.',
      'tcp_close_shutdown(), tcp_rst()',
    );
  }
  if (cause === 'frame' && came !== undefined) {
    const loss = lossBefore(view, line);
    return rule(
      loss === undefined
        ? 'No connection and no listening socket fits this segment, or it cannot be right: it is refused.'
        : `${lossWords(loss)} and does not know this connection: the segment that came is refused.`,
      'tcp_input(), tcp_rst()',
    );
  }
  if (cause === 'timer')
    return rule(
      'The other end did not answer keepalive probes, or a limit has passed: the connection is given up.',
      'tcp_slowtmr()',
    );
  return rule('The connection is aborted.', 'tcp_abandon(), tcp_rst()');
}

/** The loss of power after which the sender of a RST knew nothing of the connection. */
function lossBefore(view: RunView, { record }: FrameLine): OffPeriod | undefined {
  const place = view.place(record.n);
  return place && view.lossOf(place.connection, record.from, record.n);
}

function retransmissionRule(view: RunView, line: FrameLine, { cause }: Reason): Rule {
  if (((line.d.tcp?.flags ?? 0) & TCP_SYN) !== 0)
    return rule(
      'The SYN was not answered within the time-out, which does not grow for a SYN: it is sent again.',
      'tcp_slowtmr()',
    );
  if (cause !== 'frame')
    return rule(
      'Its acknowledgement did not come within the time-out: it is sent again, the time-out doubles, and the window shrinks to one segment.',
      'tcp_slowtmr(), tcp_rexmit_rto()',
    );
  const place = view.place(line.record.n);
  const after = place && view.statesAround(place.connection.ends[place.segment.from], line.record.n).after;
  // A time-out before has put back everything that was not acknowledged; the fast way leaves its count of duplicates.
  if (after !== undefined && after.state.dupacks < 3)
    return rule(
      'A time-out had put everything that was not acknowledged back into the queue; the acknowledgement that came lets the next of it go.',
      'tcp_rexmit_rto_prepare(), tcp_output()',
    );
  return rule(
    'Three duplicate acknowledgements: the missing segment is sent again without waiting for the timer, and the window is halved.',
    'tcp_rexmit_fast()',
  );
}

function finRule(line: FrameLine, { cause, fn }: Reason): Rule {
  const withData = line.d.payload.length > 0 ? ' It rides on the last data.' : '';
  if (fn === 'shutdown')
    return rule(
      `shutdown() ends this direction; the other one stays open.${withData}`,
      'tcp_shutdown(), tcp_send_fin()',
    );
  if (cause === 'call')
    return rule(`close() ends this direction.${withData}`, 'tcp_close_shutdown_fin(), tcp_send_fin()');
  return rule(`The FIN of an earlier close() could go only now.${withData}`, 'tcp_output()');
}

function dataRule({ cause, fn }: Reason): Rule {
  if (cause === 'call') {
    return rule(
      `${fn}() has put data into the send buffer, and window, congestion window and Nagle's algorithm let it go.`,
      'tcp_write(), tcp_output()',
    );
  }
  if (cause === 'frame')
    return rule(
      'An acknowledgement has made room: what waited in the send buffer goes.',
      'tcp_receive(), tcp_output()',
    );
  if (cause === 'timer') return rule('A timer has found data that could go.', 'tcp_slowtmr(), tcp_output()');
  return rule('Data that window, congestion window and Nagle let go.', 'tcp_output()');
}

function ackRule({ cause, fn, came }: Reason): Rule {
  if (cause === 'timer')
    return rule(
      'A single segment was not acknowledged at once; the fast timer does it, after 250 ms at most.',
      'tcp_fasttmr()',
    );
  if (cause === 'call') return rule(`${fn}() has opened the window.`, 'tcp_recved()');
  if (came?.d.tcp === undefined) return rule('What has arrived is acknowledged.', 'tcp_send_empty_ack()');
  const { flags } = came.d.tcp;
  if ((flags & TCP_SYN) !== 0)
    return rule(
      'The third step of the handshake: the connection is established here, and connect() returns.',
      'tcp_process()',
    );
  if ((flags & TCP_FIN) !== 0)
    return rule(
      'A FIN is acknowledged at once; recv() will return 0 when the data before it is read.',
      'tcp_receive(), tcp_ack_now()',
    );
  if (came.tcp?.mark === 'retransmission')
    return rule(
      'What came had come before: it is not taken again, but acknowledged at once, as the acknowledgement may have been lost.',
      'tcp_receive(), tcp_ack_now()',
    );
  return rule('Every second segment is acknowledged at once.', 'tcp_receive(), tcp_ack()');
}

/** Which timer of the stack it was that made a board send a frame. @param line undefined if it made something else happen */
export function timerWords(view: RunView, line: FrameLine | undefined): string {
  if (line === undefined) return 'a timer of the stack';
  switch (line.tcp?.mark) {
    case 'retransmission':
      return rexmitTimer(view, line);
    case 'keep-alive':
      return 'the keepalive timer';
    case 'window probe':
      return 'the persist timer, which runs while the other end takes nothing';
  }
  const { d } = line;
  if (d.arp !== undefined) return 'the ARP timer, which looks once a second';
  if (d.tcp === undefined) return `the ${d.app === '' ? "stack's" : d.app} timer`;
  return (d.tcp.flags & TCP_RST) !== 0
    ? 'the slow timer, which gave the connection up'
    : 'the fast timer, every 250 ms';
}

function rexmitTimer(view: RunView, line: FrameLine): string {
  const place = view.place(line.record.n);
  if (place === undefined) return 'the retransmission timer';
  const { connection, segment } = place;
  const before = stateBefore(connection.ends[segment.from], line.record.n);
  const last = sendingBefore(connection, segment);
  const since = last === undefined ? '' : `, ${(line.tUs - last.line.tUs) / 1e6} s after it was sent last`;
  const rto = before === undefined ? '' : ` (set to ${before.state.rtoMs} ms, looked at every 500 ms)`;
  return `the retransmission timer${since}${rto}`;
}
