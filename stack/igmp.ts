/** Group membership of a host, version 2. Source: lwIP igmp.c, RFC 2236 */

import { ERR_OK, ERR_VAL, type err_t } from './err.ts';
import { FRAME_IP, FRAME_START, type Frame } from './frame.ts';
import { ip4_output_if_opt } from './ip4.ts';
import { NETIF_FLAG_IGMP, type Netif } from './netif.ts';
import { getI32, putI32 } from './prot/bytes.ts';
import { inet_chksum } from './prot/checksum.ts';
import {
  IGMP_ALLROUTERS,
  IGMP_ALLSYSTEMS,
  IGMP_GROUP,
  IGMP_LEAVE_GROUP,
  IGMP_MAXRESP,
  IGMP_MEMB_QUERY,
  IGMP_MINLEN,
  IGMP_MSGTYPE,
  IGMP_V2_MEMB_REPORT,
} from './prot/igmp.ts';
import { IP_DEST, IP_HLEN, IP_PROTO_IGMP, IPADDR_ANY, ip4_addr_ismulticast } from './prot/ip4.ts';
import type { Stack } from './stack.ts';

export const IGMP_TMR_INTERVAL = 100;
const IGMP_TTL = 1;
/** Ticks of 100 ms. */
const IGMP_JOIN_DELAYING_MEMBER_TMR = 5;
const IGMP_V1_DELAYING_MEMBER_TMR = 10;
/** IP option "router alert" (RFC 2113). */
const ROUTER_ALERT = 0x94040000 | 0;
const IGMP_IP_HLEN = IP_HLEN + 4;

const IGMP_GROUP_NON_MEMBER = 0;
const IGMP_GROUP_DELAYING_MEMBER = 1;
const IGMP_GROUP_IDLE_MEMBER = 2;

/** A group that an interface belongs to. */
export class IgmpGroup {
  readonly group_address: number;
  next: IgmpGroup | null = null;
  group_state = IGMP_GROUP_NON_MEMBER;
  /** We sent the last report that was heard, so leaving must be announced. */
  last_reporter_flag = false;
  /** Ticks until our report, 0 if none is due. */
  timer = 0;
  use = 0;

  constructor(group_address: number) {
    this.group_address = group_address;
  }
}

/** Every interface with multicast belongs to 224.0.0.1, silently. Source: lwIP igmp_start() */
export function igmp_start(netif: Netif): void {
  const all = new IgmpGroup(IGMP_ALLSYSTEMS);
  all.group_state = IGMP_GROUP_IDLE_MEMBER;
  all.use = 1;
  netif.igmp_groups = all;
}

export function igmp_lookfor_group(netif: Netif, addr: number): IgmpGroup | null {
  let g = netif.igmp_groups;
  while (g !== null && g.group_address !== addr) g = g.next;
  return g;
}

/** Find a group or enter it behind the first, which is always 224.0.0.1. Source: lwIP igmp_lookup_group() */
function lookupGroup(netif: Netif, addr: number): IgmpGroup {
  const known = igmp_lookfor_group(netif, addr);
  if (known !== null) return known;
  const group = new IgmpGroup(addr);
  const first = netif.igmp_groups;
  if (first === null) netif.igmp_groups = group;
  else {
    group.next = first.next;
    first.next = group;
  }
  return group;
}

/**
 * Join a group on the interface with address `ifaddr`, or on all with IPADDR_ANY.
 * @returns ERR_VAL if no interface fits or the address is not a group that can be joined
 */
export function igmp_joingroup(stack: Stack, ifaddr: number, groupaddr: number): err_t {
  return onNetifs(stack, ifaddr, (netif) => joinOn(netif, groupaddr));
}

/** Leave a group. @returns ERR_VAL if no interface fits or belongs to it */
export function igmp_leavegroup(stack: Stack, ifaddr: number, groupaddr: number): err_t {
  let result: err_t = ERR_VAL;
  onNetifs(stack, ifaddr, (netif) => {
    const res = leaveOn(netif, groupaddr);
    if (result !== ERR_OK) result = res;
    return ERR_OK;
  });
  return result;
}

function onNetifs(stack: Stack, ifaddr: number, action: (netif: Netif) => err_t): err_t {
  let err: err_t = ERR_VAL;
  for (let n = stack.netif_list; n !== null; n = n.next) {
    if ((n.flags & NETIF_FLAG_IGMP) === 0 || (ifaddr !== IPADDR_ANY && ifaddr !== n.ip_addr)) continue;
    err = action(n);
    if (err !== ERR_OK) return err;
  }
  return err;
}

function joinOn(netif: Netif, groupaddr: number): err_t {
  if (!ip4_addr_ismulticast(groupaddr) || groupaddr === IGMP_ALLSYSTEMS) return ERR_VAL;
  const group = lookupGroup(netif, groupaddr);
  if (group.group_state === IGMP_GROUP_NON_MEMBER) {
    send(netif, group, IGMP_V2_MEMB_REPORT);
    startTimer(netif.stack, group, IGMP_JOIN_DELAYING_MEMBER_TMR);
    group.group_state = IGMP_GROUP_DELAYING_MEMBER;
  }
  group.use++;
  return ERR_OK;
}

function leaveOn(netif: Netif, groupaddr: number): err_t {
  if (!ip4_addr_ismulticast(groupaddr) || groupaddr === IGMP_ALLSYSTEMS) return ERR_VAL;
  const group = igmp_lookfor_group(netif, groupaddr);
  if (group === null) return ERR_VAL;
  if (group.use > 1) {
    group.use--;
    return ERR_OK;
  }
  unlink(netif, group);
  if (group.last_reporter_flag) send(netif, group, IGMP_LEAVE_GROUP);
  return ERR_OK;
}

