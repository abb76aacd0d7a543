/**
 * Keys wherever they are: of the store in a directory, or of a running replica. The commands on keys are written against
 * this and need not know which it is.
 */

import type { Answer as RemoteAnswer } from '../client/client-types.ts';
import type { Answer } from '../store/answer.ts';
import type { Written } from '../store/operations.ts';
import type { Sibling } from '../store/resolve.ts';
import { type Invocation, UsageError } from './command.ts';
import { plainly, type Remote, remoteAt } from './remote.ts';
import { isAddress } from './serve/addresses.ts';
import { loadAll, type OpenOptions, type Store, warnOfDamage, withStore } from './store-directory.ts';

/** What a key shows. A running replica tells no sibling of a single version, and no context with siblings left out. */
export type Shown = {
  readonly status: Answer<unknown>['status'];
  readonly value?: unknown;
  readonly siblings: readonly Sibling<unknown>[];
  readonly context: string | undefined;
  /** How many siblings there are, where not all are shown. */
  readonly total?: number | undefined;
};

export type Keys = {
  readonly get: (key: string) => Promise<Shown>;
  readonly put: (key: string, value: unknown, context: string | undefined) => Promise<Written>;
  readonly delete: (key: string, context: string | undefined) => Promise<Written>;
  readonly update: (key: string, change: (value: unknown) => unknown) => Promise<Written>;
  readonly conflicts: (prefix: string | undefined) => AsyncIterable<readonly [key: string, shown: Shown]>;
};

/** Lets `use` have the keys at `where`, a directory or an address. Throws: CommandError, and as the store. */
export async function withKeys<R>(
  where: string,
  invocation: Invocation,
  options: OpenOptions,
  use: (keys: Keys) => Promise<R>,
): Promise<R> {
  if (!isAddress(where)) return withStore(where, options, (store) => use(keysOfStore(store)));
  if (options.name !== undefined) throw new UsageError('Cannot use --name: the replica at an address has its name');
  const remote = await remoteAt(where, invocation);
  return plainly(() => use(keysOfRemote(remote)));
}

function keysOfStore(store: Store): Keys {
  return {
    get: (key) => store.get(key),
    put: (key, value, context) => store.put(key, value, context === undefined ? {} : { context }),
    delete: (key, context) => store.delete(key, context === undefined ? {} : { context }),
    update: (key, change) => store.update(key, change),
    conflicts: async function* (prefix) {
      warnOfDamage(await loadAll(store));
      yield* store.conflicts({ prefix });
    },
  };
}

function keysOfRemote({ client }: Remote): Keys {
  const based = (context: string | undefined): { readonly context?: string } =>
    context === undefined ? {} : { context };
  return {
    get: async (key) => shownBy(await client.get(key)),
    put: (key, value, context) => client.put(key, value, based(context)),
    delete: (key, context) => client.delete(key, based(context)),
    update: (key, change) => client.update(key, change),
    conflicts: async function* (prefix) {
      for await (const entry of client.conflicts(prefix === undefined ? {} : { prefix })) {
        yield [entry.key, shownBy(entry)] as const;
      }
    },
  };
}

function shownBy(answer: RemoteAnswer<unknown>): Shown {
  const { status, context } = answer;
  if (status === 'conflict') return { status, context, siblings: answer.siblings, total: answer.total };
  return { status, context, siblings: [], ...(status === 'live' ? { value: answer.value } : {}) };
}
