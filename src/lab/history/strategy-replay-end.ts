/** The end of a history under a strategy: what the head shows, then the meeting of all replicas, and what is left. */

import { compareText } from '../../codec/text.ts';
import { anomalyMeasures, distribution, share } from '../experiment/run-measures.ts';
import type { Shown } from '../strategies/strategy.ts';
import { NOTHING_KNOWN } from '../truth/known.ts';
import { asContents } from './contents.ts';
import type { HistoryMeasures, StrategyReplayResult, TreeCheck, WrongPath } from './strategy-replay-result.ts';
import type { HistoryRun, Line } from './strategy-run.ts';

type Blobs = ReadonlySet<string | null>;

/** Takes a run whose commits are all made to its end. */
export class StrategyReplayEnd {
  readonly #run: HistoryRun;
  readonly #head: Line;
  /** All but the head's replica; tips that no merge has met bring news, so they come first. */
  readonly #others: readonly Line[];
  readonly #tips: number;

  constructor(run: HistoryRun, head: number, tips: readonly number[]) {
    this.#run = run;
    this.#head = run.lineAt(head);
    const inOrder = [...new Set([...tips, ...run.lines.keys()])].filter((one) => one !== head);
    this.#others = inOrder.map((one) => run.lineAt(one));
    this.#tips = tips.length;
  }

  result(): StrategyReplayResult {
    const run = this.#run;
    const { name, title, rule, source, showsConflicts } = run.strategy;
    run.sample();
    const atHead = this.#check((key) => this.#treeAt(key));
    run.during('end');
    this.#meetAll();
    this.#settle();
    const inTheEnd = this.#check((key) => (this.#tips === 1 ? this.#treeAt(key) : this.#leftOf(key)));
    return {
      strategy: { name, title, rule, source, showsConflicts },
      ...{ commits: run.commits, merges: run.merges, events: run.events, replicas: run.lines.length, tips: this.#tips },
      ...{ exchanges: run.cost.exchanges, met: run.met, shown: run.shown, settled: run.settled },
      measures: this.#measures(inTheEnd.live),
      ...{ anomalies: run.anomalies, atHead, inTheEnd },
    };
  }

  /** All come to know everything and that all others do; then all forget what they may. Cost: replicas² exchanges. */
  #meetAll(): void {
    const run = this.#run;
    const lines = [this.#head, ...this.#others];
    // The head's replica hears of everything, and tells it.
    for (const other of [...this.#others, ...this.#others]) run.exchange(this.#head, other);
    for (const [at, one] of lines.entries()) for (const other of lines.slice(at + 1)) run.exchange(one, other);
    this.#reap(lines);
    run.sample();
    for (const { replica } of lines) for (const _ of replica.tidy());
  }

  /** A reap that asks all replicas at once: they reach one another only now. */
  #reap(lines: readonly Line[]): void {
    const { strategy, book } = this.#run;
    if (strategy.reaping === undefined) return;
    for (const key of book.keys()) {
      const told = strategy.reaping.decide(lines.map(({ replica }) => replica.held(key)));
      if (told !== undefined) for (const { replica } of lines) replica.take(key, told);
    }
  }

  #settle(): void {
    const { book, lines, run, judge, contents, timeMs } = this.#run;
    for (const key of book.keys()) {
      const known = lines.map((line) => line.known.get(key) ?? NOTHING_KNOWN);
      const heads = book.headsOf(key, book.acknowledgedOf(key));
      const shown = lines.map(({ replica }): Shown => asContents(run.show(key, replica.held(key)), heads, contents));
      judge.settle(key, known, shown, timeMs);
    }
  }

  #treeAt(key: string): Blobs {
    return new Set([this.#head.tree.get(key) ?? null]);
  }

  /** What nobody has overwritten: one operation for a key, but for branches that were never merged. */
  #leftOf(key: string): Blobs {
    const { book, contents } = this.#run;
    const heads = book.headsOf(key, book.acknowledgedOf(key));
    return new Set(heads.map(({ number }) => contents[number] ?? null));
  }

  /** What the head's replica shows, key by key, where it may show nothing but these. */
  #check(wanted: (key: string) => Blobs): TreeCheck {
    const { book, run, contents, paths } = this.#run;
    const wrong: WrongPath[] = [];
    let count = 0;
    for (const key of [...book.keys()].sort(compareText)) {
      const blobs = wanted(key);
      const { live } = run.show(key, this.#head.replica.held(key));
      const shown = [...new Set(live.map((number) => contents[number] ?? ''))].sort(compareText);
      if (live.length > 0) count += 1;
      const problem = problemOf(shown, blobs);
      if (problem !== undefined) wrong.push({ path: paths.pathOf(key), problem, shown });
    }
    return { live: count, wrong };
  }

  #measures(liveKeys: number): HistoryMeasures {
    const { judge, events, lines, cost, siblings, refused, tombstonesMost } = this.#run;
    const ends = lines.map(({ replica }) => replica.census());
    const metadata = ends.reduce((sum, { metadataBytes }) => sum + metadataBytes, 0) / ends.length;
    const { mean, most } = distribution(siblings.map((count, at) => (at === 0 ? 0 : count)));
    return {
      ...anomalyMeasures(judge),
      acknowledged: events.writes + events.deletes,
      refused,
      siblingsMean: mean,
      siblingsMax: most,
      metadataPerKey: share(metadata, liveKeys),
      exchangeRecords: cost.records,
      exchangeNeedless: share(cost.needless, cost.records),
      exchangeBytes: cost.bytes,
      tombstonesMost,
      tombstonesLeft: ends.reduce((sum, { tombstones }) => sum + tombstones.length, 0),
    };
  }
}

function problemOf(shown: readonly string[], wanted: Blobs): WrongPath['problem'] | undefined {
  if (shown.length === 0) return wanted.has(null) ? undefined : 'missing';
  if (shown.every((blob) => wanted.has(blob))) return undefined;
  return [...wanted].every((blob) => blob === null) ? 'back' : 'wrong';
}
