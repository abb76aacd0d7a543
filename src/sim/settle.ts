/**
 * The end of a run: nothing is broken any more, and everybody must come to know and show the same within a bounded number
 * of exchange intervals, and let go of every tombstone. Laws: L7, L11, L12, L20.
 */

import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Observer, Violation } from './observer.ts';
import type { Plan } from './plan.ts';
import type { SimProcess } from './process.ts';
import type { Recorder } from './recorder.ts';
import type { Scheduler } from './scheduler.ts';
import { isLoaded, liveDotsIn } from './taken-in.ts';

export type SettleParts = {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly recorder: Recorder;
  readonly observer: Observer;
  readonly processes: readonly SimProcess[];
  readonly onViolation: (violation: Violation) => void;
  readonly isOver: () => boolean;
};

type Pass = (ms: number) => Promise<void>;

/** Exchange intervals within which all must be equal, once they can reach one another again. */
export const ROUNDS_MAX = 6;
/** Links that were cut are noticed and opened again within this, beside the time of silence. */
const RELINK_MS = 6_000;
const REAPS_MAX = 6;

/** Lets everybody meet; gives after how many intervals all were equal. */
export async function settle(parts: SettleParts): Promise<number> {
  const { plan, scheduler, observer, recorder, processes, onViolation, isOver } = parts;
  const pass: Pass = (ms) => scheduler.runUntil(scheduler.now + ms, isOver);
  const passUntil = async (isSo: () => boolean): Promise<number> => {
    let rounds = 0;
    for (; !isOver() && !isSo() && rounds < ROUNDS_MAX; rounds += 1) await pass(plan.exchangeEveryMs);
    return rounds;
  };
  recorder.note('all', 'heal');
  await pass(plan.silenceMs + RELINK_MS);
  const rounds = await passUntil(() => areEqual(processes));
  await loadAll(parts, pass);
  if (observer.losses.hasLost) {
    if (!observer.hasCopies) await checkRefilled(parts, passUntil);
    await acceptLosses(parts, pass);
    await passUntil(() => areEqual(processes));
  }
  // Only once all know the same, the next exchange mends what differs all the same: a tombstone that one had reaped before
  // another was given a write beside it, a dot that names two writes. And what is found has to get around.
  await passUntil(() => areEqual(processes) && differenceShown(parts) === undefined);
  if (isOver()) return rounds;
  const down = processes.find(({ replica }) => replica === undefined);
  if (down !== undefined) onViolation({ law: 'L12', what: `${down.name} is not up again after the last fault` });
  else if (!areEqual(processes)) onViolation({ law: 'L12', what: differenceOf(processes) });
  observer.checkAll(processes);
  observer.checkKept(processes);
  const lost = observer.copies.check(processes, observer.book);
  if (lost !== undefined) onViolation(lost);
  checkSame(parts);
  if (!isOver()) await checkReaped(parts, pass);
  if (!isOver()) await checkStored(parts, pass);
  return rounds;
}

/**
 * Has everybody read what is stored. Who met all others and still has not must have nothing stored that is to be reaped: it
 * would lie there until somebody happens to read it. Law: L11.
 */
async function loadAll({ plan, processes, observer, onViolation, isOver }: SettleParts, pass: Pass): Promise<void> {
  const unread = storesOf(processes).filter((store) => !isLoaded(store));
  if (unread.length === 0) return;
  for (let reap = 0; reap < REAPS_MAX && !isOver(); reap += 1) await pass(plan.reapEveryMs + plan.exchangeEveryMs);
  const loaded = Promise.all(unread.map((store) => store.load().catch(() => undefined)));
  await pass(1_000);
  await Promise.race([loaded, Promise.resolve()]);
  if (observer.losses.hasLost) return;
  for (const store of unread) {
    const tombstones = isLoaded(store) ? store.stats().tombstones : 0;
    if (tombstones === 0) continue;
    const what = `${store.name} has ${tombstones} stored tombstones that nobody reads after everybody met`;
    onViolation({ law: 'L11', what });
  }
}

/** What a disk lost is there again, if somebody has it who lost nothing. Law: L20. */
async function checkRefilled(
  { processes, onViolation }: SettleParts,
  passUntil: (isSo: () => boolean) => Promise<number>,
): Promise<void> {
  const lacking = (): string | undefined => {
    const whole = storesOf(processes).filter((store) => stateOf(store).damaged.size === 0);
    for (const store of storesOf(processes)) {
      for (const [key, dots] of stateOf(store).damaged) {
        const missing = dots.minus(store.seen).minus(stateOf(store).table.record(key).residual);
        const holder = whole.find(({ seen }) => dots.isEmpty || !seen.intersect(missing).isEmpty);
        if (holder !== undefined)
          return `${store.name} still refuses ${JSON.stringify(key)} in the end, of which ${holder.name} lost nothing`;
      }
    }
    return undefined;
  };
  await passUntil(() => lacking() === undefined);
  const what = lacking();
  if (what !== undefined) onViolation({ law: 'L20', what });
}

