/**
 * Opens what `cairn serve` runs, and ends it: the store, the replica over it, the HTTP interface and the door for peers
 * on one port. Knows nothing of processes and signals.
 */

import { join } from 'node:path';
import type { Value } from '../../codec/value.ts';
import { InvariantError } from '../../errors.ts';
import { openReplica, type Replica } from '../../replica/replica.ts';
import { createHttpHandler, type HttpHandler } from '../../server/handler.ts';
import { refuseUpgrade } from '../../server/hang-up.ts';
import { type HttpServer, nodeHost, serveHttp } from '../../server/node-server.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { StorageEngine } from '../../storage/storage.ts';
import { nameOf } from '../../store/membership.ts';
import { openStore } from '../../store/open-store.ts';
import { nodeWebSocketTransport } from '../../transport/websocket-node.ts';
import { CommandError } from '../command.ts';
import { engineFor, engineIn } from '../store-engine.ts';
import { REPLICATE_PATH } from './addresses.ts';
import { eventLogger, logReport } from './event-log.ts';
import { errorFields, type Log } from './log.ts';
import { DOOR, PeerDoor } from './peer-door.ts';
import { checkQuorum, type Plan, serverTls } from './plan.ts';

/** A replica that serves. */
export type Serving = {
  readonly id: string;
  readonly name: string;
  /** Of the HTTP interface, and where peers link. */
  readonly url: string;
  readonly peerUrl: string;
  /** Says so in /readyz, waits for peers and for requests under way, closes. */
  readonly close: () => Promise<void>;
};

/** How long requests may take that are under way when the replica has closed. */
const LAST_REQUESTS_MS = 2_000;

/** Throws: CommandError, STORAGE_LOCKED and others; LINK_FAILED when it cannot listen. Then nothing stays open. */
export async function openServing(plan: Plan, log: Log, onDefect: (error: unknown) => void): Promise<Serving> {
  const { settings, tls, place } = plan;
  const door = new PeerDoor(
    nodeWebSocketTransport({
      origins: settings.httpOrigin,
      tls:
        tls === undefined
          ? {}
          : { cert: tls.cert, key: tls.key, ...(tls.peerCa === undefined ? {} : { ca: tls.peerCa }) },
    }),
    tls?.peerCa !== undefined,
  );
  const replica = await openReplicaOf(plan, log, door);
  try {
    const handler = await handlerOf(plan, log, replica, onDefect);
    const http = await serveHttp({
      ...{ handler, host: place.host, port: place.port, hosts: settings.httpHost, isInsecure: settings.insecure },
      ...(tls === undefined ? {} : { tls: serverTls(tls) }),
      // The door listens to the server itself, and answers what is meant for it while it is open.
      onUpgrade: (request, socket) => {
        if (request.url?.split('?', 1)[0] !== REPLICATE_PATH) refuseUpgrade(socket, 404);
        else if (!door.isOpen) refuseUpgrade(socket, 503);
      },
    });
    const peerUrl = `${http.url.replace(/^http/, 'ws')}${REPLICATE_PATH}`;
    door.open(http.server, peerUrl);
    const { id, name } = replica;
    return { id, name, url: http.url, peerUrl, close: () => end(settings.drainMs, handler, replica, http) };
  } catch (error) {
    await replica.close({ drainMs: 0 });
    throw error;
  }
}

async function openReplicaOf(plan: Plan, log: Log, door: PeerDoor): Promise<Replica<Value>> {
  const { settings, sources, peers, judge, peerToken } = plan;
  const { data, engine, name, members, n, r, w, sloppy, timeoutMs, exchangeEveryMs, reapEveryMs } = settings;
  const isThere = data !== undefined && engineIn(data) !== undefined;
  const chosen = name ?? (isThere ? undefined : plan.newName);
  const storageAt = (directory: string): StorageEngine =>
    engine === 'memory' ? memoryStorage() : engineFor(directory, engine);
  const store = await plainly(() =>
    openStore<Value>({
      ...(chosen === undefined ? {} : { name: chosen }),
      ...(members === undefined ? {} : { members }),
      ...(data === undefined || engine === 'memory'
        ? {}
        : { storage: storageAt(data), durability: settings.durability }),
      onReport: (report) => logReport(log, report),
    }),
  );
  try {
    if (members !== undefined && !members.includes(store.name))
      throw new CommandError(
        `Cannot serve as ${JSON.stringify(store.name)}: it is not among the members ${members.join(', ')}`,
      );
    // One that was retired does not know how many there will be when it is joined again.
    const names = [...new Set(store.members().map(nameOf))];
    if (names.includes(store.name)) checkQuorum(settings, sources, names);
  } catch (error) {
    await store.close();
    throw error;
  }
  return plainly(() =>
    openReplica<Value>({
      ...{ store, transports: [door], listen: [DOOR], peers, authenticate: judge, keyspace: settings.keyspace },
      group: { r, w, timeoutMs, isSloppy: sloppy, ...(n === undefined ? {} : { n }) },
      hints: { storage: storageAt(join(data ?? '', 'hints')) },
      limits: { exchangeEveryMs, reapEveryMs },
      onEvent: eventLogger(log),
      ...(peerToken === undefined ? {} : { token: peerToken }),
    }),
  );
}

function handlerOf(
  { settings, httpTokens }: Plan,
  log: Log,
  replica: Replica<Value>,
  onDefect: (error: unknown) => void,
): Promise<HttpHandler> {
  const { requestsPerSecond, logLevel, httpOrigin } = settings;
  return createHttpHandler({
    ...{ replica, host: nodeHost, origins: httpOrigin },
    ...(httpTokens === undefined ? {} : { tokens: httpTokens }),
    limits:
      requestsPerSecond === undefined ? {} : { requestsPerSecond, requestsBurst: Math.max(10, 2 * requestsPerSecond) },
    onError: (error) => {
      log.error('request-failed', errorFields(error));
      if (error instanceof InvariantError) onDefect(error);
    },
    // Most replicas have nobody who reads this.
    ...(logLevel === 'debug' ? { onAnswer: (answered) => log.debug('answered', answered) } : {}),
  });
}

/** First whoever asks is told, then peers get what was written, and last the door is shut. */
async function end(drainMs: number, handler: HttpHandler, replica: Replica<Value>, http: HttpServer): Promise<void> {
  handler.close();
  await replica.close({ drainMs });
  await http.close({ drainMs: Math.min(drainMs, LAST_REQUESTS_MS) });
}

/** What does not fit the store that is there is a refusal, and its sentence says all there is to say. */
async function plainly<R>(step: () => Promise<R>): Promise<R> {
  try {
    return await step();
  } catch (error) {
    const isRefusal = error instanceof TypeError || error instanceof RangeError;
    if (isRefusal && /^Cannot (open|use) /.test(error.message)) throw new CommandError(error.message);
    throw error;
  }
}
