/**
 * What a coordinator does for a client, after Dynamo (DeCandia et al., SOSP 2007): a write goes to all replicas and is
 * answered after W acknowledgements, a read asks all and is answered from the first R. Late answers still count for read
 * repair; writes that were not acknowledged in time are owed as hints.
 */

import type { Basis, Shown } from '../strategies/strategy.ts';
import type { Judge } from '../truth/judge.ts';
import type { Known } from '../truth/known.ts';
import { unite } from '../truth/known.ts';
import type { Operation, OperationBook } from '../truth/operation-book.ts';
import { buryLost } from './bury.ts';
import type { Cluster, Seat } from './cluster.ts';

/** What a coordinator made of the answers. */
export type ReadAnswer = { readonly held: unknown; readonly known: Known; readonly shown: Shown };

/** What a client bases a write on: what it was shown, and which operations that was. */
export type ShownBasis = { readonly basis: Basis; readonly operations: readonly number[] };

export const BLIND: ShownBasis = { basis: { kind: 'none' }, operations: [] };

/** A key of which so many lanes are known is looked through for lanes that ended. */
const LANES_MANY = 8;
/** Of so many writes one is weighed: encoding all of them would take longer than the rest of the run. */
const WEIGHED_EVERY = 8;

type Reply = { readonly from: Seat; readonly held: unknown; readonly known: Known };

/** The calls of clients at their coordinators. */
export class Calls {
  readonly #cluster: Cluster;
  readonly #book: OperationBook;
  readonly #judge: Judge;

  constructor(cluster: Cluster, book: OperationBook, judge: Judge) {
    this.#cluster = cluster;
    this.#book = book;
    this.#judge = judge;
  }

  /** Reads a key; `done` gets undefined when fewer than R answered in time. */
  read(at: Seat, key: string, call: number, done: (answer: ReadAnswer | undefined) => void): void {
    const cluster = this.#cluster;
    const { replicas, setting, run } = cluster;
    const replies: Reply[] = [];
    let merged: unknown;
    let known: Known = [];
    let isOver = false;
    let isRepaired = !setting.background.readRepair;
    const repair = (): void => {
      if (isRepaired) return;
      isRepaired = true;
      this.#repair(at, key, replies, call);
    };
    const answer = (reply: Reply): void => {
      replies.push(reply);
      if (!isOver) {
        merged = replies.length === 1 ? reply.held : run.merge(key, merged, reply.held);
        known = unite(known, reply.known);
        if (replies.length >= setting.r) {
          isOver = true;
          done({ held: merged, known, shown: run.show(key, merged) });
        }
      }
      if (replies.length < replicas.length) return;
      repair();
      this.#reapAfterRead(at, key, replies, call);
    };
    const here = at.index < setting.replicas ? at : undefined;
    for (const replica of replicas) {
      if (replica === here) continue;
      cluster.send('request', at, replica, key, { call, part: replica.index }, () => {
        const reply = { from: replica, held: replica.replica.held(key), known: cluster.knownOf(replica, key) };
        cluster.send('response', replica, at, key, { call, part: replica.index }, () => {
          if (!replies.some(({ from }) => from === replica)) answer(reply);
        });
      });
    }
    if (here !== undefined) answer({ from: here, held: here.replica.held(key), known: cluster.knownOf(here, key) });
    cluster.queue.after(setting.timeoutMs, () => {
      if (!isOver) {
        isOver = true;
        done(undefined);
      }
      repair();
    });
  }