/** Gives up what nobody has any more, so that all can agree about the rest. */
async function acceptLosses({ processes }: SettleParts, pass: Pass): Promise<void> {
  const given = Promise.all(processes.map(({ store }) => store?.acceptLoss().catch(() => undefined)));
  await pass(1_000);
  await Promise.race([given, Promise.resolve()]);
}

function areEqual(processes: readonly SimProcess[]): boolean {
  const stores = storesOf(processes);
  const [first] = stores;
  return (
    first !== undefined && stores.length === processes.length && stores.every((store) => store.seen.equals(first.seen))
  );
}

function differenceOf(processes: readonly SimProcess[]): string {
  const [first, ...others] = storesOf(processes);
  const other = others.find((store) => first !== undefined && !store.seen.equals(first.seen));
  if (first === undefined || other === undefined) return 'not all are open';
  const missing = [first.seen.minus(other.seen), other.seen.minus(first.seen)].map((set) => JSON.stringify(set));
  return `${first.name} and ${other.name} do not agree in the end: ${missing.join(' and ')} are known to one of them only`;
}

/** What is shown is the same everywhere. */
function checkSame(parts: SettleParts): void {
  const difference = differenceShown(parts);
  if (difference !== undefined) parts.onViolation({ law: 'L12', ...difference });
}

/** A key that two show differently, of which nothing is lost. */
function differenceShown({ processes, observer, plan }: SettleParts): Omit<Violation, 'law'> | undefined {
  const [first, ...others] = storesOf(processes);
  if (first === undefined) return undefined;
  const shownOf = observer.hasCopies ? valuesOf : liveDotsIn;
  for (const key of plan.keys) {
    if (!observer.hasCopies && observer.isRelaxed(key)) continue;
    for (const other of others) {
      const [one, two] = [first, other].map((store) => shownOf(store, key));
      const what = `${first.name} shows ${one} and ${other.name} ${two} of ${JSON.stringify(key)}`;
      if (one !== two) return { what, key };
    }
  }
  return undefined;
}

/** The values, where a dot does not tell which write it names. */
function valuesOf(store: VersionedKVStore<string>, key: string): string {
  try {
    const { siblings } = store.peek(key);
    return siblings
      .flatMap((sibling) => (sibling.tombstone ? [] : [sibling.value]))
      .sort()
      .join();
  } catch (cause) {
    return String(cause);
  }
}

/** Every tombstone that stands alone goes, once all members have met. What was lost may hold some back for ever. */
async function checkReaped(parts: SettleParts, pass: Pass): Promise<void> {
  const { plan, observer, processes, onViolation, isOver } = parts;
  if (observer.losses.hasLost) return;
  const left = (): string | undefined => {
    for (const store of storesOf(processes)) {
      const { tombstones, residuals } = store.stats();
      if (tombstones + residuals > 0)
        return `${store.name} still has ${tombstones} tombstones and ${residuals} residuals`;
    }
    return undefined;
  };
  for (let reap = 0; reap < REAPS_MAX && left() !== undefined && !isOver(); reap += 1)
    await pass(plan.reapEveryMs + plan.exchangeEveryMs);
  const what = left();
  if (what !== undefined) onViolation({ law: 'L11', what: `${what} after everybody met and reaped` });
  observer.checkAll(processes);
}

/** What is stored is sound. */
async function checkStored(parts: SettleParts, pass: Pass): Promise<void> {
  const { processes, onViolation, observer } = parts;
  for (const store of storesOf(processes)) {
    store.verify().then(
      ({ faults }) => {
        if (faults.length > 0 && !observer.losses.hasLost)
          onViolation({ law: 'L20', what: `${store.name} has faults at the end: ${JSON.stringify(faults)}` });
      },
      (cause: unknown) => onViolation({ law: 'L20', what: `${store.name} cannot be verified: ${cause}` }),
    );
  }
  await pass(1_000);
}

function storesOf(processes: readonly SimProcess[]): readonly VersionedKVStore<string>[] {
  return processes.flatMap(({ store }) => (store === undefined ? [] : [store]));
}
