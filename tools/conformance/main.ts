/** `npm run conformance`: see cli.ts. */

import { conformance } from './cli.ts';

process.exitCode = conformance(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
