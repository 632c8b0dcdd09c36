/** The boards of a run before they are made: names, addresses, programs. */

import type { BuildOptions } from '../firmware/build.ts';
import { UsageError } from './usage-error.ts';

/** What a board runs. */
export type BoardProgram =
  | { readonly kind: 'script'; readonly file: string; readonly priority: number | undefined }
  | { readonly kind: 'image'; readonly file: string }
  | { readonly kind: 'sources'; readonly options: BuildOptions };

/** Something typed on a board's console. */
export interface Typed {
  readonly atUs: number;
  readonly text: string;
}

/** What a board is connected to: the wire of all boards, the air, or the internet behind access points. */
export type BoardNetwork = 'lan' | 'wifi' | 'internet';

/** A board that somebody wants, as far as that was said. */
export interface WantedBoard {
  readonly program: BoardProgram;
  /** Names it if nothing else does. */
  readonly file: string;
  readonly name?: string | undefined;
  /** "192.168.4.1/24" */
  readonly ip?: string | undefined;
  readonly gw?: string | undefined;
  /** The wire if left out. */
  readonly network?: BoardNetwork | undefined;
  /** Of a host of the internet: from there to an access point. */
  readonly latencyUs?: number | undefined;
  /** When it is switched on. */
  readonly bootUs?: number | undefined;
  readonly stdin?: readonly Typed[] | undefined;
}

export interface BoardPlan extends WantedBoard {
  /** Nobody else has it. */
  readonly name: string;
  /** Undefined for a board on the air, which has none to begin with. */
  readonly ip: string | undefined;
  readonly network: BoardNetwork;
  readonly bootUs: number;
  readonly stdin: readonly Typed[];
}

/**
 * Give every board a name and an address of its own: those that were asked for, and for the others the name of the file
 * and 192.168.4.1, 192.168.4.2 and so on.
 * @throws UsageError if two boards want the same
 */
export function planBoards(wanted: readonly WantedBoard[]): BoardPlan[] {
  const names = new Set<string>();
  const addresses = new Map<string, string>();
  for (const { name, ip, file } of wanted) {
    if (ip !== undefined) take(addresses, ip, file);
    if (name === undefined) continue;
    if (names.has(name)) throw new UsageError(`There are two boards with the name '${name}'.`);
    names.add(name);
  }
  let host = 0;
  const nextAddress = (): string => {
    do host++;
    while (addresses.has(`192.168.4.${host}`));
    if (host > 254) throw new UsageError('There are not enough addresses for so many boards: give some with "@".');
    return `192.168.4.${host}/24`;
  };
  return wanted.map((board) => ({
    ...board,
    name: board.name ?? freeName(names, board.file),
    network: board.network ?? 'lan',
    ip: board.ip ?? (board.network === 'wifi' ? undefined : nextAddress()),
    bootUs: board.bootUs ?? 0,
    stdin: board.stdin ?? [],
  }));
}

function take(addresses: Map<string, string>, ip: string, file: string): void {
  const address = ip.split('/')[0]!;
  const other = addresses.get(address);
  if (other !== undefined) throw new UsageError(`'${other}' and '${file}' cannot both have the address ${address}.`);
  addresses.set(address, file);
}

function freeName(names: Set<string>, file: string): string {
  const wanted = nameFromFile(file);
  let name = wanted;
  for (let n = 2; names.has(name); n++) name = `${wanted}${n}`;
  names.add(name);
  return name;
}

/** The last part of a path, without its extension; of a project, the project's name and not "main". */
function nameFromFile(file: string): string {
  const parts = file.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const last = parts.at(-1) ?? 'board';
  return last === 'main' ? (parts.at(-2) ?? last) : last.replace(/(?<=.)\.[^.]*$/, '');
}

/** "192.168.4.77" or "10.0.0.2/8". @returns the address with its prefix length; undefined if no board can have it */
export function checkAddress(ip: string): string | undefined {
  const [, a, b, c, d, prefix = '24'] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(ip) ?? [];
  const bytes = [a, b, c, d].map(Number);
  // Of what could not be a host's own: 0.x.x.x, the loopback net, multicast and beyond.
  const isHost = bytes.every((byte) => byte <= 255) && bytes[0]! > 0 && bytes[0] !== 127 && bytes[0]! < 224;
  return isHost && Number(prefix) >= 1 && Number(prefix) <= 30 ? `${bytes.join('.')}/${Number(prefix)}` : undefined;
}
