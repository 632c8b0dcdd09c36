#!/usr/bin/env node
/** The command `lwip-twin`. */

import { packageVersion } from '../package-info.ts';
import { parseCommandLine } from './args.ts';
import { build } from './build.ts';
import { config } from './config.ts';
import { runExplore, runMerge, runReplay } from './explore.ts';
import { HELP } from './help.ts';
import { runReport } from './report.ts';
import { EXIT, run } from './run.ts';
import { Screen } from './screen.ts';
import { UsageError } from './usage-error.ts';

async function main(words: readonly string[]): Promise<number> {
  const screen = new Screen(process.stdout, process.stderr);
  try {
    if (words[0] === 'config' && !asksForHelp(words)) {
      screen.out(config(words.slice(1)));
      return EXIT.ok;
    }
    const command = parseCommandLine(words);
    switch (command.kind) {
      case 'run':
        return await run(command, screen);
      case 'build':
        return await build(command, screen);
      case 'explore':
        return await runExplore(command, screen);
      case 'replay':
        return await runReplay(command, screen);
      case 'merge':
        return runMerge(command, screen);
      case 'report':
        return runReport(command, screen);
    }
    screen.out(command.kind === 'help' ? HELP : `${packageVersion()}\n`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    screen.err(`lwip-twin: ${error.message}\n`);
    return EXIT.usage;
  }
}

function asksForHelp(words: readonly string[]): boolean {
  return words.includes('--help') || words.includes('-h');
}

// "lwip-twin ... | head" has seen enough; the run and its capture are completed all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv.slice(2));
