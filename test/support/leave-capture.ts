/** A property that fails leaves what was on the wire behind, for Wireshark. */

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toPcap } from '../../tools/pcap-writer.ts';

type Frames = readonly { readonly tUs: number; readonly bytes: Uint8Array }[];

/**
 * Run a check; if it throws, write the frames into a capture and say so in the error. Each smaller counterexample that
 * is found overwrites the capture of the one before, so that in the end it shows the smallest.
 * @param name of the property, for the file
 */
export async function leavingCapture(
  name: string,
  frames: () => Frames,
  check: () => void | Promise<void>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    const file = join(tmpdir(), `lwip-twin-${name}.pcap`);
    writeFileSync(file, toPcap(frames()));
    if (error instanceof Error) error.message += `\nThe frames are in ${file}`;
    throw error;
  }
}
