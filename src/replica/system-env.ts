/** Time and chance of the running process, with timers; a simulator hands in its own. */

import { systemEnv, type TimedEnv } from '../env.ts';

/** What every host of JavaScript has and the language does not promise. */
type Host = {
  readonly performance: { readonly now: () => number };
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  /** Only Node has these: a timer of 0 ms takes one there, and this none. */
  readonly setImmediate?: (run: () => void) => unknown;
  readonly clearImmediate?: (immediate: unknown) => void;
};

const host = globalThis as unknown as Host; // Node and browsers both have these

/** The TimedEnv of the running process. */
export const systemTimedEnv: TimedEnv = {
  ...systemEnv,
  elapsed: () => host.performance.now(),
  after: (delayMs, run) => {
    if (delayMs <= 0 && host.setImmediate !== undefined) {
      const immediate = host.setImmediate(run);
      return () => host.clearImmediate?.(immediate);
    }
    const timer = host.setTimeout(run, delayMs);
    return () => host.clearTimeout(timer);
  },
};
