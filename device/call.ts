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
  /** What it threw. */
  private failure: { readonly error: unknown } | null = null;
  /** Of an async program that waits for it. */
  private waiter: { resolve(value: T): void; reject(error: unknown): void } | null = null;

  constructor(fn: string, fd: number) {
    this.fn = fn;
    this.fd = fd;
  }

  /** The call returned; an async program goes on in its next microtask. */
  complete(value: T): void {
    this.done = true;
    this.value = value;
    this.waiter?.resolve(value);
  }

  /** The call threw: the program misused it. */
  fail(error: unknown): void {
    this.done = true;
    this.failure = { error };
    this.waiter?.reject(error);
  }

  [Symbol.iterator](): this {
    this.isAwaited = true;
    return this;
  }

  next(): IteratorResult<void, T> {
    if (this.failure !== null) throw this.failure.error;
    return this as unknown as IteratorResult<void, T>;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what this class is for.
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true;
    const promise = new Promise<T>((resolve, reject) => {
      if (this.failure !== null) reject(this.failure.error);
      else if (this.done) resolve(this.value);
      else this.waiter = { resolve, reject };
    });
    return promise.then(onFulfilled, onRejected);
  }
}
