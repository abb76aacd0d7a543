/**
 * Two replicas and an exchange between them whose frames a test moves one by one, records, changes or drops; and stories
 * that end in two replicas with something to tell each other.
 */

import { DotSet } from '../../src/clock/dot-set.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { ExchangeSide, type SideOptions } from '../../src/repair/exchange-side.ts';
import { encodeFrames, type Message } from '../../src/repair/messages.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { open } from '../store/replicas.ts';

export type Store = VersionedKVStore<string>;
export type Pair = readonly [a: Store, b: Store];
/** A frame on its way: `to` 0 is the initiator. */
export type Frame = { readonly to: 0 | 1; readonly bytes: Uint8Array };

export type DriveOptions = {
  readonly oneWay?: boolean;
  readonly frameBytesMax?: number;
  readonly visibleAtOnceMax?: number;
  /** Cut off after this many frames. */
  readonly framesMax?: number;
  /** Before each frame arrives; what it returns arrives instead. */
  readonly on?: (frame: Frame, at: number) => Uint8Array | Promise<Uint8Array>;
};

export type Driven = {
  readonly frames: Frame[];
  readonly one: ExchangeSide<string>;
  readonly two: ExchangeSide<string>;
};

/** An exchange of the pair, one frame at a time, the two directions taking turns. */
export async function drive([a, b]: Pair, options: DriveOptions = {}): Promise<Driven> {
  const { oneWay = false, framesMax = Number.POSITIVE_INFINITY, on, ...limits } = options;
  const [first, second] = oneWay ? [b, a] : [a, b];
  const one = new ExchangeSide(first, {
    ...limits,
    role: 'initiator',
    peer: second.id,
    direction: oneWay ? 'take' : 'both',
  });
  const two = new ExchangeSide(second, { ...limits, role: 'responder', ...(oneWay ? {} : { peer: first.id }) });
  const queues = [[], [...one.start()]] as [Uint8Array[], Uint8Array[]];
  queues[0].push(...two.start());
  const frames: Frame[] = [];
  for (let to: 0 | 1 = 1; frames.length < framesMax && queues[0].length + queues[1].length > 0; to = to === 1 ? 0 : 1) {
    const bytes = queues[to].shift();
    if (bytes === undefined) continue;
    const frame: Frame = { to, bytes };
    const arriving = on === undefined ? bytes : await on(frame, frames.length);
    frames.push(frame);
    const answers = (to === 0 ? one : two).receive(arriving);
    queues[to === 0 ? 1 : 0].push(...answers);
  }
  return { frames, one, two };
}

/** One side alone, to be given frames by hand. */
export function sideOf(store: Store, options: Partial<SideOptions> = {}): ExchangeSide<string> {
  return new ExchangeSide(store, { role: 'responder', ...options });
}

/** The one frame of a message. */
export function frameOf(message: Message): Uint8Array {
  const [frame = new Uint8Array(0)] = encodeFrames(message, 1 << 20);
  return frame;
}

/** Takes a record away behind the back of the store, as a disk might. */
export function lose(store: Store, ...keys: string[]): void {
  for (const key of keys) stateOf(store).table.set(key, { versions: [], residual: DotSet.empty });
}

/** Stories by name; each gives the same pair again. */
export const STORIES: Readonly<Record<string, () => Promise<Pair>>> = {
  'never met': async () => {
    const [a, b] = await two();
    await a.put('k', 'of a');
    await a.put('only-a', 'x');
    await b.put('k', 'of b');
    await b.put('only-b', 'y');
    await b.delete('gone');
    return [a, b];
  },
  'met before, both went on': async () => {
    const [a, b] = await met();
    await a.put('k1', 'changed by a');
    await b.put('k1', 'changed by b');
    await a.delete('k2');
    await b.put('k2', 'updated beside the delete');
    await b.delete('k3');
    await b.put('new-b', 'y');
    await a.put('k4', 'blind', { context: 'none' });
    return [a, b];
  },
  'b was away while a reaped': async () => {
    const [a, b] = await met();
    await a.delete('k1');
    await a.delete('k2');
    await a.reap({ force: true });
    await a.put('k2', 'again');
    await b.put('k1', 'beside the delete');
    await b.put('unsent', 'y');
    await a.put('new-a', 'x');
    return [a, b];
  },
  'both were away while the other reaped': async () => {
    const [a, b] = await met();
    await a.delete('k1');
    await a.reap({ force: true });
    await b.delete('k2');
    await b.reap({ force: true });
    await b.put('k3', 'changed');
    return [a, b];
  },
  'b lost records': async () => {
    const [a, b] = await met();
    await a.put('k1', 'beside', { context: 'none' });
    await exchange(a, b);
    lose(b, 'k1', 'k3');
    return [a, b];
  },
};

/** Two replicas without a past, each waiting for the other before it reaps. */
export async function two(): Promise<Pair> {
  const members = ['a', 'b'];
  return [await open<string>('a', { members }), await open<string>('b', { members })];
}

/** Two replicas that hold k1 to k4, one of them with a tombstone, and know it of each other. */
export async function met(): Promise<Pair> {
  const [a, b] = await two();
  for (const key of ['k1', 'k2', 'k3', 'k4']) await a.put(key, `value of ${key}`);
  await b.put('old', 'x');
  await exchange(a, b);
  await b.delete('old');
  await exchange(a, b);
  return [a, b];
}
