/** Just enough of Ethernet, IPv4 and its transports to change a frame and make its checksums right again. */

import { inet_chksum } from '../../stack/prot/checksum.ts';

const IP = 14;
const ETHTYPE_IP = 0x0800;
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  [1, 2],
  [2, 2],
  [6, 16],
  [17, 6],
]);

export interface PacketView {
  readonly protocol: number;
  /** Where the transport header begins, and its payload (of TCP) or the end of the header's fixed part. */
  readonly transport: number;
  readonly payload: number;
}

/** The parts of an IPv4 frame; null if it is something else. */
export function viewOf(bytes: Uint8Array): PacketView | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < IP + 20 || view.getUint16(12) !== ETHTYPE_IP) return null;
  const protocol = view.getUint8(IP + 9);
  const transport = IP + (view.getUint8(IP) & 15) * 4;
  if (transport >= bytes.length) return null;
  const isTcp = protocol === 6 && bytes.length >= transport + 20;
  return { protocol, transport, payload: transport + (isTcp ? (view.getUint8(transport + 12) >> 4) * 4 : 8) };
}

/** Fill in the sums of an IPv4 packet and of its ICMP, IGMP, TCP or UDP header, as far as the frame reaches. */
export function fixSums(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (viewOf(bytes) === null) return;
  const hlen = (view.getUint8(IP) & 15) * 4;
  view.setUint16(IP + 10, 0);
  view.setUint16(IP + 10, inet_chksum(bytes, IP, hlen));
  const protocol = view.getUint8(IP + 9);
  const offset = CHECKSUM_AT.get(protocol);
  const transport = IP + hlen;
  const length = Math.min(view.getUint16(IP + 2) - hlen, bytes.length - transport);
  if (offset === undefined || length < offset + 2 || (view.getUint16(IP + 6) & 0x3fff) !== 0) return;
  view.setUint16(transport + offset, 0);
  const covered =
    protocol === 6 || protocol === 17
      ? withPseudoHeader(bytes, protocol, transport, length)
      : bytes.slice(transport, transport + length);
  view.setUint16(transport + offset, inet_chksum(covered, 0, covered.length));
}

function withPseudoHeader(bytes: Uint8Array, protocol: number, transport: number, length: number): Uint8Array {
  const covered = new Uint8Array(12 + length);
  covered.set(bytes.subarray(IP + 12, IP + 20));
  covered[9] = protocol;
  new DataView(covered.buffer).setUint16(10, length);
  covered.set(bytes.subarray(transport, transport + length), 12);
  return covered;
}