  /** What the coordinator itself would show now, as the basis of a write. */
  localBasis(at: Seat, key: string): ShownBasis {
    const held = at.replica.held(key);
    const known = this.#cluster.knownOf(at, key);
    return this.basisOf(key, { held, known, shown: this.#cluster.run.show(key, held) });
  }

  /** What a client knows that was shown an answer. Who is shown nothing knows of the deletes that made it so. */
  basisOf(key: string, { held, known, shown }: ReadAnswer): ShownBasis {
    const operations = [...shown.live, ...shown.deleted, ...shown.passedOver];
    if (shown.live.length === 0) {
      for (const head of this.#book.headsOf(key, known))
        if (head.isDelete && !operations.includes(head.number)) operations.push(head.number);
    }
    return { basis: { kind: 'shown', held }, operations };
  }

  /**
   * Writes; `done` gets whether W acknowledged it in time. Gives the operation, and what the client may base its next
   * write on unread; undefined, and calls nothing, when the strategy refuses it.
   */
  write(
    at: Seat,
    what: { readonly key: string; readonly isDelete: boolean; readonly client: number; readonly call: number },
    { basis, operations }: ShownBasis,
    done: (isAcknowledged: boolean) => void,
  ): { readonly operation: Operation; readonly answered: ShownBasis } | undefined {
    const cluster = this.#cluster;
    const { setting, meter, run, trace } = cluster;
    const { key, isDelete, client, call } = what;
    const number = this.#book.next;
    const written = at.replica.write({ key, operation: number, isDelete, basis, client: `client-${client + 1}` });
    if (written === undefined) return undefined;
    const { told } = written;
    const operation = this.#book.note({ key, isDelete, client, replica: at.index, at: cluster.now }, operations);
    cluster.learn(at, key, operation.past);
    cluster.touch(at, key);
    const known = cluster.knownOf(at, key);
    if (known.length > LANES_MANY * 2 && operation.place % LANES_MANY === 0) buryLost(cluster, this.#judge, key);
    trace?.({
      ...{ at: cluster.now, kind: 'operation', replica: at.index, client, key, operation: number, isDelete },
      ...{ basis: operations, view: cluster.viewOf(at, key) },
    });
    const acknowledged = new Set<number>();
    let isOver = false;
    const acknowledge = (replica: Seat): void => {
      acknowledged.add(replica.index);
      if (isOver || acknowledged.size < setting.w) return;
      isOver = true;
      this.#book.acknowledge(operation, cluster.now);
      trace?.({ at: cluster.now, kind: 'acknowledged', replica: at.index, operation: number });
      done(true);
      if (isDelete) this.#reapLater(at, key, call);
    };
    const bytes = number % WEIGHED_EVERY === 0 ? run.bytesOf(key, told) : undefined;
    for (const replica of cluster.replicas) {
      if (replica === at) continue;
      meter.sent('write', bytes);
      cluster.send('write', at, replica, key, { call, part: replica.index }, () => {
        meter.taken('write', cluster.take(replica, key, told, known));
        cluster.send('acknowledge', replica, at, key, { call, part: replica.index }, () => acknowledge(replica));
      });
    }
    if (at.index < setting.replicas) acknowledge(at);
    const { hints } = setting.background;
    if (!isOver || hints !== undefined) {
      cluster.queue.after(setting.timeoutMs, () => {
        if (hints !== undefined) {
          for (const { index } of cluster.replicas) {
            if (index === at.index || acknowledged.has(index)) continue;
            at.hints.add({ to: index, key, told, known, at: cluster.now });
            meter.hintKept();
          }
        }
        if (isOver) return;
        isOver = true;
        trace?.({ at: cluster.now, kind: 'failed', replica: at.index, operation: number });
        done(false);
      });
    }
    return { operation, answered: { basis: { kind: 'shown', held: written.answer }, operations: [number] } };
  }

  /** Brings every replica that answered what it lacks of the others' answers. */
  #repair(at: Seat, key: string, replies: readonly Reply[], call: number): void {
    const [first, ...others] = replies;
    if (first === undefined || others.length === 0) return;
    const cluster = this.#cluster;
    const { run, meter } = cluster;
    if (others.every(({ held }) => run.isSame(held, first.held) && run.isSame(first.held, held))) return;
    let merged = first.held;
    let known = first.known;
    for (const reply of others) {
      merged = run.merge(key, merged, reply.held);
      known = unite(known, reply.known);
    }
    for (const { from, held } of replies) {
      if (run.isSame(held, merged)) continue;
      meter.sent('read repair');
      const take = (): void => meter.taken('read repair', cluster.take(from, key, merged, known));
      if (from === at) take();
      else cluster.send('read repair', at, from, key, { call, part: from.index }, take);
    }
  }

  /** A read that all answered finds what a delete's own attempt could not reap. */
  #reapAfterRead(at: Seat, key: string, replies: readonly Reply[], call: number): void {
    const { reaping } = this.#cluster.strategy;
    if (reaping === undefined) return;
    const held = replies.map((reply) => reply.held);
    if (reaping.decide(held) === undefined) return;
    this.#cluster.queue.after(reaping.delayMs, () => this.#reapIfAllAgree(at, key, held, call));
  }

  #reapIfAllAgree(at: Seat, key: string, held: readonly unknown[], call: number): void {
    const cluster = this.#cluster;
    const told = cluster.strategy.reaping?.decide(held);
    if (told === undefined || at.isDown) return;
    for (const other of cluster.replicas) {
      const take = (): void => {
        if (cluster.take(other, key, told, []))
          cluster.trace?.({ at: cluster.now, kind: 'tidied', replica: other.index, keys: [key] });
      };
      if (other === at) take();
      else cluster.send('reap', at, other, key, { call, part: other.index }, take);
    }
  }

  /** Riak's way: some time after a delete, ask all, and if all hold it, let all forget it. */
  #reapLater(at: Seat, key: string, call: number): void {
    const cluster = this.#cluster;
    const { reaping } = cluster.strategy;
    if (reaping === undefined) return;
    cluster.queue.after(reaping.delayMs, () => {
      const held = new Map<number, unknown>();
      const ask = (replica: Seat): void => {
        held.set(replica.index, replica.replica.held(key));
        if (held.size === cluster.replicas.length) this.#reapIfAllAgree(at, key, [...held.values()], call);
      };
      for (const replica of cluster.replicas) {
        if (replica === at) ask(replica);
        else
          cluster.send('request', at, replica, key, { call, part: 100 + replica.index }, () =>
            cluster.send('response', replica, at, key, { call, part: 100 + replica.index }, () => ask(replica)),
          );
      }
    });
  }
}
