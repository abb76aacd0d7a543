/**
 * What struck in many runs: how often each kind of fault, and in how many runs each two of them. A fault that never
 * struck was not tested, however often it was planned; and many defects need two.
 */

/** Every name under which a fault is counted when it strikes. */
export const FAULT_KINDS: readonly string[] = [
  ...['crash', 'crash within', 'power cut', 'pause', 'forget', 'restore', 'clone', 'living copy'],
  ...['former release', 'newer release'],
  ...['clock stepped', 'clock stopped', 'clock a year off'],
  ...['full disk', 'slow disk', 'failing sync', 'read error', 'bit rot', 'silent loss', 'former bytes'],
  ...['unsynced tail lost', 'reordered writes', 'torn write', 'commit kept in a crash'],
  ...['cut', 'cut one way', 'partition', 'bridge', 'flap', 'hold', 'filter', 'storm', 'loss', 'duplicate', 'reorder'],
  ...['join', 'retire', 'replace', 'forced reap', 'stale record'],
];

/** Coverage as data, so that it can go from process to process. `runs`: in how many it struck. */
export type CoverageData = {
  readonly kinds: readonly (readonly [kind: string, times: number, runs: number])[];
  readonly pairs: readonly (readonly [one: string, other: string, runs: number])[];
};

type Kind = { times: number; runs: number };

/** Counts faults over runs. */
export class Coverage {
  readonly #kinds = new Map<string, Kind>();
  /** By the two kinds in order. */
  readonly #pairs = new Map<string, Map<string, number>>();

  /** A run ended, in which these struck. */
  add(struck: ReadonlyMap<string, number>): void {
    const kinds = [...struck.keys()].sort();
    for (const kind of kinds) this.#count(kind, struck.get(kind) ?? 0, 1);
    for (const [at, one] of kinds.entries()) for (const other of kinds.slice(at + 1)) this.#countPair(one, other, 1);
  }

  /** What was counted elsewhere. */
  merge({ kinds, pairs }: CoverageData): void {
    for (const [kind, times, runs] of kinds) this.#count(kind, times, runs);
    for (const [one, other, runs] of pairs) this.#countPair(one, other, runs);
  }

  /** All of it, in order: the kinds that are known, then others, if there are. */
  toData(): CoverageData {
    const kinds = [...new Set([...FAULT_KINDS, ...[...this.#kinds.keys()].sort()])];
    return {
      kinds: kinds.map((kind) => [kind, this.times(kind), this.#kinds.get(kind)?.runs ?? 0]),
      pairs: kinds.flatMap((one, at) =>
        kinds.slice(at + 1).map((other) => [one, other, this.together(one, other)] as const),
      ),
    };
  }

  /** How often it struck. */
  times(kind: string): number {
    return this.#kinds.get(kind)?.times ?? 0;
  }

  /** In how many runs both struck. */
  together(one: string, other: string): number {
    const [first, second] = one < other ? [one, other] : [other, one];
    return this.#pairs.get(first)?.get(second) ?? 0;
  }

  #count(kind: string, times: number, runs: number): void {
    const before = this.#kinds.get(kind) ?? { times: 0, runs: 0 };
    this.#kinds.set(kind, { times: before.times + times, runs: before.runs + runs });
  }

  #countPair(one: string, other: string, runs: number): void {
    const [first, second] = one < other ? [one, other] : [other, one];
    const of = this.#pairs.get(first) ?? new Map<string, number>();
    this.#pairs.set(first, of.set(second, (of.get(second) ?? 0) + runs));
  }
}
