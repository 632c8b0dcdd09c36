/** What a program sees of its board: socket, network and FreeRTOS calls, with C's names, arguments and results. */

import { OsConnect } from './os_connect.ts';

/**
 * The operating system as one task sees it. Every call that lwIP or FreeRTOS may suspend returns a Call: `await` it in
 * an async program, `yield*` it in a generator program, one at a time.
 */
export class Os extends OsConnect {}
