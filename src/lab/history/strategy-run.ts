/** The replicas of a history under a strategy while its commits are made: what they are told, write and show, judged. */

import { assert } from '../../assert.ts';
import { compareText } from '../../codec/text.ts';
import type { ExchangeCost, Shown, Strategy, StrategyReplica, StrategyRun } from '../strategies/strategy.ts';
import { Judge } from '../truth/judge.ts';
import { covers, type Known, NOTHING_KNOWN, unite } from '../truth/known.ts';
import { OperationBook } from '../truth/operation-book.ts';
import { asContents, kindOf } from './contents.ts';
import type { Changes, Commit } from './git-history.ts';
import type { Step } from './lines.ts';
import { PathKeys } from './path-key.ts';
import type { ConflictKind } from './replay-result.ts';
import type { HistoryAnomaly, Occasion, ToldBy } from './strategy-replay-result.ts';

/** One replica, with the tree git has at the commit where it stands. `known`: what it has been told of each key, by the graph. */
export type Line = {
  readonly replica: StrategyReplica;
  readonly known: Map<string, Known>;
  tree: Map<string, string>;
};

/** The replicas of one replay and what came of its commits. */
export class HistoryRun {
  readonly strategy: Strategy;
  readonly run: StrategyRun;
  readonly book: OperationBook = new OperationBook();
  readonly judge: Judge;
  readonly paths: PathKeys = new PathKeys();
  readonly lines: readonly Line[];
  /** What each operation wrote. */
  readonly contents: (string | null)[] = [];
  readonly anomalies: HistoryAnomaly[] = [];
  readonly events = { writes: 0, deletes: 0 };
  readonly met: Record<ConflictKind, number> = { 'write-vs-write': 0, 'same-value': 0, 'delete-vs-write': 0 };
  readonly shown: Record<ConflictKind, number> = { 'write-vs-write': 0, 'same-value': 0, 'delete-vs-write': 0 };
  readonly cost = { exchanges: 0, records: 0, needless: 0, bytes: 0 };
  /** Reads by the number of values they showed. */
  readonly siblings: number[] = [];
  commits = 0;
  merges = 0;
  settled = 0;
  refused = 0;
  tombstonesMost = 0;
  timeMs = 0;
  readonly #toldBy: ToldBy;
  #occasion: Occasion = 'own write';
  /** The commit that writes an operation, and the one being made. */
  readonly #commits: string[] = [];
  #commit = '';
  readonly #keys = new Set<string>();

