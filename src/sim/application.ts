/**
 * What somebody's own application adds to a run: how conflicts are decided, what clients write, and what must hold of
 * whatever is shown. The laws of the store are judged by the observer beside it; here is only what the application says,
 * and that it decides the same siblings the same way everywhere. Laws: own, L18.
 */

import type { Answer } from '../store/answer.ts';
import type { Resolver } from '../store/resolve.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Violation } from './operation-book.ts';

/** An application, for one run. Values are texts: put yours into JSON, say. Nothing of it may depend on time or chance. */
export type Application = {
  /** What decides conflicts, in every store. Default: they stay. */
  readonly resolver?: Resolver<string>;
  /** The text that a client writes: another one for each `number`. Default: `v1`, `v2`, … */
  readonly write?: (writing: Writing) => string;
  /** Looks at what is shown: to a client, at every replica now and then, and in the end. Throws: what is wrong with it. */
  readonly check?: (shown: Shown) => void;
};

/** A write to come. `base`: what it is based on; undefined for a blind one. */
export type Writing = {
  readonly key: string;
  readonly number: number;
  readonly client: number;
  readonly base: Answer<string> | undefined;
};

/** What is shown, and by whom. `isEnd`: all faults are over, and all replicas know the same. */
export type Shown = {
  readonly replica: string;
  readonly key: string;
  readonly answer: Answer<string>;
  readonly isEnd: boolean;
};

/** The replicas to look at. */
type Shows = { readonly name: string; readonly store: VersionedKVStore<string> | undefined };

/** The application of one run, asked by its clients and looked after. */
export class RunningApplication {
  readonly #application: Application;
  readonly #onViolation: (violation: Violation) => void;
  readonly #written = new Set<string>();
  /** By key and dots, what siblings were decided to be, and where that was seen first. */
  readonly #decisions = new Map<string, { readonly decided: string; readonly replica: string }>();

  constructor(application: Application, onViolation: (violation: Violation) => void) {
    this.#application = application;
    this.#onViolation = onViolation;
  }

  get resolver(): Resolver<string> | undefined {
    return this.#application.resolver;
  }

  /** The text to write. Throws: TypeError for one that was written before. */
  write(writing: Omit<Writing, 'base'>, base: () => Answer<string> | undefined): string {
    const { write } = this.#application;
    if (write === undefined) return `v${writing.number}`;
    const text = write({ ...writing, base: base() });
    if (this.#written.has(text)) throw new TypeError(`Cannot write ${text} again: put the number into it`);
    this.#written.add(text);
    return text;
  }

  /** Something is shown. */
  look(shown: Shown): void {
    const { replica, key, answer } = shown;
    this.#compare(shown);
    try {
      this.#application.check?.(shown);
    } catch (cause) {
      const what = `${replica} shows ${JSON.stringify(key)} ${decisionOf(answer)}: ${cause instanceof Error ? cause.message : cause}`;
      this.#onViolation({ law: 'own', what, key });
    }
  }

  /** What every replica shows; where one refuses, the observer knows whether it may. */
  lookAtAll(replicas: readonly Shows[], keys: readonly string[], isEnd: boolean): void {
    if (this.#application.check === undefined && this.resolver === undefined) return;
    for (const { name, store } of replicas) {
      for (const key of keys) {
        const answer = shownIn(store, key);
        if (answer !== undefined) this.look({ replica: name, key, answer, isEnd });
      }
    }
  }

  /** Law: L18. */
  #compare({ replica, key, answer }: Shown): void {
    if (this.resolver === undefined || answer.siblings.length < 2) return;
    const siblings = `${key} ${answer.siblings.map(({ dot }) => `${dot.id}:${dot.counter}`).join()}`;
    const decided = decisionOf(answer);
    const before = this.#decisions.get(siblings);
    if (before === undefined) this.#decisions.set(siblings, { decided, replica });
    else if (before.decided !== decided) {
      const what = `${replica} makes ${decided} of the siblings of ${JSON.stringify(key)} of which ${before.replica} made ${before.decided}`;
      this.#onViolation({ law: 'L18', what, key });
    }
  }
}

/** What a store shows, unless it refuses to. */
export function shownIn(store: VersionedKVStore<string> | undefined, key: string): Answer<string> | undefined {
  try {
    return store?.peek(key);
  } catch {
    return undefined;
  }
}

function decisionOf(answer: Answer<string>): string {
  return answer.status === 'live' ? answer.value : answer.status;
}
