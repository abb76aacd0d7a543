/**
 * The clients of a run: each does one thing at a time at one replica, remembers what it was shown, and checks what it was
 * promised: sessions, quorums, and that what was refused did not happen. Laws: L7, L13, L15, L17.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { CausalError } from '../errors.ts';
import type { GetOptions, GroupWritten, PutOptions } from '../replica/replica-types.ts';
import type { Answer } from '../store/answer.ts';
import { decodeToken } from '../store/context-token.ts';
import { type RunningApplication, shownIn } from './application.ts';
import type { Observer, Violation } from './observer.ts';
import { describe, hasDot, type Operation } from './operation-book.ts';
import type { ClientStep, Plan } from './plan.ts';
import type { SimProcess } from './process.ts';
import type { Recorder } from './recorder.ts';
import type { Scheduler } from './scheduler.ts';

/** One operation of a client, for checkers of histories. `dots`: what a read showed, or the write. */
export type ClientRecord = {
  readonly client: number;
  readonly key: string;
  readonly kind: 'get' | 'put' | 'delete';
  readonly value?: string;
  readonly shown: readonly string[];
  readonly beganAt: number;
  readonly endedAt: number;
};

export type ClientCounts = { acknowledged: number; reads: number; refused: number; unknown: number; skipped: number };

export type ClientParts = {
  readonly plan: Plan;
  readonly processes: readonly SimProcess[];
  readonly observer: Observer;
  readonly recorder: Recorder;
  readonly scheduler: Scheduler;
  readonly onViolation: (violation: Violation) => void;
  readonly onRecord: (record: ClientRecord) => void;
  readonly application: RunningApplication;
};

/** The next text to be written, given what it is based on. */
type NextValue = (key: string, base?: () => Answer<string> | undefined) => string;
type Quorum = { readonly operation: Operation; readonly w: number; readonly at: number };