  constructor(strategy: Strategy, replicas: number, toldBy: ToldBy) {
    this.strategy = strategy;
    this.#toldBy = toldBy;
    this.run = strategy.begin();
    const members = Array.from({ length: replicas }, (_, at) => `r${at + 1}`);
    const now = (): number => this.timeMs;
    this.lines = members.map((name, index) => ({
      replica: this.run.create({ index, name, life: 0, members, now }),
      known: new Map<string, Known>(),
      tree: new Map<string, string>(),
    }));
    this.judge = new Judge(this.book, ({ kind, key, operation, by }) => {
      const commit = this.#commits[operation] ?? '';
      const other = by === undefined ? {} : { by: this.#commits[by] ?? '' };
      this.anomalies.push({
        ...{ kind, path: this.paths.pathOf(key), commit, ...other },
        ...{ occasion: this.#occasion, at: this.#commit },
      });
    });
  }

  make({ commit, replica, forks, learnsFrom }: Step): void {
    this.#commit = commit.id;
    this.timeMs = Math.max(0, commit.time * 1_000);
    for (const { from, to } of forks) this.#fork(this.lineAt(from), this.lineAt(to));
    const line = this.lineAt(replica);
    const wanted = new Map([...(commit.changes[0] ?? [])].map(([path, blob]) => [this.paths.keyOf(path), blob]));
    const writes = learnsFrom.length === 0 ? wanted : this.#merge(line, learnsFrom, wanted);
    this.#write(line, replica, commit, writes);
    for (const [key, blob] of wanted) {
      if (blob === null) line.tree.delete(key);
      else line.tree.set(key, blob);
    }
    // What is forgotten here need not be looked at here: others may bring it back, and are looked at when they meet.
    for (const _ of line.replica.tidy());
    this.commits += 1;
    if (learnsFrom.length > 0) this.merges += 1;
  }

  lineAt(replica: number): Line {
    const line = this.lines[replica];
    assert(line !== undefined, 'a step names a replica of the plan');
    return line;
  }

  /** Notes how many tombstones all replicas hold together. */
  sample(): void {
    const held = this.lines.reduce((sum, { replica }) => sum + replica.census().tombstones.length, 0);
    this.tombstonesMost = Math.max(this.tombstonesMost, held);
  }

  /** Both come to know what either did; the keys at which anything changed. */
  exchange(one: Line, other: Line): ReadonlySet<string> {
    const touched = new Set<string>();
    const cost: ExchangeCost = one.replica.exchange(other.replica, this.#keys, (key, isChanged, isPeerChanged) => {
      if (isChanged || isPeerChanged) touched.add(key);
    });
    this.cost.exchanges += 1;
    this.cost.records += cost.records;
    this.cost.needless += cost.needless;
    this.cost.bytes += cost.bytes;
    for (const key of new Set([...one.known.keys(), ...other.known.keys()])) {
      const mine = one.known.get(key) ?? NOTHING_KNOWN;
      const theirs = other.known.get(key) ?? NOTHING_KNOWN;
      if (mine === theirs) continue;
      const both = unite(mine, theirs);
      if (!covers(mine, theirs) || !covers(theirs, mine)) touched.add(key);
      one.known.set(key, both);
      other.known.set(key, both);
    }
    return touched;
  }

  /** From here on anomalies are first seen there. */
  during(occasion: Occasion): void {
    this.#occasion = occasion;
  }

  /** What a line shows of a key, judged. */
  look(line: Line, key: string, occasion: Occasion): Shown {
    this.during(occasion);
    const known = line.known.get(key) ?? NOTHING_KNOWN;
    const shown = this.run.show(key, line.replica.held(key));
    this.judge.judge(key, known, asContents(shown, this.book.headsOf(key, known), this.contents), this.timeMs);
    while (this.siblings.length <= shown.live.length) this.siblings.push(0);
    this.siblings[shown.live.length] = (this.siblings[shown.live.length] ?? 0) + 1;
    return shown;
  }

  /** `to` takes the place of `from`, and whoever works at either looks at what has changed. */
  #fork(from: Line, to: Line): void {
    for (const key of this.exchange(from, to)) {
      this.look(from, key, 'fork');
      this.look(to, key, 'fork');
    }
    to.tree = new Map(from.tree);
  }

  /** What the author of the merge writes, so that it has what git has. */
  #merge(line: Line, learnsFrom: readonly number[], wanted: Changes): Changes {
    const touched = new Set(wanted.keys());
    for (const other of learnsFrom) for (const key of this.exchange(line, this.lineAt(other))) touched.add(key);
    const writes = new Map<string, string | null>();
    for (const key of [...touched].sort(compareText)) {
      const heads = this.book.headsOf(key, line.known.get(key) ?? NOTHING_KNOWN).map(({ number }) => number);
      const { live, deleted, passedOver } = this.look(line, key, 'merge');
      const shown = kindOf([...live, ...deleted], this.contents);
      // Where the rule says "deleted", two deletes are shown, and no conflict.
      const isSettled = passedOver.length > 0 || (shown !== undefined && !this.strategy.showsConflicts);
      const isTold = shown !== undefined && !isSettled;
      if (isSettled) this.settled += 1;
      if (isTold) this.shown[shown] += 1;
      const kind = kindOf(heads, this.contents);
      if (kind !== undefined) this.met[kind] += 1;
      if (kind !== undefined && !isTold && this.#toldBy === 'store') continue;
      const blob = wanted.get(key) ?? (wanted.has(key) ? null : (line.tree.get(key) ?? null));
      if (kind !== undefined || (this.contents[heads[0] ?? -1] ?? null) !== blob) writes.set(key, blob);
    }
    return writes;
  }

  #write(line: Line, replica: number, { id, author }: Commit, writes: Changes): void {
    const client = `r${replica + 1}`;
    for (const [key, blob] of writes) {
      const known = line.known.get(key) ?? NOTHING_KNOWN;
      const isDelete = blob === null;
      const basis = { kind: 'shown', held: line.replica.held(key) } as const;
      if (line.replica.write({ key, operation: this.book.next, isDelete, basis, client }) === undefined) {
        this.refused += 1;
        continue;
      }
      const heads = this.book.headsOf(key, known).map(({ number }) => number);
      const operation = this.book.note({ key, isDelete, client: author, replica, at: this.timeMs }, heads);
      this.book.acknowledge(operation, this.timeMs);
      this.#keys.add(key);
      this.contents.push(blob);
      this.#commits.push(id);
      line.known.set(key, operation.past);
      this.events[isDelete ? 'deletes' : 'writes'] += 1;
    }
    for (const key of writes.keys()) this.look(line, key, 'own write');
  }
}
