/**
 * What the other side of a link asks for, answered: what is held for a key, and what became of a record it gave. The
 * counterpart of link-requests.ts. Records are read one after another, each when the one before was taken, so that a peer
 * which asks and does not read holds no more here than its questions, which are short.
 */

import type { Admit } from '../repair/take-in.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../store/replica-record-encoding.ts';
import { journalOf, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import { failureFor } from './link-failure.ts';
import type { LinkMessage } from './link-message.ts';

export type LinkAnswersOptions<T> = {
  readonly store: VersionedKVStore<T>;
  readonly admit: Admit;
  /** Whether the peer may bring writes of others. */
  readonly mayRelay: boolean;
  /** What is held for a key, on behalf of the group. */
  readonly answer: (key: string) => Promise<ReplicaRecord>;
  readonly isOver: () => boolean;
  /** Answers when the link has taken the message. */
  readonly send: (message: LinkMessage) => Promise<void>;
  /** Sends what is short, and waits for nothing. */
  readonly sendShort: (message: LinkMessage) => void;
};

/** The answers of one link. */
export class LinkAnswers<T> {
  readonly #options: LinkAnswersOptions<T>;
  #last: Promise<void> = Promise.resolve();

  constructor(options: LinkAnswersOptions<T>) {
    this.#options = options;
  }

  /** Answers a question when its turn has come and the link has taken the answer. Throws: LINK_FAILED. */
  asked(request: number, key: string): Promise<void> {
    const { answer, isOver, send } = this.#options;
    const turn = this.#last.then(async () => {
      if (isOver()) return;
      const record = async (): Promise<LinkMessage> => {
        return { kind: 'record', request, record: encodeReplicaRecord(await answer(key)) };
      };
      await send(await messageFor(request, record));
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Takes in a record; what fails here is answered. Throws what ends the link: it may not give that, or it is no record. */
  async given(request: number, bytes: Uint8Array): Promise<void> {
    const { store, admit, mayRelay, sendShort } = this.#options;
    const record = decodeReplicaRecord(bytes);
    const { key, versions, context } = record;
    // Judged is what is held here, which must be in memory.
    if (!mayRelay) await journalOf(store)?.whole();
    // What is held here of its residual may come back.
    const { residual } = stateOf(store).table.record(key);
    admit(context.minus(residual), [{ key, versions, residual: context.intersect(residual) }]);
    const answer = await messageFor(request, async () => {
      const { added, superseded, stale, conflict } = await store.receiveReplica(key, record);
      return { kind: 'given', request, counts: [added.length, superseded.length, stale.length, conflict ? 1 : 0] };
    });
    sendShort(answer);
  }
}

/** The answer to a request, be it that it failed. */
function messageFor(request: number, answer: () => Promise<LinkMessage>): Promise<LinkMessage> {
  return answer().catch((error: unknown) => ({ kind: 'failed', request, ...failureFor(error) }));
}
