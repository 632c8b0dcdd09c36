/** What the process has used so far. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** User and system time of the whole process in microseconds: collector and compiler threads count too. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Bytes of objects on the heap after a full collection. */
export function heapUsed(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
