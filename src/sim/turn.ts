/**
 * Turns of the host: each begins when everything that promises let go on has gone on. The language has no word for that;
 * every host has a queue that comes after promises, and the quickest of them is taken. Going once around that queue costs
 * more than a turn, so many are put into it at a time; promises are followed between any two.
 */

type Port = { onmessage: (() => void) | null; readonly postMessage: (message: unknown) => void };
type Host = {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
};

const host = globalThis as unknown as Host; // Node and browsers have at least one of these
const later: (run: () => void) => void = laterIn(host);
const TURNS_AT_ONCE = 64;

/** Takes one step a turn until one answers that there is nothing left to do. Throws: what a step throws. */
export function turns(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = 0;
    let isOver = false;
    const turn = (): void => {
      if (isOver) return;
      left -= 1;
      try {
        if (!step()) {
          isOver = true;
          resolve();
        } else if (left === 0) more();
      } catch (error) {
        isOver = true;
        reject(error);
      }
    };
    const more = (): void => {
      left = TURNS_AT_ONCE;
      for (let made = 0; made < TURNS_AT_ONCE; made += 1) later(turn);
    };
    more();
  });
}

function laterIn({ setImmediate, MessageChannel, setTimeout }: Host): (run: () => void) => void {
  if (setImmediate !== undefined) return (run) => void setImmediate(run);
  if (MessageChannel === undefined) return (run) => void setTimeout(run, 0);
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = (): void => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    port2.postMessage(undefined);
  };
}
