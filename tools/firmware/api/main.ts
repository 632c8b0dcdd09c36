/** `npm run api`: every function of the headers with what becomes of it, `npm run api -- NAME...` only some of them. */

import { findHome } from '../packages.ts';
import { type ApiEntry, type ApiStatus, readApi } from './api.ts';

const STATUSES: readonly ApiStatus[] = ['implemented', 'refused', 'absent'];

function line({ name, header, kind, status, sentence }: ApiEntry): string {
  const what = `${status.padEnd(11)} ${kind.padEnd(8)} ${name.padEnd(44)} ${header}`;
  return sentence === ''
    ? what
    : `${what}\n${' '.repeat(21)}${status === 'implemented' ? 'at times: ' : ''}${sentence}`;
}

const wanted = process.argv.slice(2);
const entries = await readApi(findHome());
for (const entry of entries) {
  if (wanted.length === 0 || wanted.some((part) => entry.name.includes(part))) process.stdout.write(`${line(entry)}\n`);
}
const counts = STATUSES.map((status) => `${entries.filter((entry) => entry.status === status).length} ${status}`);
process.stdout.write(`${entries.length} functions and macros: ${counts.join(', ')}.\n`);
