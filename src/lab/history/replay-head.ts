/** What a replica of a replay shows at the head of the history, as figures; and that it is the tree that git has there. */

import { assert } from '../../assert.ts';
import { compareText } from '../../codec/text.ts';
import type { Version } from '../../store/record.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import { HistoryError } from './git-history.ts';
import { type MetadataBytes, metadataBytes } from './metadata.ts';
import type { PathKeys } from './path-key.ts';

type Store = VersionedKVStore<string>;

/** What a replica shows: how many paths, and their digest. */
export type Shown = { readonly headLive: number; readonly headDigest: string };

/** What the replica shows; it must be `tree`. */
export async function shownAtHead(
  store: Store,
  tree: ReadonlyMap<string, string>,
  paths: PathKeys,
): Promise<Shown & { readonly metadataBytes: MetadataBytes }> {
  for (const [key, answer] of store.entries()) {
    assert(answer.status === 'live', `key ${key} is left in conflict at the head`);
    assert(tree.get(key) === answer.value, `key ${key} differs from git's tree at the head`);
  }
  const shown = await shownBy(store, paths);
  assert(shown.headLive === tree.size, "the head lacks keys of git's tree");
  return { ...shown, metadataBytes: await metadataOf(store, tree.keys()) };
}

/** Throws: HistoryError unless the replica still shows what an earlier run found at the head. */
export async function checkStillShown(store: Store, paths: PathKeys, found: Shown): Promise<void> {
  const { headLive, headDigest } = await shownBy(store, paths);
  if (headLive === found.headLive && headDigest === found.headDigest) return;
  throw new HistoryError(
    `Cannot go on from what "${store.name}" holds: it shows ${headLive} paths, digest ${headDigest}, and not the ${found.headLive} of the head, give another directory`,
  );
}

async function shownBy(store: Store, paths: PathKeys): Promise<Shown> {
  const lines: string[] = [];
  for (const [key, answer] of store.entries())
    lines.push(`${paths.pathOf(key)}\t${answer.status === 'live' ? answer.value : 'in conflict'}`);
  return { headLive: lines.length, headDigest: await sha256(lines.sort(compareText).join('\n')) };
}

async function metadataOf(store: Store, keys: Iterable<string>): Promise<MetadataBytes> {
  const settled: [string, Version][] = [];
  for (const key of keys) for (const version of (await store.record(key)).versions) settled.push([key, version]);
  return metadataBytes(settled, store.seen);
}

/** As hexadecimal digits. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
