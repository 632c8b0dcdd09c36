// Makes sure that there is a Chromium for the tests of the report: the one that CHROMIUM names, that of the system, or
// Debian's package, which is installed if this process may do that.
import { spawnSync } from 'node:child_process';
import { findChromium } from './find-chromium.mjs';

if (findChromium() !== undefined) process.exit(0);

console.log('There is no Chromium here. Installing the Debian package "chromium" ...');
const done = [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']].every(
  (args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0,
);
if (!done) {
  console.error(
    'The tests of the report need a Chromium: install the Debian package "chromium", or set CHROMIUM to the path of one.',
  );
  process.exit(1);
}
