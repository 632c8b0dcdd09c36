/** DHCP messages as the client reads them, and the rules of its timers. */

import { describe, expect, test } from '@jest/globals';
import { DHCP_STATE_BOUND, DHCP_STATE_SELECTING, dhcp_start } from '../../stack/dhcp.ts';
import { ERR_ARG, ERR_MEM, ERR_OK } from '../../stack/err.ts';
import { netif_set_down } from '../../stack/netif.ts';
import { type DhcpReply, parseReply } from '../../stack/prot/dhcp.ts';
import { BareStack } from '../support/bare-stack.ts';

const OPTIONS = 240;
const SNAME = 44;
const FILE = 108;

/** A reply with these bytes as options, and perhaps others in its file and sname fields. */
function parse(options: number[], fields: { file?: number[]; sname?: number[] } = {}, ntpMax = 0): DhcpReply | null {
  const message = new Uint8Array(OPTIONS + options.length);
  message.set(fields.sname ?? [], SNAME);
  message.set(fields.file ?? [], FILE);
  message.set(options, OPTIONS);
  return parseReply(message, 0, message.length, () => undefined, ntpMax);
}

const END = 255;
const TYPE = [53, 1, 2];
const SERVER = [54, 4, 192, 168, 4, 1];
const SERVER_IP = 0xc0a80401 | 0;

describe('options of a reply', () => {
  test('first occurrences count, unknown ones and pads are skipped', () => {
    const reply = parse([...TYPE, 0, 0, 99, 2, 1, 1, ...SERVER, 54, 4, 1, 1, 1, 1, 51, 4, 0xff, 0xff, 0xff, 0xff, END]);
    expect(reply).toMatchObject({ type: 2, server_id: SERVER_IP, lease_time: -1, router: undefined, dns: [] });
  });

  test('the first router and up to three name servers', () => {
    const servers = [1, 2, 3, 4].flatMap((n) => [8, 8, 8, n]);
    const reply = parse([3, 8, 10, 0, 0, 1, 10, 0, 0, 2, 6, 16, ...servers, END]);
    expect(reply?.router).toBe(0x0a000001);
    expect(reply?.dns).toEqual([0x08080801, 0x08080802, 0x08080803]);
  });

  test('time servers, as many as are wanted; without interest their option is an unknown one', () => {
    const servers = [42, 8, 8, 8, 8, 1, 8, 8, 8, 2];
    expect(parse([...servers, END], {}, 1)?.ntp).toEqual([0x08080801]);
    expect(parse([...servers, ...servers, END], {}, 4)?.ntp).toEqual([0x08080801, 0x08080802]);
    expect(parse([...servers, END])?.ntp).toEqual([]);
    expect(parse([42, 3, 1, 2, 3, END], {}, 1)).toBeNull();
    expect(parse([42, 3, 1, 2, 3, END])).not.toBeNull();
  });

  test.each([
    ['no END', [...TYPE, ...SERVER]],
    ['no END but padding', [...TYPE, ...SERVER, 0, 0, 0, 0]],
    ['a value that ends behind the message', [...TYPE, 54, 4, 192, 168]],
    ['a wrong length', [...TYPE, 54, 3, 192, 168, 4, END]],
    ['an overload value of 4', [...TYPE, 52, 1, 4, END]],
    ['nothing at all', []],
  ])('%s: the message is thrown away', (_name, options) => {
    expect(parse(options)).toBeNull();
  });

  test('overload: the file field, then the sname field, neither of which needs an END', () => {
    const fields = { file: [51, 4, 0, 0, 0, 60, END], sname: [...SERVER, 51, 4, 0, 0, 0, 1] };
    expect(parse([...TYPE, 52, 1, 3, END], fields)).toMatchObject({ server_id: SERVER_IP, lease_time: 60 });
    expect(parse([...TYPE, 52, 1, 2, END], fields)).toMatchObject({ server_id: SERVER_IP, lease_time: 1 });
    expect(parse([...TYPE, 52, 1, 1, END], { file: [52, 1, 1, END] })).toBeNull();
  });
});

describe('dhcp_start()', () => {
  test('needs an interface that is up and an MTU of 576', () => {
    const bare = client();
    bare.netif.mtu = 575;
    expect(dhcp_start(bare.netif)).toBe(ERR_MEM);
    bare.netif.mtu = 576;
    netif_set_down(bare.netif);
    expect(dhcp_start(bare.netif)).toBe(ERR_ARG);
    expect(bare.netif.dhcp).toBeNull();
  });

  test('DISCOVER is repeated after 0.5, 1, 2, 4, 4 ... seconds with the same transaction number', () => {
    const sent: { ms: number; xid: string }[] = [];
    const bare = client((bytes) => sent.push({ ms: bare.nowMs, xid: hex(bytes.subarray(46, 50)) }));
    expect(dhcp_start(bare.netif)).toBe(ERR_OK);
    elapse(bare, 16_000);
    expect(sent.map((m) => m.ms)).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500]);
    expect(new Set(sent.map((m) => m.xid)).size).toBe(1);
    expect(bare.netif.dhcp?.state).toBe(DHCP_STATE_SELECTING);
    expect(bare.netif.dhcp?.state).not.toBe(DHCP_STATE_BOUND);
  });
});

function client(onFrame: (bytes: Uint8Array) => void = () => undefined): BareStack {
  const bare = new BareStack({ onFrame, rand: (n) => 1000 + n });
  bare.netif.ip_addr = 0;
  return bare;
}

function elapse(bare: BareStack, ms: number): void {
  for (const end = bare.nowMs + ms; bare.nowMs < end; ) {
    bare.nowMs++;
    bare.stack.runDue();
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
