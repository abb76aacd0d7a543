/**
 * What a replay found, as data: the type, its JSON form, and the comparison with expected figures (an oracle over sets
 * of ancestors, or git itself). Knows nothing of how the figures were made or are shown.
 */

import type { LastWriterWinsLosses } from './last-writer-wins.ts';
import type { MetadataBytes } from './metadata.ts';

/** What met at a merge: different contents, equal ones (two deletes are equal too), or a delete and a content. */
export type ConflictKind = 'write-vs-write' | 'same-value' | 'delete-vs-write';
export const CONFLICT_KINDS: readonly ConflictKind[] = ['write-vs-write', 'same-value', 'delete-vs-write'];

/** The conflicts that one merge met, path → kind, paths sorted. */
export type MergeConflicts = { readonly merge: string; readonly conflicts: ReadonlyMap<string, ConflictKind> };

/** The exchanges that went one way: by equality alone, by difference, … */
export type ExchangeCount = {
  readonly mode: string;
  readonly exchanges: number;
  readonly records: number;
  readonly bytes: number;
};

export type ReplayResult = {
  readonly commits: number;
  readonly merges: number;
  readonly events: { readonly writes: number; readonly deletes: number };
  readonly conflicts: { readonly [kind in ConflictKind]: number };
  /** Merges that met a conflict, in the order of the history. */
  readonly perMerge: readonly MergeConflicts[];
  readonly headLive: number;
  readonly headDeleted: number;
  /** SHA-256 of the head's `path TAB blob` lines, sorted, joined by newlines. */
  readonly headDigest: string;
  /** Commits without a child; more than one means branches that were never merged. */
  readonly tips: number;
  readonly replicas: number;
  readonly exchanges: readonly ExchangeCount[];
  /** Of the live keys at the head. */
  readonly metadataBytes: MetadataBytes;
  /** Records of the head replica that hold nothing but tombstones, when every replica has met it. */
  readonly tombstones: { readonly before: number; readonly after: number };
  readonly lastWriterWins: LastWriterWinsLosses;
  /** Commits that an earlier run had done; 0 for a replay in memory. */
  readonly continuedFrom: number;
  readonly timeMs: number;
};

/** What an expectation holds: the part of a result that depends on the history alone. */
export type Expected = { readonly [figure: string]: unknown };

/** Plain data for JSON.stringify. */
export function resultToJson(result: ReplayResult): { readonly [field: string]: unknown } {
  return {
    ...result,
    // fromEntries defines fields, so that a path called `__proto__` is one like any other.
    perMerge: result.perMerge.map(({ merge, conflicts }) => ({ merge, conflicts: Object.fromEntries(conflicts) })),
  };
}

/** Throws: SyntaxError for what is not JSON, TypeError for what is no object. */
export function parseExpected(text: string): Expected {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TypeError('Cannot verify: the expected figures are no object');
  return Object.fromEntries(Object.entries(parsed));
}

/** Every difference as a sentence, in the order of the figures; none when the result equals what was expected. */
export function differencesFrom(expected: Expected, result: ReplayResult): string[] {
  const differences: string[] = [];
  const compare = (name: string, want: unknown, got: unknown): void => {
    if (want !== got) differences.push(`${name}: expected ${show(want)}, got ${show(got)}`);
  };
  for (const name of ['commits', 'merges', 'headLive', 'headDeleted', 'headDigest'] as const)
    compare(name, expected[name], result[name]);
  const events = fields(expected['events']);
  compare('events.writes', events.get('writes'), result.events.writes);
  compare('events.deletes', events.get('deletes'), result.events.deletes);
  const conflicts = fields(expected['conflicts']);
  for (const kind of CONFLICT_KINDS) compare(`conflicts.${kind}`, conflicts.get(kind), result.conflicts[kind]);
  compareMerges(expected['perMerge'], result.perMerge, compare);
  return differences;
}

function compareMerges(
  want: unknown,
  got: readonly MergeConflicts[],
  compare: (name: string, want: unknown, got: unknown) => void,
): void {
  const expected = Array.isArray(want) ? want.map((merge) => fields(merge)) : [];
  compare('perMerge, merges with conflicts', expected.length, got.length);
  const gotById = new Map(got.map(({ merge, conflicts }) => [merge, conflicts]));
  const known = new Set<unknown>();
  for (const [at, merge] of expected.entries()) {
    const id = String(merge.get('merge'));
    known.add(id);
    compare(`perMerge[${at}].merge`, id, got[at]?.merge);
    const found: ReadonlyMap<string, unknown> = gotById.get(id) ?? new Map();
    const wanted = fields(merge.get('conflicts'));
    for (const path of new Set([...wanted.keys(), ...found.keys()]))
      compare(`merge ${id}, ${path}`, wanted.get(path), found.get(path));
  }
  for (const { merge } of got) if (!known.has(merge)) compare(`merge ${merge}`, undefined, 'conflicts');
}

function fields(input: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof input === 'object' && input !== null ? Object.entries(input) : []);
}

function show(figure: unknown): string {
  return figure === undefined ? 'nothing' : JSON.stringify(figure);
}
