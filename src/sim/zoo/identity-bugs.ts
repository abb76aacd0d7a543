/** Bugs in who a replica is: dots issued twice, incarnations that should have ended, copies nobody notices. */

import { decodeIdentity, encodeIdentity, IDENTITY_KEY } from '../../store/durable/stored-meta.ts';
import { journalOf } from '../../store/versioned-kv-store.ts';
import { alter, type Bug, inState, SMALL, under } from './bug.ts';

const CRASHES = { ...SMALL, profile: 'process' } as const;
const COPIES = { ...SMALL, profile: 'copies', replicas: 2, keys: 1 } as const;

export const IDENTITY_BUGS: readonly Bug[] = [
  {
    name: 'counter-restored-too-low',
    what: 'after a restart the last dot is issued again',
    plant: inState(({ knowledge }) => {
      knowledge.restore(knowledge.others, Math.max(0, knowledge.counter - 1), knowledge.reaped);
    }),
    draw: CRASHES,
  },
  {
    name: 'restored-backup-goes-on',
    what: 'what was copied or restored goes on under the incarnation it was copied from',
    plant: { between: { storage: (storage) => ({ ...storage, place: undefined }) } },
    draw: under(['restore', 'restore', 'cut', 'partition'], { operationsPerSecond: 20 }),
  },
  {
    name: 'unclean-stop-goes-on',
    what: 'after an unclean stop with buffered commits the incarnation goes on',
    plant: {
      between: {
        storage: (storage) => ({
          ...storage,
          commit: ({ puts, deletes }, durability) => {
            const told = puts.map(([key, value]) => (isIdentity(key) ? clean(value) : ([key, value] as const)));
            return storage.commit({ puts: told, deletes }, durability);
          },
        }),
      },
    },
    draw: under(['crash', 'crash', 'crash', 'cut'], { operationsPerSecond: 30, set: { durability: 'buffered' } }),
  },
  {
    name: 'copy-is-not-noticed',
    what: 'an id that is in use twice is not given up',
    plant: {
      onStore: (store) => {
        const journal = journalOf(store);
        if (journal === undefined) return;
        alter(journal, 'hasLived', () => () => true);
        alter(journal, 'renew', () => () => Promise.resolve());
      },
    },
    draw: COPIES,
  },
  {
    name: 'forged-dots-are-believed',
    what: 'what others know of this id beyond its own counter is taken in',
    plant: inState((state) => {
      alter(state, 'refuseForgedDots', () => () => undefined);
      alter(state.knowledge, 'isAheadOfMe', () => () => false);
    }),
    draw: COPIES,
  },
];

function isIdentity(key: Uint8Array): boolean {
  return key.length === IDENTITY_KEY.length && key.every((byte, at) => byte === IDENTITY_KEY[at]);
}

function clean(sealed: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return encodeIdentity({ ...decodeIdentity(sealed), isClean: true });
}
