/**
 * Clients of a tortured cluster: each goes from replica to replica with one session, reads, writes, deletes, writes under
 * conditions, blindly, on contexts that are long out of date, and in batches; and notes in the ledger what it was told of
 * each write, with the context that it was based on. What it chooses follows from a seed, when it happens does not.
 */

import { CairnClient } from '../../src/client/client.ts';
import type { Answer, BatchOperation, Dot, Entry, Written } from '../../src/client/client-types.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import type { Value } from '../../src/codec/value.ts';
import { CausalError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';
import { decodeToken } from '../../src/store/context-token.ts';
import {
  type Base,
  type ClusterLedger,
  type ClusterState,
  type Held,
  textOf,
  type Violation,
} from './cluster-ledger.ts';
import { pause } from './cluster-processes.ts';
import { payloadOf } from './ledger.ts';

const KEYS = 60;
const OWN_KEYS = 10;
const BATCH_KEYS = 4;
const GROUPS = 5;
/** A call may take so long before its outcome counts as unknown. */
const CALL_MS = 30_000;
/** How long a replica may catch up with a session. */
const WAIT_MS = 500;
const THINK_MS = 8;
/** So many contexts a client keeps to use them much later. */
const KEPT_CONTEXTS = 40;

/** What all clients share. */
export type Scene = {
  readonly ledger: ClusterLedger;
  readonly urlOf: (name: string) => string;
  readonly names: readonly string[];
  /** Replicas nobody writes to for now. */
  readonly closed: ReadonlySet<string>;
  readonly note: (violation: Violation) => void;
  readonly counts: ClientCounts;
  readonly nextOp: () => number;
};

export type ClientCounts = {
  reads: number;
  conflictsSeen: number;
  behind: number;
  moves: number;
  failedReads: number;
  /** Failures of writes by their code. */
  readonly codes: Map<string, number>;
};

type Kept = { readonly key: string; readonly context: string; readonly shown: readonly Dot[] | undefined };
type Call = { readonly w: number; readonly waitMs: number };

/** The writes of one session, noted. Also used by whoever conducts the torture. */
export class Scribe {
  readonly client: CairnClient;
  readonly #scene: Scene;
  readonly #by: string;

  constructor(scene: Scene, by: string, replica: string, session = '') {
    this.#scene = scene;
    this.#by = `${by} at ${replica}`;
    this.client = new CairnClient({
      ...{ urls: scene.urlOf(replica), timeoutMs: CALL_MS, retries: 0 },
      ...(session === '' ? {} : { session }),
    });
  }

  /** A put, or a delete when there is no size; what it gave, unless it failed. */
  async write(
    key: string,
    size: number | undefined,
    base: Base,
    options: Call & { readonly context?: string; readonly ifMatch?: string; readonly ifAbsent?: boolean },
  ): Promise<Written | undefined> {
    const op = this.#issue(key, size === undefined, base);
    const run =
      size === undefined
        ? (): Promise<Written> => this.client.delete(key, options)
        : (): Promise<Written> => this.client.put(key, payloadOf(op, size), options);
    const [written] = (await this.#told([op], async () => [await run()])) ?? [];
    return written;
  }

  async batch(
    entries: readonly {
      readonly key: string;
      readonly isDelete: boolean;
      readonly context?: string;
      readonly base: Base;
    }[],
    options: Call,
  ): Promise<readonly Written[] | undefined> {
    const ops = entries.map(({ key, isDelete, base }) => this.#issue(key, isDelete, base));
    const operations = entries.map(({ key, isDelete, context }, at): BatchOperation => {
      const based = context === undefined ? {} : { context };
      return isDelete ? { delete: key, ...based } : { put: key, value: payloadOf(ops[at] as number), ...based }; // one each
    });
    return this.#told(ops, () => this.client.batch(operations, options));
  }

  #issue(key: string, isDelete: boolean, base: Base): number {
    const op = this.#scene.nextOp();
    this.#scene.ledger.issue(op, key, isDelete, base, this.#by);
    return op;
  }

  async #told(ops: readonly number[], run: () => Promise<readonly Written[]>): Promise<readonly Written[] | undefined> {
    const { ledger, note, counts } = this.#scene;
    const add = (violation: Violation | undefined): void => {
      if (violation !== undefined) note(violation);
    };
    try {
      const written = await run();
      for (const [at, op] of ops.entries()) {
        const { key, dot, context } = written[at] as Written; // one for one
        add(ledger.ack(op, dot, decodeToken('context', key, context)));
      }
      return written;
    } catch (error) {
      if (!(error instanceof CausalError)) throw error;
      const code = error.details['status'] === 412 ? 'PRECONDITION_FAILED' : error.code;
      counts.codes.set(code, (counts.codes.get(code) ?? 0) + 1);
      const dots = error.details['dots'];
      for (const [at, op] of ops.entries()) {
        if (error.outcome === 'not-done') ledger.refuse(op);
        else add(ledger.unknown(op, Array.isArray(dots) ? dotIn(dots[at]) : undefined));
      }
      if (isOfLink(error)) throw error;
      return undefined;
    }
  }
}

/** One client, which goes on until it is told to end. */
export class TortureClient {
  readonly #scene: Scene;
  readonly #name: string;
  readonly #random: Random;
  readonly #kept: Kept[] = [];
  /** The last write of this session to each key. */
  readonly #own = new Map<string, Dot>();
  #replica: string;
  #scribe: Scribe;
  #isStopped = false;
  /** Where the step that is under way began. */
  #busyAt: string | undefined;

  constructor(scene: Scene, number: number, random: Random) {
    this.#scene = scene;
    this.#name = `c${number}`;
    this.#random = random;
    this.#replica = scene.names[number % scene.names.length] as string; // there are some
    this.#scribe = new Scribe(scene, this.#name, this.#replica);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Whether it may still write to a replica that was closed. */
  isBusyAt(names: readonly string[]): boolean {
    return this.#busyAt !== undefined && names.includes(this.#busyAt);
  }

  async run(): Promise<void> {
    this.#isStopped = false;
    while (!this.#isStopped) {
      await pause(this.#random.between(1, 2 * THINK_MS));
      if (this.#scene.closed.has(this.#replica)) {
        if (this.#random.chance(0.2)) this.#move();
        continue;
      }
      this.#busyAt = this.#replica;
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof CausalError)) throw error;
        this.#move();
      }
      this.#busyAt = undefined;
    }
  }

  async #step(): Promise<void> {
    const random = this.#random;
    if (random.chance(0.02)) this.#move();
    const call: Call = { waitMs: WAIT_MS, w: random.chance(0.4) ? 2 : 1 };
    const key = random.chance(0.75) ? `k/${random.below(KEYS)}` : `${this.#name}/${random.below(OWN_KEYS)}`;
    const size = random.chance(0.25) ? undefined : random.chance(0.02) ? 2_000 : 1;
    const dice = random.fraction();
    if (dice < 0.35) return this.#onContext(key, size, call);
    if (dice < 0.5) return this.#blindly(key, size, call);
    if (dice < 0.55) return this.#beside(key, call);
    if (dice < 0.68) return this.#onCondition(key, size, call);
    if (dice < 0.76) return this.#onOldContext(size, call);
    if (dice < 0.86) return this.#inBatch(call);
    await this.#read(key);
  }

  /** Reads, and replaces what was shown: of a conflict all siblings. */
  async #onContext(key: string, size: number | undefined, call: Call): Promise<void> {
    const answer = await this.#read(key);
    if (answer?.context === undefined) return;
    const { context } = answer;
    await this.#noted(key, size, baseOf(key, context, shownIn(answer)), { ...call, context });
  }

  /** Replaces whatever the replica shows. */
  async #blindly(key: string, size: number | undefined, call: Call): Promise<void> {
    await this.#noted(key, size, { covers: undefined, shown: undefined }, call);
  }

  /** Replaces nothing. */
  async #beside(key: string, call: Call): Promise<void> {
    await this.#noted(key, 1, { covers: DotSet.empty, shown: [] }, { ...call, context: 'none' });
  }

  async #onCondition(key: string, size: number | undefined, call: Call): Promise<void> {
    const answer = await this.#read(key);
    if (answer === undefined) return;
    const shown = shownIn(answer);
    if (answer.status === 'absent' || answer.status === 'deleted') {
      // What the replica shows of a deleted key, if anything: the ledger is not told which tombstones.
      await this.#noted(key, 1, { covers: undefined, shown: undefined }, { ...call, ifAbsent: true });
    } else if (answer.etag !== undefined && shown !== undefined) {
      // It is done only on what has this tag, so it covers at least that; all of it is told when it is done.
      await this.#noted(key, size, { covers: undefined, shown }, { ...call, ifMatch: answer.etag });
    }
  }

  async #onOldContext(size: number | undefined, call: Call): Promise<void> {
    const kept = this.#kept[this.#random.below(Math.max(1, this.#kept.length))];
    if (kept === undefined) return;
    const { key, context, shown } = kept;
    await this.#noted(key, size, baseOf(key, context, shown), { ...call, context });
  }

  async #inBatch(call: Call): Promise<void> {
    const group = this.#random.below(GROUPS);
    const isDelete = this.#random.chance(0.2);
    const entries = await Promise.all(
      Array.from({ length: BATCH_KEYS }, async (_, at) => {
        const key = `g${group}/${at}`;
        const answer = await this.#read(key);
        if (answer?.context === undefined) return { key, isDelete, base: { covers: undefined, shown: undefined } };
        const { context } = answer;
        return { key, isDelete, context, base: baseOf(key, context, shownIn(answer)) };
      }),
    );
    const written = await this.#scribe.batch(entries, call);
    for (const { key, dot } of written ?? []) this.#own.set(key, dot);
  }

  async #noted(
    key: string,
    size: number | undefined,
    base: Base,
    options: Parameters<Scribe['write']>[3],
  ): Promise<void> {
    const written = await this.#scribe.write(key, size, base, options);
    if (written === undefined) return;
    this.#own.set(key, written.dot);
    this.#keep({ key, context: written.context, shown: undefined });
  }

  /** What a key shows to this session; undefined when it cannot be read now. */
  async #read(key: string): Promise<Answer | undefined> {
    const { counts, note } = this.#scene;
    const r = this.#random.chance(0.2) ? 2 : 1;
    let answer: Answer;
    try {
      answer = await this.#scribe.client.get(key, { waitMs: WAIT_MS, r });
    } catch (error) {
      if (!(error instanceof CausalError)) throw error;
      if (error.code === 'BEHIND') counts.behind += 1;
      else counts.failedReads += 1;
      if (isOfLink(error) || error.code === 'BEHIND') this.#move();
      return undefined;
    }
    counts.reads += 1;
    if (answer.status === 'conflict') counts.conflictsSeen += 1;
    if (answer.context === undefined) return answer;
    const own = this.#own.get(key);
    if (own !== undefined && !decodeToken('context', key, answer.context).has(own.id, own.counter))
      note({
        kind: 'session',
        what: `${this.#name} at ${this.#replica} reads ${key} (${answer.status}) without its own write ${textOf(own)}`,
      });
    if (this.#random.chance(0.1)) this.#keep({ key, context: answer.context, shown: shownIn(answer) });
    return answer;
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    if (this.#kept.length > KEPT_CONTEXTS) this.#kept.splice(this.#random.below(this.#kept.length), 1);
  }

  /** On to another replica, mostly with what this session has seen; else a new session begins there. */
  #move(): void {
    const { names, closed, counts } = this.#scene;
    counts.moves += 1;
    const open = names.filter((name) => !closed.has(name));
    this.#replica = this.#random.pick(open.length === 0 ? names : open);
    const isSame = this.#random.chance(0.7);
    if (!isSame) this.#own.clear();
    this.#scribe = new Scribe(this.#scene, this.#name, this.#replica, isSame ? this.#scribe.client.session : '');
  }
}

