/** DHCP message (RFC 2131 2) and options (RFC 2132): field offsets from the start of the UDP payload. */

export const DHCP_OP = 0;
export const DHCP_HTYPE = 1;
export const DHCP_HLEN = 2;
export const DHCP_XID = 4;
export const DHCP_FLAGS = 10;
export const DHCP_CIADDR = 12;
export const DHCP_YIADDR = 16;
export const DHCP_GIADDR = 24;
export const DHCP_CHADDR = 28;
export const DHCP_SNAME = 44;
const DHCP_SNAME_LEN = 64;
const DHCP_FILE = 108;
const DHCP_FILE_LEN = 128;
export const DHCP_COOKIE = 236;
export const DHCP_OPTIONS = 240;

export const DHCP_MAGIC_COOKIE = 0x63825363;
export const DHCP_FLAG_BROADCAST = 0x8000;

export const DHCP_BOOTREQUEST = 1;
export const DHCP_BOOTREPLY = 2;
export const DHCP_HTYPE_ETH = 1;

export const LWIP_IANA_PORT_DHCP_SERVER = 67;
export const LWIP_IANA_PORT_DHCP_CLIENT = 68;

export const DHCP_DISCOVER = 1;
export const DHCP_OFFER = 2;
export const DHCP_REQUEST = 3;
export const DHCP_DECLINE = 4;
export const DHCP_ACK = 5;
export const DHCP_NAK = 6;
export const DHCP_RELEASE = 7;
export const DHCP_INFORM = 8;

const DHCP_OPTION_PAD = 0;
export const DHCP_OPTION_SUBNET_MASK = 1;
export const DHCP_OPTION_ROUTER = 3;
export const DHCP_OPTION_DNS_SERVER = 6;
export const DHCP_OPTION_HOSTNAME = 12;
export const DHCP_OPTION_MTU = 26;
export const DHCP_OPTION_BROADCAST = 28;
export const DHCP_OPTION_ROUTER_DISCOVERY = 31;
export const DHCP_OPTION_NTP = 42;
export const DHCP_OPTION_VENDOR_SPECIFIC = 43;
export const DHCP_OPTION_REQUESTED_IP = 50;
export const DHCP_OPTION_LEASE_TIME = 51;
const DHCP_OPTION_OVERLOAD = 52;
export const DHCP_OPTION_MESSAGE_TYPE = 53;
export const DHCP_OPTION_SERVER_ID = 54;
export const DHCP_OPTION_PARAMETER_REQUEST_LIST = 55;
export const DHCP_OPTION_MAX_MSG_SIZE = 57;
const DHCP_OPTION_T1 = 58;
const DHCP_OPTION_T2 = 59;
export const DHCP_OPTION_CLIENT_ID = 61;
export const DHCP_OPTION_END = 255;

const DHCP_OVERLOAD_FILE = 1;
const DHCP_OVERLOAD_SNAME = 2;
const DHCP_OVERLOAD_SNAME_FILE = 3;

/** What a client wants to know of a reply: addresses int32 in host order, times in seconds (unsigned). */
export interface DhcpReply {
  type: number | undefined;
  server_id: number | undefined;
  subnet_mask: number | undefined;
  router: number | undefined;
  lease_time: number | undefined;
  t1: number | undefined;
  t2: number | undefined;
  overload: number | undefined;
  dns: number[];
  /** Time servers, if they were asked for. */
  ntp: number[];
}

/** Told of every option that the parser does not know. @param at where its value starts  @param len its length field */
export type UnknownOption = (option: number, at: number, len: number) => void;

/**
 * Read the options of a reply, those in the file and sname fields too if it says so. The first occurrence of an option
 * counts. Options must reach END, except in those two fields.
 * @param b array with the message  @param at where the message starts  @param len its length in bytes
 * @param ntpServersMax so many time servers are taken; 0 if there is no interest in them
 * @returns null if lwIP throws the message away: too short, no END, a value that does not fit its option
 * Source: lwIP dhcp_parse_reply()
 */
