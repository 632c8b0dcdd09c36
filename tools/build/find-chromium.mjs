import { existsSync } from 'node:fs';

/** The Chromium that CHROMIUM names, or that of the system; undefined if there is none. */
export function findChromium() {
  const paths = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return paths.find((path) => path !== undefined && existsSync(path));
}
