/**
 * Starts a generator whose `return` takes effect at once, even while a `next` is under way: the signal given to `start` is aborted then, as it is when
 * `signal` is. A pending `next` ends without a value.
 */
export function stoppable<T>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  const stop = new AbortController();
  const inner = start(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  const done = { done: true, value: undefined } as const;
  const generator: AsyncGenerator<T, void, void> = {
    async next() {
      try {
        return await inner.next();
      } catch (error) {
        if (stop.signal.aborted) return done;
        throw error;
      }
    },
    async return() {
      stop.abort();
      await inner.return().catch(() => done);
      return done;
    },
    async throw(error: unknown) {
      await generator.return();
      throw error;
    },
    [Symbol.asyncIterator]: () => generator,
    async [Symbol.asyncDispose]() {
      await generator.return();
    },
  };
  return generator;
}
