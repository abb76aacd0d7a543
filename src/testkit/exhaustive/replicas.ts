/**
 * Every state that a replica was found in, each once and by number: its image together with what the model knows there.
 * What is shown in it is judged once; a message is what a replica in some state hands out. Also says which state it would
 * be under other names of the replicas. Knows nothing of what leads from one state to another.
 */

import { formatDot } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { ModelReplica } from '../../model/oracle.ts';
import { nameOf, replicaIdOf } from '../../store/membership.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { stateOf } from '../../store/versioned-kv-store.ts';
import { broken, checkRecordBytes } from '../schedule/checks.ts';
import { judgeShown, statusOf } from '../schedule/judge.ts';
import { World } from '../schedule/world.ts';
import { Facts, KEY } from './facts.ts';
import {
  blankImage,
  imageOf,
  Parts,
  type Rename,
  type ReplicaImage,
  renamedDots,
  renamedImage,
  renamedRecord,
  revive,
  type Store,
  sharedImage,
  textOfDots,
  textOfRecord,
} from './image.ts';
import { SetTable } from './tables.ts';

/** A state of one replica; `known` is the number of a set of operations. */
export type Local = {
  readonly image: ReplicaImage;
  readonly known: number;
  readonly liveHash: number;
  /** The places of its members, as bits. */
  readonly members: number;
  /** How often it has changed the members. */
  readonly changes: number;
};

/** What was put in flight: a record, and what its sender knew. */
export type Message = { readonly record: ReplicaRecord; readonly known: number };

/** The states of replicas, and the messages they send. */
export class Replicas {
  readonly facts: Facts = new Facts();
  /** Sets of operations. */
  readonly sets: SetTable = new SetTable();
  readonly names: readonly string[];
  readonly ids: readonly string[];
  readonly #brokenRules: number;
  readonly #parts = new Parts();
  readonly #locals: Local[] = [];
  readonly #byText = new Map<string, number>();
  /** Of a state that was judged: the set of deletes that are not shown, and so must have been reaped. */
  readonly #unshown: number[] = [];
  readonly #messages: Message[] = [];
  readonly #messageByText = new Map<string, number>();
  readonly #sent: number[] = [];

  constructor(replicas: number, brokenRules: number) {
    this.#brokenRules = brokenRules;
    this.names = Array.from({ length: replicas }, (_, place) => World.nameOf(place));
    this.ids = this.names.map((name) => replicaIdOf(name, '1'));
  }

  /** How many states were found. */
  get size(): number {
    return this.#locals.length;
  }

  /** The state of the replica at `place` before anything happened. */
  blank(place: number): number {
    return this.#intern(blankImage(this.ids[place] ?? ''), 0, undefined);
  }

  get(local: number): Local {
    const found = this.#locals[local];
    if (found === undefined) throw new RangeError(`there is no state ${local}`);
    return found;
  }

