/**
 * Pushes between replicas, moved by hand: links are opened, chains begun, pushes drawn, delivered and answered in the
 * order a schedule says, whatever else happens meanwhile. A push that was taken in taught its receiver exactly what its
 * sender knew when it was drawn; one that was not, nothing.
 */

import { DotSet } from '../../clock/dot-set.ts';
import { seenBy } from '../../store/membership.ts';
import { stateOf } from '../../store/versioned-kv-store.ts';
import { broken, checkIssuedNothing, checkShown, issuedBy } from './checks.ts';
import { exchangeBoth } from './exchanges.ts';
import { follow } from './links.ts';
import type { PushStep } from './steps.ts';
import { Way } from './ways.ts';
import { type Held, type Known, World } from './world.ts';

type WorldWay = Way<Held, Known>;
type Ends = { readonly from: number; readonly to: number; readonly lane: number };

/** Exchanges that one pumping may need, when chains are lost. */
const EXCHANGES_MAX = 3;
const TURNS_MAX = 200;

/** Does one thing on a link; nothing where there is no such link. Throws: ScheduleFailure. */
export async function applyPush(world: World, step: PushStep): Promise<readonly number[]> {
  const { a, b, lane, act } = step;
  if (a === b) return [];
  const ends: Ends = { from: a, to: b, lane };
  if (act === 'connect') {
    await connect(world, ends);
    return [a, b];
  }
  const way = wayOf(world, ends);
  if (way === undefined) return [];
  const issued = issuedBy(world, [a, b]);
  await move(world, ends, way, act);
  checkIssuedNothing(world, issued, 'a push');
  return [a, b];
}

async function move(world: World, ends: Ends, way: WorldWay, act: PushStep['act']): Promise<void> {
  switch (act) {
    case 'connect':
      return;
    case 'start':
      begin(world, ends);
      return;
    case 'draw':
      await draw(world, ends, way, ['now', 'later']);
      return;
    case 'draw now':
      await draw(world, ends, way, ['now']);
      return;
    case 'deliver':
      await deliver(world, ends, way);
      return;
    case 'answer':
      answer(world, ends, way);
      return;
    case 'deliver and expire':
      await deliver(world, ends, way, true);
      return;
    case 'draw and answer': {
      const drawn = draw(world, ends, way, ['now', 'later']);
      while (answer(world, ends, way));
      await drawn;
      return;
    }
    case 'expire':
      if (way.waiting === undefined) return;
      world.coverage.note('push expired');
      await way.receiver.expire(way.waiting);
      way.waiting = undefined;
      await settleGiven(world, ends, way);
      return;
    case 'retry':
      if (world.store(ends.to) !== way.to) return cut(world, ends);
      await way.receiver.retry();
      await settleGiven(world, ends, way);
      return;
    case 'cut':
      return cut(world, ends);
    case 'pump':
      await pump(world, [ends, { from: ends.to, to: ends.from, lane: ends.lane }]);
      return;
  }
}

/** Opens a link, or goes on with the one there is: an exchange, then chains both ways. */
async function connect(world: World, { from, to, lane }: Ends): Promise<void> {
  const back: Ends = { from: to, to: from, lane };
  await exchangeBoth(world, from, to, false);
  for (const ends of [{ from, to, lane }, back]) {
    const old = wayOf(world, ends);
    if (old !== undefined && isWhole(world, ends, old)) continue;
    cut(world, ends);
    for (const { from: one, to: other } of [ends, { from: ends.to, to: ends.from }]) {
      const isExpected = (id: string): boolean => isReached(world, id, other);
      world.ways.set(keyOf({ from: one, to: other, lane }), new Way(world.store(one), world.store(other), isExpected));
    }
  }
  begin(world, { from, to, lane });
  begin(world, back);
}

/** Begins a chain with what the peer is known to have. */
function begin(world: World, ends: Ends): void {
  const way = wayOf(world, ends);
  if (way === undefined) return;
  if (!isWhole(world, ends, way)) {
    cut(world, ends);
    return;
  }
  const base = seenBy(stateOf(way.from).membership, way.to.id) ?? DotSet.empty;
  if (way.sender.isActive) world.coverage.note('push chain went on');
  way.sender.start(base);
}

async function draw(world: World, ends: Ends, way: WorldWay, dues: readonly string[]): Promise<boolean> {
  if (!isWhole(world, ends, way)) {
    cut(world, ends);
    return false;
  }
  if (!way.sender.hasRoom || !dues.includes(way.sender.due())) return false;
  const frame = await way.draw(() => new Map(world.keys.map((key) => [key, world.model(ends.from).knows(key)])));
  if (frame?.hides === true) world.coverage.note('push hid something');
  return frame !== undefined;
}

/** The oldest push arrives; also when its sender is gone, which the receiver does not know yet. */
async function deliver(world: World, ends: Ends, way: WorldWay, expires = false): Promise<boolean> {
  if (world.store(ends.to) !== way.to) {
    cut(world, ends);
    return false;
  }
  const frame = way.frames.shift();
  if (frame === undefined) return false;
  if (world.store(ends.from) !== way.from) world.coverage.note('push after its sender');
  const { membership } = stateOf(way.to);
  const before = seenBy(membership, way.fromId);
  const taken = way.receiver.take(frame.bytes);
  if (expires) await way.receiver.expire(way.waiting ?? frame.number);
  await taken;
  await settleGiven(world, ends, way);
  const after = seenBy(membership, way.fromId);
  if (after !== undefined) {
    const gained = before === undefined ? after : after.minus(before);
    world.heard.set(way.to, world.heard.get(way.to)?.union(gained) ?? gained);
  }
  if (way.waiting === frame.number) world.coverage.note('push waited');
  return true;
}

