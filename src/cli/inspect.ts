/** `cairn inspect`: who a store is and what it knows; or what it holds of one key, down to the bytes. */

import type { DotSet } from '../clock/dot-set.ts';
import type { Storage } from '../storage/storage.ts';
import { KIND, textKey } from '../store/durable/layout.ts';
import { stateOf } from '../store/versioned-kv-store.ts';
import { words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { formatContext } from './explanation.ts';
import { quoted, say, siblingLine, siblingToJson } from './output.ts';
import { directoryBytes, loadAll, type Store, withStore } from './store-directory.ts';
import { count } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = '', key] = words('inspect', invocation, ['DIR', '[KEY]']);
  await withStore(directory, {}, (store, storage) =>
    key === undefined ? inspectStore(invocation, store, directory) : inspectKey(invocation, store, storage, key),
  );
  return 0;
}

async function inspectStore(invocation: Invocation, store: Store, directory: string): Promise<void> {
  const damaged = await loadAll(store);
  const { knowledge, membership } = stateOf(store);
  const stats = store.stats();
  const members = store.members();
  const bytes = await directoryBytes(directory);
  const peers = [...membership.peers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, peer]) => peer);
  const { seen, reaped } = knowledge;
  const data = {
    ...{ id: store.id, name: store.name, members, seen, reaped },
    peers: peers.map(({ id, seen: had }) => ({ id, seen: had, lacks: seen.minus(had).size })),
    ...{ stats, damaged, bytes },
  };
  const behind = (had: DotSet): string => {
    const lacks = seen.minus(had).size;
    return lacks === 0 ? 'is known to have seen all of it' : `is not known to have seen ${count(lacks)} of them`;
  };
  await say(invocation, data, [
    `replica     ${store.id}`,
    `members     ${members.join(', ')}`,
    `seen        ${count(seen.size)} writes and deletes`,
    ...rangesOf(seen),
    ...(reaped.size === 0 ? [] : ['reaped up to', ...[...reaped].map(([id, counter]) => `  ${id}  ${counter}`)]),
    ...(peers.length === 0 ? [] : ['peers']),
    ...peers.map(({ id, seen: had }) => `  ${id} ${behind(had)}`),
    `keys        ${count(stats.keys)}: ${count(stats.live)} live, ${count(stats.conflicts)} in conflict, ${count(stats.tombstones)} deleted`,
    `siblings    ${count(stats.siblings)}`,
    `residuals   ${count(stats.residuals)}`,
    `reaped      ${count(stats.reaped)} stable, ${count(stats.reapedByForce)} by force`,
    `collisions  ${count(stats.collisions)}`,
    `on disk     ${count(bytes)} bytes`,
    `damaged     ${damaged.length === 0 ? 'none known; see: cairn verify' : damaged.map(quoted).join(', ')}`,
  ]);
}

async function inspectKey(invocation: Invocation, store: Store, storage: Storage, key: string): Promise<void> {
  const { status, versions, context, lost } = await store.explain(key);
  const [stored] = await storage.getMany([textKey(KIND.record, key)]);
  const storedBytes = stored?.length ?? 0;
  const residual = context.filter(({ refused }) => refused.length > 0).map(({ id, refused }) => ({ id, refused }));
  const siblings = versions.map(({ sibling }) => sibling);
  const data = { key, status, siblings: siblings.map(siblingToJson), residual, storedBytes, ...(lost && { lost }) };
  await say(invocation, data, [
    `key       ${quoted(key)}`,
    `status    ${status}`,
    ...siblings.map((sibling, at) => `${at === 0 ? 'versions' : '        '}  ${siblingLine(sibling)}`),
    `residual  ${residual.length === 0 ? 'none' : residual.map(({ id, refused }) => formatContext(id, refused)).join('; ')}`,
    `stored    ${count(storedBytes)} bytes`,
  ]);
}

function rangesOf(seen: DotSet): string[] {
  const byId = new Map<string, [number, number][]>();
  for (const [id, from, to] of seen.ranges()) {
    const ranges = byId.get(id);
    if (ranges === undefined) byId.set(id, [[from, to]]);
    else ranges.push([from, to]);
  }
  return [...byId].map(([id, ranges]) => `  ${formatContext(id, ranges)}`);
}
