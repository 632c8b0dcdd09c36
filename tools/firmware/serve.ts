/** The side of a forked process that answers requests, one after the other. */

import type { Numbered, Reply, Request } from './messages.ts';

/** Nobody needs a process that has had nothing to do for so long. */
const IDLE_MS = 20_000;

/** Answer requests until the driver is gone, or has none for long. */
export function serve(answer: (request: Request) => Promise<Reply>): void {
  let queue = Promise.resolve();
  const idle = setTimeout(() => process.exit(), IDLE_MS);
  process.on('message', ({ id, body }: Numbered<Request>) => {
    idle.refresh();
    queue = queue.then(async () => {
      const reply = await answer(body).catch((error: unknown) => failure(String(error)));
      // A driver that has gone away in the meantime needs no answer.
      process.send?.({ id, body: reply } satisfies Numbered<Reply>, undefined, undefined, () => undefined);
      idle.refresh();
    });
  });
  process.on('disconnect', () => process.exit());
}

export function failure(text: string): Reply {
  return { ok: false, text, output: new Uint8Array(), sourceMap: '' };
}
