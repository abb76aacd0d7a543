/** L22: a queue is bounded, and keeps what it took. */

import fc from 'fast-check';
import { checkLawAsync, demand, type LawParameters } from './check.ts';

type Perhaps<T> = T | Promise<T>;

/** A queue with a bound: for instance what waits for a slow peer. `Q` is the queue. */
export type BoundedQueue<Q> = {
  readonly open: () => Perhaps<Q>;
  /** Offers bytes; true when they were taken, false when there is no room now. Never waits. */
  readonly offer: (queue: Q, bytes: Uint8Array) => boolean;
  /** The oldest that was taken; undefined when there is none. */
  readonly take: (queue: Q) => Perhaps<Uint8Array | undefined>;
  readonly heldBytes: (queue: Q) => number;
  readonly bytesMax: number;
};

/** L22: a queue never holds more than its bound, and gives what it took once and in order, and takes again when there is room. Throws: LawBroken. */
export async function boundedQueue<Q>(subject: BoundedQueue<Q>, parameters?: LawParameters): Promise<void> {
  const { bytesMax } = subject;
  const size = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: Math.max(1, bytesMax) }));
  const steps = fc.array(fc.option(size, { nil: 'take' as const, freq: 2 }), { maxLength: 40 });
  const holds = async (list: readonly (number | 'take')[]): Promise<void> => {
    const queue = await subject.open();
    const held: Uint8Array[] = [];
    const takeOne = async (): Promise<void> => {
      const expected = held.shift();
      const taken = await subject.take(queue);
      demand(String(taken) === String(expected), `took ${itemOf(taken)} instead of ${itemOf(expected)}`);
    };
    for (const [number, step] of list.entries()) {
      if (step === 'take') await takeOne();
      else {
        const bytes = new Uint8Array(step).fill(number);
        const isEmpty = held.length === 0;
        if (subject.offer(queue, bytes)) held.push(bytes.slice());
        else demand(!isEmpty, `an empty queue refused ${step} bytes of at most ${bytesMax}`);
      }
      const now = subject.heldBytes(queue);
      demand(now <= bytesMax, `it holds ${now} bytes and may hold ${bytesMax}`);
    }
    while (held.length > 0) await takeOne();
  };
  await checkLawAsync('L22 bounded queue', steps, holds, parameters);
}

function itemOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'nothing' : `${bytes.length} bytes of item ${bytes[0]}`;
}
