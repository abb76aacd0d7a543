/**
 * One direction of a link over which a replica pushes to another: the sending end, the receiving end, and what is under
 * way between them in either direction, each in order. Nothing moves by itself. Knows no world and no checks.
 */

import type { Dot } from '../../clock/dot.ts';
import { decodePush } from '../../repair/push-message.ts';
import { type PushAnswer, PushReceiver } from '../../repair/push-receiver.ts';
import { PushSender } from '../../repair/push-sender.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';

/** A push under way, what it shows and says, and what its sender knew when it was drawn. */
export type Frame<N> = {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly known: N;
  readonly hides: boolean;
  readonly shown: readonly Dot[];
  readonly hasResidual: boolean;
};

/** The pushes of one replica to another over one link. */
export class Way<T, N> {
  readonly from: VersionedKVStore<T>;
  readonly to: VersionedKVStore<T>;
  readonly fromId: string;
  readonly sender: PushSender<T>;
  readonly receiver: PushReceiver<T>;
  readonly frames: Frame<N>[] = [];
  readonly answers: PushAnswer[] = [];
  /** The push that waits at the receiver. */
  waiting: number | undefined;
  /** Pushes that were not yet said to be taken in, by their numbers. */
  readonly #drawn = new Map<number, Frame<N>>();
  #given: PushAnswer[] = [];

  constructor(from: VersionedKVStore<T>, to: VersionedKVStore<T>, isExpected: (id: string) => boolean) {
    this.from = from;
    this.to = to;
    this.fromId = from.id;
    this.sender = new PushSender(from);
    this.receiver = new PushReceiver(to, {
      peerId: from.id,
      isExpected,
      answer: (answer) => {
        this.#given.push(answer);
        this.answers.push(answer);
      },
      onWait: (number) => {
        this.waiting = number;
      },
    });
  }

  /** Draws the next push and puts it on its way. */
  async draw(known: () => N): Promise<Frame<N> | undefined> {
    const bytes = await this.sender.next();
    if (bytes === undefined) return undefined;
    const { number, added, hidden, records } = decodePush(bytes);
    const shown = records.flatMap(({ versions }) => versions.filter(({ id, counter }) => added.has(id, counter)));
    const hasResidual = records.some(({ residual }) => !residual.isEmpty);
    const frame: Frame<N> = { number, bytes, known: known(), hides: !hidden.isEmpty, shown, hasResidual };
    this.frames.push(frame);
    this.#drawn.set(number, frame);
    return frame;
  }

  /** What the receiver has answered since this was asked last, each with the push it speaks of. */
  takeGiven(): readonly { readonly answer: PushAnswer; readonly frame: Frame<N> | undefined }[] {
    const given = this.#given.map((answer) => ({
      answer,
      frame: answer.kind === 'lost' ? undefined : this.#drawn.get(answer.number),
    }));
    this.#given = [];
    for (const { answer } of given) {
      if (answer.kind === 'ack') this.#drawn.delete(answer.number);
      if (answer.kind === 'lost' || answer.number === this.waiting) this.waiting = undefined;
    }
    return given;
  }
}
