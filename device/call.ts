/** A call of a program into its board. The same object serves both kinds of programs: `await` it, or `yield*` it. */

/**
 * The result of a call that may take virtual time.
 *
 *     const n = await os.recv(sock, buf);    // in an async function
 *     const n = yield* os.recv(sock, buf);   // in a generator function
 */
export class Call<T> implements PromiseLike<T>, Iterable<void>, Iterator<void, T, void> {
  /** Name of the call as in C. */
  readonly fn: string;
  /** First argument if it is a descriptor, else -1. */
  readonly fd: number;
  /** Part of the iterator protocol: the call has returned, and `value` is what it returned. */
  done = false;
  value!: T;
  /** The program waits for it, as it must. */
  isAwaited = false;
  private error: unknown = undefined;
  private hasFailed = false;
  private resolve: ((value: T) => void) | null = null;
  private reject: ((error: unknown) => void) | null = null;

  constructor(fn: string, fd: number) {
    this.fn = fn;
    this.fd = fd;
  }

  /** The call returned; an async program goes on in its next microtask. */
  complete(value: T): void {
    this.done = true;
    this.value = value;
    this.resolve?.(value);
  }

  /** The call threw: the program misused it. */
  fail(error: unknown): void {
    this.done = true;
    this.hasFailed = true;
    this.error = error;
    this.reject?.(error);
  }

  [Symbol.iterator](): this {
    this.isAwaited = true;
    return this;
  }

  next(): IteratorResult<void, T> {
    if (this.hasFailed) throw this.error;
    return this as unknown as IteratorResult<void, T>;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what this class is for.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true;
    const promise = new Promise<T>((resolve, reject) => {
      if (this.hasFailed) reject(this.error);
      else if (this.done) resolve(this.value);
      else {
        this.resolve = resolve;
        this.reject = reject;
      }
    });
    return promise.then(onFulfilled, onRejected);
  }
}