export function parseReply(
  b: Uint8Array,
  at: number,
  len: number,
  onUnknown: UnknownOption,
  ntpServersMax = 0,
): DhcpReply | null {
  const reply: DhcpReply = {
    type: undefined,
    server_id: undefined,
    subnet_mask: undefined,
    router: undefined,
    lease_time: undefined,
    t1: undefined,
    t2: undefined,
    overload: undefined,
    dns: [],
    ntp: [],
  };
  const message = { b, at, len, ntpServersMax };
  if (!parseField(message, DHCP_OPTIONS, len, reply, onUnknown)) return null;
  const { overload } = reply;
  if (overload === undefined) return reply;
  if (overload < DHCP_OVERLOAD_FILE || overload > DHCP_OVERLOAD_SNAME_FILE) return null;
  const inFile = (overload & DHCP_OVERLOAD_FILE) !== 0;
  const inSname = (overload & DHCP_OVERLOAD_SNAME) !== 0;
  if (inFile && !parseField(message, DHCP_FILE, DHCP_FILE + DHCP_FILE_LEN, reply, onUnknown)) return null;
  if (inSname && !parseField(message, DHCP_SNAME, DHCP_SNAME + DHCP_SNAME_LEN, reply, onUnknown)) return null;
  return reply;
}

interface Message {
  readonly b: Uint8Array;
  readonly at: number;
  readonly len: number;
  readonly ntpServersMax: number;
}

/** Read options from `from` to END; only the fields may also end at `to`, where another part of the message follows. */
function parseField(m: Message, from: number, to: number, reply: DhcpReply, onUnknown: UnknownOption): boolean {
  const { b, at, len } = m;
  if (from >= len) return false;
  let offset = from;
  while (offset < to && b[at + offset] !== DHCP_OPTION_END) {
    const option = b[at + offset]!;
    if (option === DHCP_OPTION_PAD) {
      offset++;
    } else {
      const size = offset + 1 < len ? b[at + offset + 1]! : 0;
      if (!takeOption(m, option, offset + 2, size, from === DHCP_OPTIONS, reply, onUnknown)) return false;
      offset += size + 2;
    }
    if (offset >= len) return false;
  }
  return true;
}

/** One option; false if its length is wrong or its value ends behind the message. */
function takeOption(
  m: Message,
  option: number,
  offset: number,
  size: number,
  inOptions: boolean,
  reply: DhcpReply,
  onUnknown: UnknownOption,
): boolean {
  switch (option) {
    case DHCP_OPTION_MESSAGE_TYPE:
      return size === 1 && takeNumber(m, offset, 1, reply, 'type');
    case DHCP_OPTION_OVERLOAD:
      return inOptions && size === 1 && takeNumber(m, offset, 1, reply, 'overload');
    case DHCP_OPTION_SUBNET_MASK:
      return size === 4 && takeNumber(m, offset, 4, reply, 'subnet_mask');
    case DHCP_OPTION_ROUTER:
      return size >= 4 && takeNumber(m, offset, 4, reply, 'router');
    case DHCP_OPTION_LEASE_TIME:
      return size === 4 && takeNumber(m, offset, 4, reply, 'lease_time');
    case DHCP_OPTION_SERVER_ID:
      return size === 4 && takeNumber(m, offset, 4, reply, 'server_id');
    case DHCP_OPTION_T1:
      return size === 4 && takeNumber(m, offset, 4, reply, 't1');
    case DHCP_OPTION_T2:
      return size === 4 && takeNumber(m, offset, 4, reply, 't2');
    case DHCP_OPTION_DNS_SERVER:
      return size % 4 === 0 && takeServers(m, offset, Math.min(size / 4, DNS_SERVERS_MAX), reply.dns);
    case DHCP_OPTION_NTP:
      if (m.ntpServersMax > 0) {
        return size % 4 === 0 && takeServers(m, offset, Math.min(size / 4, m.ntpServersMax), reply.ntp);
      }
  }
  onUnknown(option, m.at + offset, size);
  return true;
}

/** lwIP keeps so many name servers of a reply (DNS_MAX_SERVERS). */
const DNS_SERVERS_MAX = 3;

type NumberOption = Exclude<keyof DhcpReply, 'dns' | 'ntp'>;

function takeNumber(m: Message, offset: number, size: 1 | 4, reply: DhcpReply, name: NumberOption): boolean {
  if (reply[name] !== undefined) return true;
  if (offset + size > m.len) return false;
  reply[name] = size === 1 ? m.b[m.at + offset]! : valueAt(m, offset);
  return true;
}

function takeServers(m: Message, offset: number, count: number, servers: number[]): boolean {
  if (servers.length > 0) return true;
  if (offset + 4 * count > m.len) return false;
  for (let i = 0; i < count; i++) servers.push(valueAt(m, offset + 4 * i));
  return true;
}

function valueAt({ b, at }: Message, offset: number): number {
  const i = at + offset;
  return (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
}
