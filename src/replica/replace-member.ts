/** Putting one replica in the place of another on the list of members, in one commit. */

import { misuse } from '../assert.ts';
import { checkReplicaId } from '../clock/dot.ts';
import { MEMBER, memberKeyOf, RETIRED } from '../store/membership.ts';
import type { WriteOperation } from '../store/replica-state.ts';
import { journalOf, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';

/** Retires `old` and joins `by`, both by name or id. Throws: TypeError, RangeError; as a write of the store. */
export async function replaceMember<T>(store: VersionedKVStore<T>, old: string, by: string): Promise<void> {
  checkReplicaId(old);
  checkReplicaId(by);
  if (old === by) throw new TypeError(misuse(by, 'a member', 'cannot replace itself'));
  const state = stateOf(store);
  const changes: readonly WriteOperation[] = [
    { key: memberKeyOf(old), value: RETIRED, context: 'local' },
    { key: memberKeyOf(by), value: MEMBER, context: 'local' },
  ];
  const step = (): void => {
    const news = changes.filter(({ key, value }) => {
      const { versions } = state.table.record(key);
      return versions.length !== 1 || versions[0]?.value !== value;
    });
    state.whileOpen().writeAll(news);
    if (news.length > 0) state.tell(news.map(({ key }) => key));
  };
  const keys = changes.map(({ key }) => key);
  const journal = journalOf(store);
  if (journal === undefined) step();
  else await journal.write(keys, step);
}
