/** Bugs in quorums, sessions and answers: what one call of a group promises its caller. */

import type { Replica } from '../../replica/replica.ts';
import type { GroupAnswer, GroupWritten, PutOptions } from '../../replica/replica-types.ts';
import { alter, type Bug, SMALL, under } from './bug.ts';

const NETWORK = { ...SMALL, profile: 'network' } as const;

export const GROUP_BUGS: readonly Bug[] = [
  {
    name: 'reads-ask-one-less',
    what: 'a read of R asks R - 1',
    plant: {
      onReplica: (replica) =>
        alter(
          replica,
          'get',
          (get) =>
            (key, options = {}) =>
              get(key, { ...options, r: lessOne(options.r) }),
        ),
    },
    draw: NETWORK,
  },
  {
    name: 'writes-wait-for-one-less',
    what: 'a write of W is answered when W - 1 have it',
    plant: {
      onReplica: (replica) => eachWrite(replica, (write, options) => write({ ...options, w: lessOne(options.w) })),
    },
    draw: NETWORK,
  },
  {
    name: 'connected-counts-as-written',
    what: 'members count as having a write that they were only sent',
    plant: {
      onReplica: (replica) =>
        eachWrite(replica, async (write, options) => {
          const { w = 1 } = options;
          const written = await write({ ...options, w: 1 });
          const names = new Set([...written.durableAt, ...replica.members()]);
          return changedView(written, { durableAt: [...names].slice(0, Math.max(w, written.durableAt.length)) });
        }),
    },
    draw: NETWORK,
  },
  {
    name: 'session-is-ignored',
    what: 'a session token is not looked at',
    plant: {
      onReplica: (replica) => {
        alter(replica, 'get', (get) => (key, options) => get(key, withoutSession(options)));
        eachWrite(replica, (write, options) => write(withoutSession(options)));
      },
    },
    draw: under(['hold', 'hold', 'hold', 'cut'], { isMoving: true, set: { hasSessions: true } }),
  },
  {
    name: 'session-forgets-its-write',
    what: 'the token after a write is the one before it',
    plant: {
      onReplica: (replica) =>
        eachWrite(replica, async (write, options) => {
          const written = await write(options);
          return options.session === undefined ? written : changedView(written, { session: options.session });
        }),
    },
    draw: under(['hold', 'hold', 'hold', 'cut'], { isMoving: true, set: { hasSessions: true } }),
  },
  {
    name: 'answers-from-a-cache',
    what: 'a key that is read again shows what it showed before',
    plant: {
      onReplica: (replica) => {
        const cached = new Map<string, GroupAnswer<string>>();
        alter(replica, 'get', (get) => async (key, options) => {
          const before = cached.get(key);
          cached.delete(key);
          if (before !== undefined) return before;
          const answer = await get(key, options);
          cached.set(key, answer);
          return answer;
        });
      },
    },
    draw: SMALL,
  },
];

function lessOne(count: number | undefined): number {
  return Math.max(1, (count ?? 1) - 1);
}

function withoutSession<O extends { readonly session?: string }>(options: O | undefined): Omit<O, 'session'> {
  const { session: _session, ...others } = options ?? ({} as O); // no options are options without a session
  return others;
}

type Write = (options: PutOptions) => Promise<GroupWritten>;

/** Changes how puts and deletes are done. */
function eachWrite(
  replica: Replica<string>,
  change: (write: Write, options: PutOptions) => Promise<GroupWritten>,
): void {
  alter(
    replica,
    'put',
    (put) =>
      (key, value, options = {}) =>
        change((given) => put(key, value, given), options),
  );
  alter(
    replica,
    'delete',
    (remove) =>
      (key, options = {}) =>
        change((given) => remove(key, given), options),
  );
}

/** What a write gave back, but for some of it. */
function changedView(written: GroupWritten, changed: Partial<GroupWritten>): GroupWritten {
  const { dot, durableAt, hintedAt, context } = written;
  return { dot, durableAt, hintedAt, context, session: changed.session ?? written.session, ...changed };
}