/** All clients of a run. */
export class Clients {
  readonly #parts: ClientParts;
  readonly #clients: Client[];
  readonly counts: ClientCounts = { acknowledged: 0, reads: 0, refused: 0, unknown: 0, skipped: 0 };
  /** The last writes of each key that were confirmed by several. */
  readonly #confirmed = new Map<string, Quorum[]>();
  #values = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    const { clients, replicas } = parts.plan;
    this.#clients = Array.from({ length: clients }, (_, at) => new Client(at, at % replicas));
  }

  /** Does one step, unless its client is still busy. */
  step(step: ClientStep): void {
    const client = this.#clients[step.client];
    const { processes } = this.#parts;
    if (client === undefined) return;
    if (step.do === 'move') {
      client.at = step.to;
      return;
    }
    const process = processes[client.at];
    if (process === undefined || client.isBusy) {
      this.counts.skipped += 1;
      return;
    }
    client.isBusy = true;
    void this.#do(client, process, step).finally(() => {
      client.isBusy = false;
    });
  }

  async #do(client: Client, process: SimProcess, step: Exclude<ClientStep, { readonly do: 'move' }>): Promise<void> {
    const values: string[] = [];
    const keys = [...new Set(('keys' in step ? step.keys : [step.key]).map((key) => this.#keyOf(key)))];
    try {
      // What is to be written is drawn at once, so that it can be told before anything comes of it.
      const calling = this.#call(client, process, step, values);
      const isInSession = this.#parts.plan.hasSessions && step.do !== 'resolve';
      const call = { client: client.number, do: step.do, keys, values, ...(isInSession ? {} : { isInSession }) };
      this.#parts.recorder.note(process.name, 'call', call);
      await calling;
    } catch (cause) {
      this.#failed(client, process, step, cause, values);
    }
  }

  async #call(
    client: Client,
    process: SimProcess,
    step: Exclude<ClientStep, { readonly do: 'move' }>,
    values: string[],
  ): Promise<void> {
    const { plan, application } = this.#parts;
    const nextValue: NextValue = (key, base = () => undefined) => {
      this.#values += 1;
      const value = application.write({ key, number: this.#values, client: client.number }, base);
      values.push(value);
      return value;
    };
    const keyOf = (at: number): string => this.#keyOf(at);
    const session = plan.hasSessions && client.session !== undefined ? { session: client.session } : {};
    switch (step.do) {
      case 'get':
        return this.#get(client, process, keyOf(step.key), step.r ?? plan.r, session);
      case 'put':
      case 'delete':
        return this.#write(client, process, step, keyOf(step.key), session, nextValue);
      case 'batch': {
        const keys = [...new Set(step.keys.map(keyOf))];
        const operations = keys.map((key, at) =>
          at % 3 === 2 ? { delete: key, context: 'none' } : { put: key, value: nextValue(key), context: 'none' },
        );
        const written = await process.call((replica) => replica.batch(operations, session));
        for (const [at, { dot, session: after }] of written.entries()) {
          this.#acknowledged(client, process, keys[at] ?? '', dot);
          client.session = after;
        }
        return;
      }
      case 'resolve': {
        const key = keyOf(step.key);
        const { resolver } = application;
        const value = resolver === undefined && !step.isDelete ? nextValue(key) : undefined;
        const decision = value === undefined ? ({ kind: 'delete' } as const) : { kind: 'value' as const, value };
        const { dot } = await process.call((replica) => replica.store.resolve(key, resolver ?? decision));
        // The store answers with no session token, so its session need not show it.
        this.#acknowledged(client, process, key, dot, false);
        return;
      }
      case 'misuse':
        return this.#misuse(client, process, keyOf(step.key), keyOf(step.of), nextValue);
      default:
        throw new TypeError(`Cannot do ${JSON.stringify(step satisfies never)}: it is no step of a client`);
    }
  }

  #keyOf(at: number): string {
    const { keys } = this.#parts.plan;
    return keys[at % keys.length] ?? 'k';
  }

  async #get(client: Client, process: SimProcess, key: string, r: number, session: GetOptions): Promise<void> {
    const { observer, recorder, scheduler, onRecord, application } = this.#parts;
    const beganAt = scheduler.now;
    const confirmed = [...(this.#confirmed.get(key) ?? [])];
    const options = { ...session, r };
    const { answer, from, session: after } = await process.call((replica) => replica.get(key, options));
    const context = decodeToken('context', key, answer.context);
    this.counts.reads += 1;
    const shown = answer.siblings.map(({ dot }) => `${dot.id}:${dot.counter}`);
    recorder.note(process.name, 'get', { client: client.number, key, status: answer.status, shown, from });
    observer.judge(process, `a read at ${process.name}`, key, answer.siblings, context);
    application.look({ replica: process.name, key, answer, isEnd: false });
    if (session.session !== undefined) this.#checkSession(client, process, key, context);
    this.#checkQuorum(process, key, context, r, confirmed);
    client.session = after;
    client.saw(
      key,
      answer,
      // Any other is superseded by what every replica has: that a session lacks it shows nowhere.
      observer.book.active(key).filter((one) => hasDot(context, one)),
    );
    onRecord({ client: client.number, key, kind: 'get', shown, beganAt, endedAt: scheduler.now });
  }

  async #write(
    client: Client,
    process: SimProcess,
    step: Extract<ClientStep, { readonly do: 'put' | 'delete' }>,
    key: string,
    session: PutOptions,
    nextValue: NextValue,
  ): Promise<void> {
    const { scheduler, onRecord, plan } = this.#parts;
    const beganAt = scheduler.now;
    const context = step.context === 'read' ? (client.tokenOf(key) ?? 'local') : step.context;
    const w = step.w ?? plan.w;
    const options = { ...session, context, w };
    const base = (): Answer<string> | undefined =>
      context === 'none' ? undefined : context === 'local' ? shownIn(process.store, key) : client.answerOf(key);
    const value = step.do === 'put' ? nextValue(key, base) : undefined;
    const written = await process.call((replica) =>
      value === undefined ? replica.delete(key, options) : replica.put(key, value, options),
    );
    client.session = written.session;
    const operation = this.#acknowledged(client, process, key, written.dot);
    this.#checkConfirmed(process, key, written, w);
    if (operation !== undefined && !plan.isSloppy && written.durableAt.length >= w)
      this.#confirm({ operation, w, at: scheduler.now });
    const shown = [`${written.dot.id}:${written.dot.counter}`];
    const told = value === undefined ? {} : { value };
    onRecord({ client: client.number, key, kind: step.do, ...told, shown, beganAt, endedAt: scheduler.now });
  }

  /** Law: L21. */
  async #misuse(client: Client, process: SimProcess, key: string, other: string, nextValue: NextValue): Promise<void> {
    const context = client.tokenOf(other);
    if (context === undefined || key === other) return;
    await process.call((replica) => replica.put(key, nextValue(key), { context, w: 1 }));
    const what = `${process.name} writes ${JSON.stringify(key)} with the token of ${JSON.stringify(other)}`;
    this.#parts.onViolation({ law: 'L21', what, key });
  }

  #confirm(quorum: Quorum): void {
    const { key } = quorum.operation;
    this.#confirmed.set(key, [...(this.#confirmed.get(key) ?? []).slice(-3), quorum]);
  }

  #acknowledged(
    client: Client,
    process: SimProcess,
    key: string,
    dot: Operation['dot'],
    isInSession = true,
  ): Operation | undefined {
    const { observer, recorder } = this.#parts;
    this.counts.acknowledged += 1;
    recorder.note(process.name, 'acknowledge', {
      client: client.number,
      key,
      dot: `${dot.id}:${dot.counter}`,
    });
    observer.acknowledged(dot);
    const operation = observer.book.at(dot);
    if (operation !== undefined && isInSession) client.wrote(key, operation);
    return operation;
  }

  /** Law: L15. */
  #checkSession(client: Client, process: SimProcess, key: string, context: DotSet): void {
    const { observer, onViolation } = this.#parts;
    if (observer.isRelaxed(key)) return;
    for (const operation of client.knownOf(key)) {
      if (operation.isGone || hasDot(context, operation)) continue;
      const what = `client ${client.number} is shown ${JSON.stringify(key)} at ${process.name} without ${describe(operation)}, which it has seen or written`;
      onViolation({ law: 'L15', what, key });
      return;
    }
  }

  /** Law: L2, L13. */
  #checkConfirmed(process: SimProcess, key: string, written: GroupWritten, w: number): void {
    const { plan, observer, processes, onViolation } = this.#parts;
    const { dot, durableAt, hintedAt } = written;
    if (durableAt.length + hintedAt.length < w) {
      const what = `${process.name} answers a write of W = ${w} that only ${durableAt.join(', ')} confirmed`;
      onViolation({ law: 'L13', what, key });
    }
    if (observer.losses.hasForgotten || plan.durability === 'buffered') return;
    const lacking = processes.find(
      ({ name, store }) =>
        durableAt.includes(name) && store?.isClosed === false && !store.seen.has(dot.id, dot.counter),
    );
    if (lacking === undefined) return;
    const what = `${lacking.name} confirmed ${dot.id}:${dot.counter} to ${process.name} and does not have it durably`;
    onViolation({ law: 'L2', what, key });
  }

  /** Law: L13, while nobody joined, left or forgot anything. */
  #checkQuorum(process: SimProcess, key: string, context: DotSet, r: number, confirmed: readonly Quorum[]): void {
    const { plan, observer, onViolation } = this.#parts;
    if (observer.losses.hasForgotten || observer.hasMembershipChanged || observer.isRelaxed(key)) return;
    for (const { operation, w } of confirmed) {
      if (r + w <= plan.members || operation.isGone || hasDot(context, operation)) continue;
      const what = `a read from ${r} of ${plan.members} at ${process.name} does not reflect ${describe(operation)}, which ${w} had confirmed before`;
      onViolation({ law: 'L13', what, key });
      return;
    }
  }

  #failed(client: Client, process: SimProcess, step: ClientStep, cause: unknown, values: readonly string[]): void {
    const { observer, recorder, onViolation, plan } = this.#parts;
    if (!(cause instanceof CausalError)) {
      // Fewer members than R or W are misuse, which is what a shrunken group makes of it.
      if (cause instanceof RangeError && (observer.hasMembershipChanged || plan.members < plan.replicas)) return;
      onViolation({ law: 'L21', what: `${step.do} at ${process.name} failed with no code: ${cause}` });
      return;
    }
    const { code, outcome } = cause;
    recorder.note(process.name, 'refuse', { client: client.number, do: step.do, code, outcome });
    if (step.do !== 'get' && 'key' in step && code === 'RECORD_CORRUPT')
      observer.refusedToShow(process, plan.keys[step.key % plan.keys.length] ?? '', cause);
    if (outcome === 'not-done') {
      this.counts.refused += 1;
      for (const value of values) observer.refused(value);
    } else this.counts.unknown += 1;
  }
}

/** One client and what it knows. */
class Client {
  readonly number: number;
  at: number;
  isBusy = false;
  session: string | undefined;
  readonly #answers = new Map<string, Answer<string>>();
  readonly #known = new Map<string, Set<Operation>>();

  constructor(number: number, at: number) {
    this.number = number;
    this.at = at;
  }

  answerOf(key: string): Answer<string> | undefined {
    return this.#answers.get(key);
  }

  tokenOf(key: string): string | undefined {
    return this.#answers.get(key)?.context;
  }

  knownOf(key: string): Iterable<Operation> {
    return this.#known.get(key) ?? [];
  }

  saw(key: string, answer: Answer<string>, operations: readonly Operation[]): void {
    this.#answers.set(key, answer);
    this.#known.set(key, new Set(operations));
  }

  wrote(key: string, operation: Operation): void {
    const known = this.#known.get(key) ?? new Set();
    this.#known.set(key, known.add(operation));
  }
}
