/**
 * Questions over one link and their answers: what a peer holds for a key, and a record given to it. They wait until the
 * hello of an exchange was read: a record's context says that this replica has seen its own dots, and until then it may
 * be that others know other writes under them.
 */

import { CausalError } from '../errors.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../store/replica-record-encoding.ts';
import { failureOf } from './link-failure.ts';
import type { LinkMessage } from './link-message.ts';
import type { Given } from './peers.ts';

type Answer = LinkMessage & { readonly kind: 'record' | 'given' | 'failed' };
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void };

/** The requests of this side that wait for an answer. */
export class LinkRequests {
  readonly #peer: string;
  readonly #requestsMax: number;
  readonly #send: (message: LinkMessage) => Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  /** What the link was lost with. */
  #ended: { readonly error: unknown } | undefined;
  /** What waits until it is certain who the peer is and who this replica is to it; undefined since then. */
  #held: (() => void)[] | undefined = [];

  constructor(peer: string, requestsMax: number, send: (message: LinkMessage) => Promise<void>) {
    this.#peer = peer;
    this.#requestsMax = requestsMax;
    this.#send = send;
  }

  /** Throws: LINK_FAILED, OVERLOADED, PROTOCOL_VIOLATION, and what the peer failed with. */
  async ask(key: string): Promise<ReplicaRecord> {
    const answer = await this.#request((request) => ({ kind: 'ask', request, key }));
    if (answer.kind !== 'record') throw this.#wrong(answer);
    const record = decodeReplicaRecord(answer.record);
    if (record.key !== key) throw new CausalError('PROTOCOL_VIOLATION', `"${this.#peer}" answered for another key`);
    return record;
  }

  /** Throws: as `ask`. */
  async give(record: ReplicaRecord): Promise<Given> {
    const bytes = encodeReplicaRecord(record);
    const answer = await this.#request((request) => ({ kind: 'give', request, record: bytes }));
    if (answer.kind !== 'given') throw this.#wrong(answer);
    const [added, superseded, stale, conflict] = answer.counts;
    return { added, superseded, stale, conflict: conflict > 0 };
  }

  /** Lets go what was held back. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of held) send();
  }

  /** An answer that nobody waits for is none. */
  answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.request);
    this.#waiting.delete(answer.request);
    waiting?.resolve(answer);
  }

  /** The link is lost: who waits, or asks from now on, is told so. */
  abandon(error: unknown): void {
    this.#ended ??= { error };
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (this.#held !== undefined) this.#held = [];
  }

  #request(messageOf: (request: number) => LinkMessage): Promise<Answer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error);
    if (this.#waiting.size >= this.#requestsMax) {
      const error = new CausalError(
        'OVERLOADED',
        `Cannot ask "${this.#peer}": ${this.#waiting.size} requests wait for it`,
      );
      return Promise.reject(error);
    }
    this.#count += 1;
    const request = this.#count;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      const send = (): void => {
        this.#send(messageOf(request)).catch((error: unknown) => {
          this.#waiting.delete(request);
          reject(error);
        });
      };
      if (this.#held === undefined) send();
      else this.#held.push(send);
    });
  }

  #wrong(answer: Answer): CausalError {
    if (answer.kind === 'failed') return failureOf(answer, this.#peer);
    return new CausalError('PROTOCOL_VIOLATION', `"${this.#peer}" answered something else than it was asked for`);
  }
}