  /** A store in this state. */
  store(local: number): Store {
    return revive(this.get(local).image, this.names, this.#brokenRules);
  }

  /** The oracle of a replica in this state. */
  model(local: number): ModelReplica {
    const model = new ModelReplica(this.facts.operations);
    model.receive(KEY, this.facts.names(this.sets.get(this.get(local).known)));
    return model;
  }

  /** The number of the state that a store is in, when the model knows `known`. */
  settle(store: Store, known: number): number {
    return this.#intern(imageOf(store), known, stateOf(store).table.liveHash.lo);
  }

  /** The set of operations a model knows. */
  knownBy(model: ModelReplica): number {
    return this.sets.of(this.facts.numbers(model.knows(KEY)));
  }

  /**
   * Judges what is shown in this state, and gives the deletes that are not shown: some replica must have reaped them.
   * Law: L4, L6, L7, L8, L9, L10. Throws: ScheduleFailure.
   */
  judge(local: number): number {
    return (this.#unshown[local] ??= this.#judge(local));
  }

  /** What a replica in this state puts in flight when it sends. Law: L5. */
  send(local: number): number {
    return (this.#sent[local] ??= this.#send(local));
  }

  message(message: number): Message {
    const found = this.#messages[message];
    if (found === undefined) throw new RangeError(`there is no message ${message}`);
    return found;
  }

  renamed(local: number, rename: Rename): number {
    const { image, known } = this.get(local);
    const renamed = this.#intern(renamedImage(image, rename), this.renamedSet(known, rename), undefined);
    // What the laws say of a state they say of it under other names, which the tests of small depth show.
    this.#unshown[renamed] ??= this.renamedSet(this.judge(local), rename);
    return renamed;
  }

  renamedMessage(message: number, rename: Rename): number {
    const { record, known } = this.message(message);
    const { versions } = renamedRecord({ versions: record.versions, residual: DotSet.empty }, rename);
    const context = renamedDots(record.context, rename);
    return this.#internMessage({
      record: { key: record.key, versions, context },
      known: this.renamedSet(known, rename),
    });
  }

  renamedSet(set: number, rename: Rename): number {
    return this.sets.of(this.sets.get(set).map((fact) => this.facts.renamed(fact, rename)));
  }

  #intern(image: ReplicaImage, known: number, liveHash: number | undefined): number {
    const shared = sharedImage(image, this.#parts);
    const text = `${known}|${shared.text}`;
    const found = this.#byText.get(text);
    if (found !== undefined) {
      // Kept in step by what happened, on whatever way the state was reached, and so the same on all of them.
      if (liveHash !== undefined && liveHash !== this.get(found).liveHash)
        broken('L12', `the live hash of ${image.id} depends on how it came to hold what it holds`);
      return found;
    }
    const store = revive(image, this.names, this.#brokenRules);
    const fresh = stateOf(store).table.liveHash.lo;
    if (liveHash !== undefined && liveHash !== fresh)
      broken('L12', `the live hash of ${image.id} is not that of what it holds`);
    const members = store.members().reduce((bits, member) => bits | (1 << this.names.indexOf(nameOf(member))), 0);
    this.#byText.set(text, this.#locals.length);
    const own = this.sets.get(known).filter((fact) => this.facts.get(fact).dot.id === image.id);
    const changes = image.counter - own.length; // its other dots are of the records of members
    return this.#locals.push({ image: shared.image, known, liveHash: fresh, members, changes }) - 1;
  }

  #judge(local: number): number {
    const { known, image } = this.get(local);
    const facts = this.sets.get(known).map((number) => this.facts.get(number));
    const byDot = new Map(facts.map((fact) => [fact.text, fact.operation]));
    const model = this.model(local);
    const { siblings, status } = this.store(local).peek(KEY);
    const expected = model.visible(KEY);
    const unshown: string[] = [];
    const verdict = judgeShown(
      siblings,
      {
        expected,
        knows: model.knows(KEY),
        operationOf: (dot) => byDot.get(formatDot(dot)),
        wasReaped: (name) => unshown.push(name) > 0,
        isAccepted: false,
        isExcused: () => false,
      },
      (value) => value,
    );
    const shown = siblings.map(({ dot, tombstone }) => `${formatDot(dot)}${tombstone ? ' deleted' : ''}`).join(', ');
    const told = `${nameOf(image.id)} shows [${shown}], the model [${expected.map(({ name }) => name).join(', ')}]`;
    if (verdict !== undefined) broken(verdict.law, `${verdict.why}: ${told}`);
    if (status !== statusOf(siblings)) broken('L4', `${nameOf(image.id)} says ${status} of [${shown}]`);
    return this.sets.of(this.facts.numbers(unshown));
  }

  #send(local: number): number {
    const record = stateOf(this.store(local)).recordOf(KEY);
    checkRecordBytes(record);
    return this.#internMessage({ record, known: this.get(local).known });
  }

  #internMessage(message: Message): number {
    const { record, known } = message;
    const versions = textOfRecord({ versions: record.versions, residual: DotSet.empty });
    const text = `${known}|${versions}|${textOfDots(record.context)}`;
    const found = this.#messageByText.get(text);
    if (found !== undefined) return found;
    this.#messageByText.set(text, this.#messages.length);
    return this.#messages.push(message) - 1;
  }
}
