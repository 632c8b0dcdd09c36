/** The command line, or a program named in it, is no good: said in one sentence, before anything has been run or written. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
