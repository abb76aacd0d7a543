/** One replica of Cairn in an experiment: the state of a store in memory, and the exchange machine, turned at once. */

import { assert } from '../../assert.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { varintLength } from '../../codec/byte-arrays.ts';
import { utf8Length } from '../../codec/text.ts';
import { encodeValue } from '../../codec/value-encoding.ts';
import { ExchangeSide } from '../../repair/exchange-side.ts';
import { isInternalKey } from '../../store/key.ts';
import { replicaIdOf } from '../../store/membership.ts';
import type { StorePolicy } from '../../store/operations.ts';
import { isTombstone } from '../../store/record.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { encodeReplicaRecord } from '../../store/replica-record-encoding.ts';
import { ReplicaState } from '../../store/replica-state.ts';
import { toRecord } from '../../store/table.ts';
import { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import type { Census, ExchangeCost, Met, ReplicaSeat, StrategyReplica, Taken, Write } from './strategy.ts';

/** What readers are shown is decided elsewhere. */
const POLICY: StorePolicy<never> = {
  resolver: undefined,
  deletePolicy: 'keep',
  onConflict: 'overwrite',
  schema: undefined,
  onReport: () => undefined,
};

/** `deletes` learns the dot of each delete, since a tombstone carries no value that could name it. */
export class CairnReplica implements StrategyReplica {
  readonly #state: ReplicaState;
  readonly #store: VersionedKVStore<never>;
  readonly #deletes: Map<string, number>;

  constructor(seat: ReplicaSeat, deletes: Map<string, number>) {
    const env = { now: seat.now, random: () => 0.5 };
    this.#state = new ReplicaState(replicaIdOf(seat.name, String(seat.life)), seat.members, env);
    this.#store = new VersionedKVStore(this.#state, POLICY);
    this.#deletes = deletes;
  }

  held(key: string): ReplicaRecord {
    return this.#state.recordOf(key);
  }

  write({ key, operation, isDelete, basis }: Write): Taken {
    // as: the basis is a record that a replica of this strategy gave out
    const context = basis.kind === 'none' ? DotSet.empty : (basis.held as ReplicaRecord).context;
    const counter = this.#state.write(key, isDelete ? undefined : operation, context);
    if (isDelete) this.#deletes.set(`${this.#state.id}:${counter}`, operation);
    const answer: ReplicaRecord = { key, versions: [], context: context.add(this.#state.id, counter) };
    return { told: this.#state.recordOf(key), answer };
  }

  take(_key: string, told: unknown): boolean {
    const { added, superseded } = this.#state.receive(told as ReplicaRecord); // as: told by a replica of this strategy
    return added.length + superseded.length > 0;
  }

  /** The record as it is by then. */
  owed(key: string): ReplicaRecord {
    return this.#state.recordOf(key);
  }

  exchange(peer: StrategyReplica, changed: ReadonlySet<string>, met: Met): ExchangeCost {
    assert(peer instanceof CairnReplica, 'an exchange joins two replicas of one strategy');
    const one = new ExchangeSide(this.#store, { role: 'initiator', peer: peer.#store.id, direction: 'both' });
    const two = new ExchangeSide(peer.#store, { role: 'responder', peer: this.#store.id });
    const here = new Set<string>();
    const there = new Set<string>();
    const listen = (keys: readonly string[]): void => keep(here, keys);
    const listenThere = (keys: readonly string[]): void => keep(there, keys);
    this.#state.listeners.add(listen);
    peer.#state.listeners.add(listenThere);
    const bytes = turn(one, two);
    this.#state.listeners.delete(listen);
    peer.#state.listeners.delete(listenThere);
    assert(one.isDone && two.isDone, 'an exchange in one process comes to its end');
    for (const key of changed) met(key, here.has(key), there.has(key));
    const records = one.recordsSent + two.recordsSent;
    return { records, needless: Math.max(0, records - here.size - there.size), bytes };
  }

  /** That a record is gone changes nothing for others: absence has the same context. */
  tidy(): Iterable<string> {
    this.#state.reap(false);
    return [];
  }

  clock(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#state.knowledge.seen.vector);
  }

  census(): Census {
    const { knowledge, table } = this.#state;
    let keys = 0;
    let versions = 0;
    let metadataBytes = knowledge.seen.encode().length + knowledge.reaped.encode().length;
    const tombstones: number[] = [];
    for (const [key, cell] of table.cells()) {
      if (isInternalKey(key)) continue;
      const record = toRecord(cell);
      keys += 1;
      versions += record.versions.length;
      metadataBytes += 1 + (record.residual.isEmpty ? 0 : record.residual.encode().length);
      const isGrave = record.versions.every(isTombstone);
      for (const { id, counter, time } of record.versions) {
        metadataBytes += 1 + varintLength(counter) + varintLength(time);
        if (isGrave) tombstones.push(this.#deletes.get(`${id}:${counter}`) ?? -1);
      }
    }
    return { keys, versions, tombstones, metadataBytes };
  }
}

/** Bytes of a record beside its key and values. */
export function recordBytes(key: string, record: ReplicaRecord): number {
  const values = record.versions.reduce(
    (sum, { value }) => sum + (value === undefined ? 0 : encodeValue(value).length),
    0,
  );
  return encodeReplicaRecord(record).length - utf8Length(key) - values;
}

function keep(set: Set<string>, keys: readonly string[]): void {
  for (const key of keys) set.add(key);
}

/** Hands the frames across until both fall silent; the bytes that went. */
function turn(one: ExchangeSide<never>, two: ExchangeSide<never>): number {
  let toTwo = [...one.start()];
  let toOne = [...two.start()];
  let bytes = 0;
  while (toOne.length + toTwo.length > 0) {
    for (const frame of [...toOne, ...toTwo]) bytes += frame.length;
    const fromTwo = toTwo.flatMap((frame) => [...two.receive(frame)]);
    const fromOne = toOne.flatMap((frame) => [...one.receive(frame)]);
    toOne = fromTwo;
    toTwo = fromOne;
  }
  return bytes;
}
