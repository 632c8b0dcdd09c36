/** npm run differential: lwIP itself beside the twin. */

import { differential } from './cli.ts';

process.exitCode = await differential(process.argv.slice(2), console.log);
