/**
 * How a store is written: checks keys, values and contexts, refuses what would silently drop a sibling, and gives back
 * what a next write can be based on. Everything that can be refused is refused before anything changes.
 */

import { Immer } from 'immer';
import { misuse } from '../assert.ts';
import { DotSet } from '../clock/dot-set.ts';
import { freezeValue, type Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import { TOKENS_ARE_KEY_BOUND } from '../rules.ts';
import { type Answer, contextOf } from './answer.ts';
import { decodeToken } from './context-token.ts';
import type { Journal } from './journal.ts';
import { checkKey } from './key.ts';
import type { BatchOperation, StorePolicy, UpdateRecipe, WriteOptions, Written } from './operations.ts';
import { cellOf, checkHeldKey, type Reader } from './reader.ts';
import { isConflict, type StoreRecord } from './record.ts';
import type { ReplicaState, WriteContext } from './replica-state.ts';
import { type Decision, decideConflict, type Resolver, toSibling } from './resolve.ts';
import type { SchemaGate } from './schema.ts';
import { WrittenView } from './written.ts';

/** The store freezes its own copies; a recipe's other objects stay as their owner left them. */
const immer: Immer = new Immer({ autoFreeze: false });

type Context = NonNullable<WriteOptions['context']>;
/** What a reader is shown turned into what is written. */
type Decide<T> = (answer: Answer<T>) => Exclude<Decision<unknown>, { readonly kind: 'keep' }>;

/** Writes under a store's policy; VersionedKVStore says what each method promises. */
export class Writer<T> {
  readonly #state: ReplicaState;
  readonly #policy: StorePolicy<T>;
  readonly #reader: Reader<T>;
  readonly #journal: Journal | undefined;

  constructor(state: ReplicaState, policy: StorePolicy<T>, reader: Reader<T>, journal?: Journal) {
    this.#state = state;
    this.#policy = policy;
    this.#reader = reader;
    this.#journal = journal;
  }

  put(key: string, value: T, context: Context = 'local'): Promise<Written> {
    try {
      const { schema } = this.#policy;
      if (schema !== undefined) return this.#putChecked(schema, key, value, context);
      const frozen = freezeValue(value);
      if (this.#journal === undefined) return Promise.resolve(this.#write(key, frozen, context));
      return this.#journal.write([key], () => this.#write(key, frozen, context));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  delete(key: string, context: Context = 'local'): Promise<Written> {
    return this.#run([key], () => this.#write(key, undefined, context));
  }

  update(key: string, recipe: UpdateRecipe<T>): Promise<Written> {
    return this.#derive(key, 'local', (answer) => {
      if (answer.status === 'conflict') throw conflictError(key, 'update', answer.siblings);
      const base = answer.status === 'live' ? answer.value : undefined;
      const next: unknown = immer.produce(base, recipe as (draft: unknown) => unknown); // immer's own draft type needs a concrete T
      if (next instanceof Promise) {
        throw new TypeError(`Cannot update "${key}": the recipe is asynchronous`);
      }
      return { kind: 'value', value: next };
    });
  }

  resolve(key: string, by: Decision<T> | Resolver<T> | undefined, context: Context = 'local'): Promise<Written> {
    const decide: Decide<T> = ({ siblings }) => {
      const decision = typeof by === 'object' ? by : decideConflict(siblings, key, this.#policy, by);
      if (decision.kind === 'keep') throw conflictError(key, 'resolve', siblings);
      return decision;
    };
    return this.#derive(key, context, decide);
  }

  async batch(operations: readonly BatchOperation<T>[]): Promise<Written[]> {
    const keys = operations.map((operation) => ('put' in operation ? operation.put : operation.delete));
    for (const key of keys) checkKey(key);
    if (new Set(keys).size < keys.length) throw new TypeError(misuse(keys.join(), 'a batch', 'names a key twice'));
    const { schema } = this.#policy;
    let values = operations.map((operation) => ('put' in operation ? freezeValue(operation.value) : undefined));
    if (schema !== undefined) {
      const admit = async (value: Value | undefined, at: number): Promise<Value | undefined> =>
        value === undefined ? undefined : schema.admit(keys[at] as string /* one each */, value);
      values = await Promise.all(values.map(admit));
    }
    return this.#run(keys, () => this.#writeAll(operations, keys, values));
  }

  #writeAll(
    operations: readonly BatchOperation<T>[],
    keys: readonly string[],
    values: readonly (Value | undefined)[],
  ): Written[] {
    const state = this.#state.whileOpen();
    const planned = operations.map(({ context = 'local' }, at) => {
      const key = keys[at] as string; // one each
      if (context === 'local') this.#refuseBlindOverwrite(key, state.table.record(key));
      return { key, value: values[at], context: this.#contextFrom(key, context) };
    });
    const counters = state.writeAll(planned);
    const written = planned.map(({ key, context }, at) =>
      this.#written(key, counters[at] as number /* one each */, context, state.table.record(key).residual),
    );
    state.tell(keys);
    return written;
  }

  /** Runs a step at once; with a journal, as soon as the keys are in memory, and answers when it is durable. */
  #run<R>(keys: readonly string[], step: () => R): Promise<R> {
    if (this.#journal !== undefined) return this.#journal.write(keys, step);
    try {
      return Promise.resolve(step());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Writes what `decide` makes of what is shown, based on the very moment it was shown. */
  #derive(key: string, context: Context, decide: Decide<T>): Promise<Written> {
    const { schema } = this.#policy;
    if (schema !== undefined) return this.#deriveChecked(schema, key, context, decide);
    return this.#run([key], () => {
      const state = this.#state.whileOpen();
      const cell = cellOf(state, key);
      const seen = state.knowledge.at();
      const given = this.#contextFrom(key, context);
      const next = decide(this.#reader.readNow(key, cell, seen));
      const value = next.kind === 'delete' ? undefined : freezeValue(next.value);
      // A recipe or resolver may itself have written; then what it was shown is not what the key holds now.
      const isCurrent = state.knowledge.at() === seen;
      return this.#commit(key, value, given === 'local' && !isCurrent ? contextOf(seen, cell) : given);
    });
  }

  async #deriveChecked(schema: SchemaGate, key: string, context: Context, decide: Decide<T>): Promise<Written> {
    const look = (): { readonly answer: Answer<T> | Promise<Answer<T>>; readonly base: WriteContext } => {
      const state = this.#state.whileOpen();
      const cell = cellOf(state, key);
      const seen = state.knowledge.at();
      const given = this.#contextFrom(key, context);
      return { answer: this.#reader.read(key, cell, seen), base: given === 'local' ? contextOf(seen, cell) : given };
    };
    const { answer, base } = this.#journal === undefined ? look() : await this.#journal.read([key], look);
    const next = decide(await answer);
    const value = next.kind === 'delete' ? undefined : await schema.admit(key, next.value);
    return this.#run([key], () => this.#commit(key, value, base));
  }

  async #putChecked(schema: SchemaGate, key: string, value: T, context: Context): Promise<Written> {
    checkHeldKey(this.#state.whileOpen(), key);
    freezeValue(value);
    const admitted = await schema.admit(key, value);
    return this.#run([key], () => this.#write(key, admitted, context));
  }

  #write(key: string, value: Value | undefined, context: Context): Written {
    const state = this.#state.whileOpen();
    checkHeldKey(state, key);
    if (context !== 'local') return this.#commit(key, value, this.#contextFrom(key, context));
    if (!state.table.isPlain(key)) this.#refuseBlindOverwrite(key, state.table.record(key));
    return this.#commit(key, value, 'local');
  }

  #commit(key: string, value: Value | undefined, context: WriteContext): Written {
    const state = this.#state.whileOpen();
    const residual = state.table.isPlain(key) ? DotSet.empty : state.table.record(key).residual;
    const written = this.#written(key, state.write(key, value, context), context, residual);
    if (state.listeners.size > 0) state.tell([key]);
    return written;
  }

  #written(key: string, counter: number, context: WriteContext, residual: DotSet): Written {
    const { knowledge, id } = this.#state;
    const dot = { id, counter };
    if (context !== 'local') return new WrittenView(key, dot, context, false);
    return new WrittenView(key, dot, residual.isEmpty ? knowledge.others : knowledge.others.union(residual), true);
  }

  #contextFrom(key: string, context: Context): WriteContext {
    if (context === 'local') return context;
    if (context === 'none') return DotSet.empty;
    return decodeToken('context', key, context, this.#state.holds(TOKENS_ARE_KEY_BOUND));
  }

  #refuseBlindOverwrite(key: string, { versions }: StoreRecord): void {
    if (this.#policy.onConflict === 'overwrite' || !isConflict(versions)) return;
    const siblings = versions.map(toSibling<T>);
    if (decideConflict(siblings, key, this.#policy).kind === 'keep') throw conflictError(key, 'write', siblings);
  }
}

function conflictError(key: string, verb: string, siblings: readonly unknown[]): CausalError {
  return new CausalError('CONFLICT', `Cannot ${verb} "${key}": it has ${siblings.length} siblings, resolve it`, {
    key,
    siblings,
  });
}
