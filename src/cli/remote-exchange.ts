/**
 * An exchange of the store in a directory with a running replica: for a moment the directory is a replica of its own,
 * which links with that one, exchanges until both are equal, and closes.
 */

import { readFile } from 'node:fs/promises';
import { openReplica, type Replica } from '../replica/replica.ts';
import type { ReplicaEvent } from '../replica/replica-types.ts';
import { nodeWebSocketTransport } from '../transport/websocket-node.ts';
import { option } from './arguments.ts';
import { CommandError, type Invocation } from './command.ts';
import { secretOf } from './remote.ts';
import { replicateAddress } from './serve/addresses.ts';
import { type OpenOptions, withStore } from './store-directory.ts';

export type RemoteExchange = {
  readonly peer: string;
  readonly exchanges: number;
  readonly records: number;
  readonly bytes: number;
};

/** So often is exchanged until one finds both equal: a replica that is written to may never be. */
const EXCHANGES_MAX = 5;
const DRAIN_MS = 60_000;
const NEVER_MS = 2 ** 31 - 1;

/** Throws: CommandError with the reason, when there is no link or an exchange fails. */
export async function exchangeWithRemote(
  directory: string,
  address: string,
  invocation: Invocation,
  options: OpenOptions = {},
): Promise<RemoteExchange> {
  const token = await secretOf(invocation);
  const transport = nodeWebSocketTransport({ tls: await tlsOf(invocation) });
  const url = replicateAddress(address);
  return withStore(directory, options, async (store, _storage, undo) => {
    const course = new Course(url);
    const replica = await openReplica<unknown>({
      ...{ store, transports: [transport], peers: [url], keyspace: option(invocation, 'keyspace') ?? '' },
      ...(token === undefined ? {} : { token }),
      // It is here for one exchange, and has no business with tombstones, nor with being dialled again.
      limits: { reapEveryMs: NEVER_MS, exchangeEveryMs: NEVER_MS, redialMs: NEVER_MS, redialMaxMs: NEVER_MS },
      onEvent: (event) => course.take(event),
    });
    try {
      return await meet(replica, course);
    } catch (error) {
      await undo(error);
      throw error;
    } finally {
      await replica.close({ drainMs: DRAIN_MS });
    }
  });
}

async function meet(replica: Replica<unknown>, course: Course): Promise<RemoteExchange> {
  await course.next();
  let exchanges = 1;
  while (!course.isEqual && exchanges < EXCHANGES_MAX) {
    const next = course.next();
    await Promise.all([replica.exchangeAll(), next]);
    exchanges += 1;
  }
  const { bytesSent, bytesReceived } = (await replica.status()).counters;
  return { peer: course.peer, exchanges, records: course.records, bytes: bytesSent + bytesReceived };
}

/** What happens to the link, for whoever waits for the next exchange. */
class Course {
  peer = '';
  records = 0;
  isEqual = false;
  readonly #url: string;
  #waiting: { readonly resolve: () => void; readonly reject: (why: Error) => void } | undefined;
  #failure: CommandError | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  next(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  take(event: ReplicaEvent): void {
    switch (event.kind) {
      case 'peer-connected':
        this.peer = event.peer;
        return;
      case 'exchanged':
        this.records += event.records;
        this.isEqual = event.mode === 'equal';
        this.#waiting?.resolve();
        return;
      case 'dial-failed':
      case 'exchange-failed':
      case 'peer-lost':
      case 'peer-refused':
        this.#failure ??= new CommandError(`Cannot exchange with ${this.#url}: ${event.why}`);
        this.#waiting?.reject(this.#failure);
    }
  }
}

async function tlsOf(invocation: Invocation): Promise<{ readonly [field: string]: Buffer }> {
  const files = { cert: 'tls-cert', key: 'tls-key', ca: 'peer-ca' };
  const read = Object.entries(files).map(async ([field, name]) => {
    const path = option(invocation, name);
    return path === undefined ? [] : [[field, await readFile(path)] as const];
  });
  return Object.fromEntries((await Promise.all(read)).flat());
}