/** Everything a replica shows now, page after page, and all it has seen. */
export async function stateThrough(url: string): Promise<ClusterState> {
  const keys = new Map<string, readonly Held[]>();
  let after: string | undefined;
  let session = '';
  do {
    const query = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    const answer = await fetch(`${url}/v1/kv?limit=500${query}`, { signal: AbortSignal.timeout(CALL_MS * 3) });
    if (!answer.ok) throw new Error(`GET ${url}/v1/kv: ${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as Page;
    for (const { key, ...entry } of page.entries) keys.set(key, heldIn(entry));
    ({ next: after, session } = page);
  } while (after !== undefined);
  return { keys, seen: decodeToken('session', '', session) };
}

type Page = {
  readonly entries: readonly ({ readonly key: string } & Told)[];
  readonly next?: string;
  readonly session: string;
};
type Told = {
  readonly value?: Value;
  readonly etag?: string;
  readonly siblings?: readonly { readonly dot: readonly [string, number]; readonly value?: Value }[];
};

function heldIn({ value, etag, siblings }: Told): readonly Held[] {
  if (siblings === undefined) return [{ dot: dotsIn(etag)?.[0], op: opOf(value) }];
  return siblings.map(({ dot: [id, counter], value: one }) => ({ dot: { id, counter }, op: opOf(one) }));
}

/** The number of the write that a value names; undefined for a tombstone. */
export function opOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('op' in value)) return undefined;
  return Number(value.op);
}

/** What a write with the context of an answer is based on. */
export function baseOf(key: string, context: string, shown: readonly Dot[] | undefined): Base {
  return { covers: decodeToken('context', key, context), shown };
}

/** The dots of the versions an answer shows; undefined when it does not name them all. */
export function shownIn(answer: Answer | Entry): readonly Dot[] | undefined {
  if (answer.status === 'absent') return [];
  if (answer.status === 'conflict')
    return answer.total === undefined ? answer.siblings.map(({ dot }) => dot) : undefined;
  return dotsIn(answer.etag);
}

/** A short tag names the dots of the versions. */
function dotsIn(etag: string | undefined): readonly Dot[] | undefined {
  const names = etag?.replaceAll('"', '').split(',');
  if (names === undefined || names.some((name) => !name.includes(':'))) return undefined;
  return names.map((name) => {
    const colon = name.lastIndexOf(':');
    return { id: decodeURIComponent(name.slice(0, colon)), counter: Number(name.slice(colon + 1)) };
  });
}

function dotIn(told: unknown): Dot | undefined {
  if (typeof told !== 'object' || told === null || !('id' in told) || !('counter' in told)) return undefined;
  return { id: String(told.id), counter: Number(told.counter) };
}

function isOfLink(error: CausalError): boolean {
  return error.code === 'LINK_FAILED' || error.code === 'STORE_CLOSED';
}