function unlink(netif: Netif, group: IgmpGroup): void {
  for (let g = netif.igmp_groups; g !== null; g = g.next) {
    if (g.next === group) g.next = group.next;
  }
}

/** Address or link came up: tell every group again, after a delay. Source: lwIP igmp_report_groups() */
export function igmp_report_groups(netif: Netif): void {
  for (let g = netif.igmp_groups?.next ?? null; g !== null; g = g.next) {
    delayingMember(netif.stack, g, IGMP_JOIN_DELAYING_MEMBER_TMR);
  }
}

/** Take an IGMP message. Source: lwIP igmp_input() */
export function igmp_input(stack: Stack, frame: Frame, at: number, hlen: number, len: number, inp: Netif): void {
  const b = frame.bytes;
  const msg = at + hlen;
  if (len - hlen < IGMP_MINLEN) {
    stack.stats.igmp_lenerr++;
    return;
  }
  if (!frame.hasRightSums && inet_chksum(b, msg, len - hlen) !== 0) {
    stack.stats.igmp_chkerr++;
    return;
  }
  const dest = getI32(b, at + IP_DEST);
  const group = igmp_lookfor_group(inp, dest);
  if (group === null) {
    stack.stats.igmp_drop++;
    return;
  }
  switch (b[msg + IGMP_MSGTYPE]) {
    case IGMP_MEMB_QUERY:
      query(inp, dest, getI32(b, msg + IGMP_GROUP), b[msg + IGMP_MAXRESP]!, group);
      break;
    case IGMP_V2_MEMB_REPORT:
      if (group.group_state === IGMP_GROUP_DELAYING_MEMBER) {
        group.timer = 0;
        group.group_state = IGMP_GROUP_IDLE_MEMBER;
        group.last_reporter_flag = false;
      }
      break;
    default:
      stack.stats.igmp_proterr++;
  }
}

function query(inp: Netif, dest: number, asked: number, maxresp: number, group: IgmpGroup): void {
  const stack = inp.stack;
  if (asked !== IPADDR_ANY) {
    const one = dest === IGMP_ALLSYSTEMS ? igmp_lookfor_group(inp, asked) : group;
    if (one !== null) delayingMember(stack, one, maxresp);
  } else if (dest === IGMP_ALLSYSTEMS) {
    const delay = maxresp === 0 ? IGMP_V1_DELAYING_MEMBER_TMR : maxresp;
    for (let g = inp.igmp_groups?.next ?? null; g !== null; g = g.next) delayingMember(stack, g, delay);
  }
}

function delayingMember(stack: Stack, group: IgmpGroup, maxresp: number): void {
  const idle = group.group_state === IGMP_GROUP_IDLE_MEMBER;
  const delaying = group.group_state === IGMP_GROUP_DELAYING_MEMBER;
  if (idle || (delaying && (group.timer === 0 || maxresp < group.timer))) {
    startTimer(stack, group, maxresp);
    group.group_state = IGMP_GROUP_DELAYING_MEMBER;
  }
}

function startTimer(stack: Stack, group: IgmpGroup, max_time: number): void {
  group.timer = max_time > 2 ? stack.port.LWIP_RAND() % max_time : 1;
  if (group.timer === 0) group.timer = 1;
  if (stack.igmp_timer_running || stack.opt.LWIP_TIMERS_ONDEMAND === 0) return;
  stack.igmp_timer_running = true;
  stack.timeouts.at(stack.port.sys_now() + IGMP_TMR_INTERVAL, igmp_tmr);
}

/** The 100 ms timer, running while a report is due; without LWIP_TIMERS_ONDEMAND it always runs. */
export function igmp_tmr(stack: Stack): void {
  let again = false;
  for (let n = stack.netif_list; n !== null; n = n.next) {
    for (let g = n.igmp_groups; g !== null; g = g.next) {
      if (g.timer > 0 && --g.timer === 0) timeout(n, g);
      if (g.timer > 0) again = true;
    }
  }
  if (stack.opt.LWIP_TIMERS_ONDEMAND === 0) {
    stack.timeouts.again(IGMP_TMR_INTERVAL, igmp_tmr);
    return;
  }
  stack.igmp_timer_running = again;
  if (again) stack.timeouts.at(stack.port.sys_now() + IGMP_TMR_INTERVAL, igmp_tmr);
}

function timeout(netif: Netif, group: IgmpGroup): void {
  if (group.group_state !== IGMP_GROUP_DELAYING_MEMBER || group.group_address === IGMP_ALLSYSTEMS) return;
  group.group_state = IGMP_GROUP_IDLE_MEMBER;
  send(netif, group, IGMP_V2_MEMB_REPORT);
}

/** Reports go to the group itself, leaving is told to all routers; both with the router alert option. Source: lwIP igmp_send() */
function send(netif: Netif, group: IgmpGroup, type: number): void {
  const frame = netif.stack.port.memory.frames.alloc(FRAME_IP - FRAME_START + IGMP_IP_HLEN + IGMP_MINLEN);
  const b = frame.bytes;
  const msg = FRAME_IP + IGMP_IP_HLEN;
  putI32(b, FRAME_IP + IP_HLEN, ROUTER_ALERT);
  b.fill(0, msg, msg + IGMP_MINLEN);
  b[msg + IGMP_MSGTYPE] = type;
  putI32(b, msg + IGMP_GROUP, group.group_address);
  let dest = IGMP_ALLROUTERS;
  if (type === IGMP_V2_MEMB_REPORT) {
    dest = group.group_address;
    group.last_reporter_flag = true;
  }
  ip4_output_if_opt(frame, IGMP_IP_HLEN, netif.ip_addr, dest, IGMP_TTL, IP_PROTO_IGMP, netif);
  frame.release();
}
