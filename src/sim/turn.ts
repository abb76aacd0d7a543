/**
 * The end of a turn: the moment at which everything that promises let go on has gone on. The language has no word for it;
 * every host has a queue that comes after promises, and the quickest of them is taken.
 */

type Port = { onmessage: (() => void) | null; readonly postMessage: (message: unknown) => void };
type Host = {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
};

const host = globalThis as unknown as Host; // Node and browsers have at least one of these
const later: (run: () => void) => void = laterIn(host);

/** Kept when all promises that can be followed have been. */
export function endOfTurn(): Promise<void> {
  return new Promise(later);
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