/** Follows in the model what the receiver says to have taken in. */
async function settleGiven(world: World, { from, to, lane }: Ends, way: WorldWay): Promise<void> {
  const taken: Known[] = [];
  const waited = way.waiting;
  for (const { answer: given, frame } of way.takeGiven()) {
    if (given.kind === 'want') world.coverage.note('push wanted');
    if (given.kind === 'lost') world.coverage.note('push lost');
    if (given.kind === 'lost' && given.why.includes('reaped')) world.coverage.note('push refused for a fence');
    if (given.kind !== 'ack') continue;
    // What a peer has pushed it has: that need not be told to it.
    if (world.store(from) === way.from) wayOf(world, { from: to, to: from, lane })?.sender.heard(given.seen);
    if (frame === undefined) return broken('L6', `${World.nameOf(to)} took in a push that nobody sent`);
    taken.push(frame.known);
    if (given.number === waited) world.coverage.note('push went on');
    world.coverage.note('push');
    if (frame.hasResidual) world.coverage.note('push carried a residual');
    if (frame.shown.some(({ id }) => id !== way.fromId && !id.startsWith('!'))) world.coverage.note('push was relayed');
  }
  const moments = new Map(world.keys.map((key) => [key, taken.map((known) => known.get(key) ?? new Set<string>())]));
  await follow(world, to, moments);
  for (const [key, known] of taken.at(-1) ?? []) {
    if (world.collided.has(key)) world.model(to).receive(key, known);
    const lacking = [...known].filter((name) => !world.model(to).knows(key).has(name));
    if (lacking.length > 0)
      broken(
        'L4',
        `${World.nameOf(to)} took in a push of ${World.nameOf(from)} and lacks ${lacking.join(', ')} of ${JSON.stringify(key)}`,
      );
  }
  await checkShown(world, to);
}

/** The oldest answer arrives. */
function answer(world: World, ends: Ends, way: WorldWay): boolean {
  if (world.store(ends.from) !== way.from) {
    cut(world, ends);
    return false;
  }
  const next = way.answers.shift();
  if (next === undefined) return false;
  if (next.kind === 'ack') way.sender.acked(next.number);
  else if (next.kind === 'want') way.sender.wanted(next.number);
  else way.sender.stop();
  return true;
}

/** Moves everything on these ways until nothing is left to be told; exchanges where a chain was lost. */
export async function pump(world: World, all: readonly Ends[], exchangesMax: number = EXCHANGES_MAX): Promise<number> {
  let exchanges = 0;
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    let isBusy = false;
    // First everybody tells of its own, as links do that nothing holds up: else two would wait for each other's.
    for (const ends of all) {
      const way = wayOf(world, ends);
      if (way !== undefined) isBusy = (await draw(world, ends, way, ['now', 'later'])) || isBusy;
    }
    for (const ends of all) {
      const way = wayOf(world, ends);
      if (way === undefined || !isWhole(world, ends, way)) continue;
      while (await deliver(world, ends, way)) isBusy = true;
      await way.receiver.retry();
      await settleGiven(world, ends, way);
      while (answer(world, ends, way)) isBusy = true;
      if (!way.sender.isActive && exchanges < exchangesMax) {
        exchanges++;
        await connect(world, ends);
        isBusy = true;
      }
    }
    if (isBusy) continue;
    for (const ends of all) {
      const way = wayOf(world, ends);
      if (way?.waiting === undefined) continue;
      isBusy = true;
      await move(world, ends, way, 'expire');
    }
    if (!isBusy) return exchanges;
  }
  return broken('L14', 'pushes never fall silent');
}

/** Connects everybody with everybody, and gives all ways. */
export async function connectAll(world: World): Promise<readonly Ends[]> {
  world.ways.clear();
  const all: Ends[] = [];
  for (let from = 0; from < world.stores.length; from++) {
    for (let to = from + 1; to < world.stores.length; to++) {
      await connect(world, { from, to, lane: 0 });
      all.push({ from, to, lane: 0 }, { from: to, to: from, lane: 0 });
    }
  }
  return all;
}

function cut(world: World, { from, to, lane }: Ends): void {
  world.ways.delete(keyOf({ from, to, lane }));
  world.ways.delete(keyOf({ from: to, to: from, lane }));
}

/** Whether both ends are still what they were when the link was opened. */
function isWhole(world: World, { from, to }: Ends, way: WorldWay): boolean {
  return world.store(from) === way.from && world.store(to) === way.to;
}

/** Whether the author of this id has a link to the replica. */
function isReached(world: World, id: string, to: number): boolean {
  return [...world.ways.values()].some((way) => way.to === world.stores[to] && way.from.id === id);
}

function wayOf(world: World, ends: Ends): WorldWay | undefined {
  return world.ways.get(keyOf(ends));
}

function keyOf({ from, to, lane }: Ends): string {
  return `${from}>${to}/${lane}`;
}
