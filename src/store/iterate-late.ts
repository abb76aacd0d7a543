/** Iterations whose code is loaded when they are first read: pages that never do need not have it. */

/** What `load` gives, once; it is called when somebody asks for the first item, or for the end. */
export function iterateLate<T>(load: () => Promise<AsyncIterator<T>>): AsyncIterableIterator<T> {
  let loading: Promise<AsyncIterator<T>> | undefined;
  const loaded = (): Promise<AsyncIterator<T>> => {
    loading ??= load();
    return loading;
  };
  return {
    next: async () => (await loaded()).next(),
    return: async () => (await (await loaded()).return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
