/** Name resolution of a program: netdb.h and the resolver's own functions, with C's names, arguments and results. */

import {
  type AddrinfoHints,
  type addrinfo,
  type hostent,
  lwip_freeaddrinfo,
  lwip_getaddrinfo,
  lwip_gethostbyname,
  lwip_gethostbyname_r,
} from '../sockets/index.ts';
import { dns_clear_cache, dns_getserver, dns_setserver } from '../stack/dns.ts';
import { ip4addr_ntoa } from '../stack/prot/ip4.ts';
import type { Call } from './call.ts';
import { callArgs, noteAddrinfo, noteHost } from './describe_call.ts';
import { parseIp } from './netif_config.ts';
import { OsSockets } from './os_sockets.ts';
import type { CallRecord } from './trace.ts';
import { text, utf8 } from './utf8.ts';

export abstract class OsNetdb extends OsSockets {
  /** Why the last gethostbyname() on this board failed, whichever task called it: C has one variable for all. */
  get h_errno(): number {
    return this.sockets.netdb.h_errno;
  }

  set h_errno(value: number) {
    this.sockets.netdb.h_errno = value;
  }

  /**
   * Find the address of a host: numeric, remembered, or by asking the name servers, for up to 7 s each.
   * @returns null if there is none, and h_errno HOST_NOT_FOUND; errno is not touched
   */
  gethostbyname(name: string): Call<hostent | null> {
    const op = lwip_gethostbyname(this.sockets, this.task, bytesOf(name));
    return this.begin('gethostbyname', -1, this.traced && callArgs.gethostbyname(name), op, this.traced && hostFound);
  }

  /**
   * The same with memory of the caller, and without h_errno.
   * @param ret filled in  @param buf C keeps name and address in it; here only its length matters
   * @param result gets `ret` or null  @param h_errnop gets HOST_NOT_FOUND, or EINVAL or ERANGE for the arguments
   * @returns 0 or -1
   */
  gethostbyname_r(
    name: string | null,
    ret: hostent | null,
    buf: Uint8Array | null,
    buflen: number,
    result: { value: hostent | null } | null,
    h_errnop: { value: number } | null = null,
  ): Call<number> {
    if (buf !== null && buflen > buf.length) {
      throw new RangeError(`gethostbyname_r() was given a buffer of ${buf.length} bytes and a length of ${buflen}.`);
    }
    const { sockets, task } = this;
    const size = buf === null ? null : buflen;
    const op = lwip_gethostbyname_r(sockets, task, name && bytesOf(name), ret, size, result, h_errnop);
    const finish = (record: CallRecord): void => noteHost(record, result?.value ?? null);
    return this.begin('gethostbyname_r', -1, this.traced && callArgs.gethostbyname(name), op, this.traced && finish);
  }

  /**
   * Find address and port of a service as connect() wants them.
   * @param nodename null: this board  @param servname a decimal number; null: port 0
   * @param hints null: any family  @param res gets the result, to be given to freeaddrinfo()
   * @returns 0, or EAI_FAIL (nothing found), EAI_NONAME, EAI_FAMILY, EAI_SERVICE, EAI_MEMORY; errno is not touched
   */
  getaddrinfo(
    nodename: string | null,
    servname: string | null,
    hints: AddrinfoHints | null,
    res: { value: addrinfo | null } | null,
  ): Call<number> {
    const node = nodename && bytesOf(nodename);
    const op = lwip_getaddrinfo(this.sockets, this.task, node, servname, hints, res);
    const args = this.traced && callArgs.getaddrinfo(nodename, servname, hints);
    return this.begin('getaddrinfo', -1, args, op, this.traced && noteAddrinfo(res));
  }

  /** Give a result of getaddrinfo() back. @throws TypeError for anything else, or the second time */
  freeaddrinfo(ai: addrinfo | null): void {
    lwip_freeaddrinfo(this.sockets, ai);
  }

  /** Set a name server of the resolver. @param numdns 0 main, 1 backup, 2 fallback  @param dnsserver dotted decimal */
  dns_setserver(numdns: number, dnsserver: string): Call<number> {
    const addr = parseIp('dnsserver', dnsserver);
    return this.withResolver('dns_setserver', [numdns, dnsserver], () => dns_setserver(this.board.stack, numdns, addr));
  }

  /** A name server of the resolver in dotted decimal, "0.0.0.0" if it is not set. */
  dns_getserver(numdns: number): string {
    return ip4addr_ntoa(dns_getserver(this.board.stack, numdns));
  }

  /** Forget every name, even those that are being asked for: see the function of the stack. */
  dns_clear_cache(): Call<number> {
    return this.withResolver('dns_clear_cache', [], () => dns_clear_cache(this.board.stack));
  }

  private withResolver(fn: string, args: (number | string)[], action: () => void): Call<number> {
    const inThread = this.sockets.inTcpipThread(this.task, () => {
      action();
      return 0;
    });
    return this.begin(fn, -1, this.traced && args, inThread);
  }
}

/** Text as C has it: one character a byte, those beyond ASCII in UTF-8. */
function bytesOf(name: string): string {
  return text(utf8(name));
}

function hostFound(record: CallRecord, _ret: number, host: hostent | null): void {
  record.ret = host === null ? -1 : 0;
  noteHost(record, host);
}
