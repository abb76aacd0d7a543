/** Counts of one run: what was asked and answered, how fresh, how fast, what was sent for what, and what was needless. */

import type { ExchangeCost } from '../strategies/strategy.ts';
import type { ReadVerdict } from '../truth/judge.ts';

export type Mechanism = 'write' | 'read repair' | 'hint';

/** `bytes` of those `weighed`. */
type Traffic = { messages: number; needless: number; bytes: number; weighed: number };
type Calls = { asked: number; done: number; readonly latencies: number[] };

/** Reads by how long after the newest acknowledgement they began: in each, how many and how many of them fresh. */
export type Visibility = { readonly sinceMs: number; readonly reads: number; readonly fresh: number };

/** Bounds of those classes, ms. */
export const SINCE_MS: readonly number[] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000];
/** Sibling counts and numbers of missed writes are told apart up to here. */
export const COUNTS_MAX = 128;

const newTraffic = (): Traffic => ({ messages: 0, needless: 0, bytes: 0, weighed: 0 });
const newCalls = (): Calls => ({ asked: 0, done: 0, latencies: [] });

/** Gathers the counts of one run. */
export class Meter {
  readonly reads: Calls = newCalls();
  readonly writes: Calls = newCalls();
  readonly traffic: Readonly<Record<Mechanism, Traffic>> = {
    write: newTraffic(),
    'read repair': newTraffic(),
    hint: newTraffic(),
  };
  readonly exchanges: Traffic & { count: number } = { ...newTraffic(), count: 0 };
  /** Reads by the number of siblings they showed, and by the number of acknowledged operations they lacked. */
  readonly siblings: number[] = [];
  readonly behind: number[] = [];
  /** By the time of a probe, or by class. */
  readonly visibility: Map<number, { reads: number; fresh: number }> = new Map<
    number,
    { reads: number; fresh: number }
  >();
  readonly sessions: { reads: number; ownWriteMissed: number; wentBack: number } = {
    reads: 0,
    ownWriteMissed: 0,
    wentBack: 0,
  };
  refused = 0;
  hintsKept = 0;
  hintsExpired = 0;
  staleReads = 0;
  anomalousReads = 0;
  /** Samples of tombstones held, summed over the replicas. */
  readonly tombstones: number[] = [];

  asked(kind: 'reads' | 'writes'): void {
    this[kind].asked += 1;
  }

  answered(kind: 'reads' | 'writes', latencyMs: number): void {
    this[kind].done += 1;
    this[kind].latencies.push(latencyMs);
  }

  read(verdict: ReadVerdict, siblings: number, probedMs?: number): void {
    bump(this.siblings, siblings);
    bump(this.behind, verdict.behind);
    if (!verdict.isFresh) this.staleReads += 1;
    if (verdict.anomalies > 0) this.anomalousReads += 1;
    if (!Number.isFinite(verdict.sinceMs)) return;
    const since = probedMs ?? SINCE_MS.findLast((bound) => bound <= verdict.sinceMs) ?? 0;
    const seen = this.visibility.get(since) ?? { reads: 0, fresh: 0 };
    seen.reads += 1;
    if (verdict.isFresh) seen.fresh += 1;
    this.visibility.set(since, seen);
  }

  session(isOwnMissed: boolean, isBack: boolean): void {
    this.sessions.reads += 1;
    if (isOwnMissed) this.sessions.ownWriteMissed += 1;
    if (isBack) this.sessions.wentBack += 1;
  }

  /** `bytes`: of its metadata, when it was weighed. */
  sent(mechanism: Mechanism, bytes?: number): void {
    const traffic = this.traffic[mechanism];
    traffic.messages += 1;
    if (bytes === undefined) return;
    traffic.bytes += bytes;
    traffic.weighed += 1;
  }

  taken(mechanism: Mechanism, isChanged: boolean): void {
    if (!isChanged) this.traffic[mechanism].needless += 1;
  }

  exchanged({ records, needless, bytes }: ExchangeCost): void {
    this.exchanges.count += 1;
    this.exchanges.messages += records;
    this.exchanges.needless += needless;
    this.exchanges.bytes += bytes;
  }

  hintKept(): void {
    this.hintsKept += 1;
  }

  hintExpired(): void {
    this.hintsExpired += 1;
  }
}

function bump(counts: number[], at: number): void {
  const place = Math.min(at, COUNTS_MAX);
  while (counts.length <= place) counts.push(0);
  counts[place] = (counts[place] ?? 0) + 1;
}
