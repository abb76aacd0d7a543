/**
 * An exchange driven frame by frame, with other steps in between, and cut off after some frames. What each side took in
 * by then is read off its context, key by key, and must be what the other side knew at some moment since the start.
 */

import { ExchangeSide } from '../../repair/exchange-side.ts';
import { broken, checkShown } from './checks.ts';
import type { Step } from './steps.ts';
import { World } from './world.ts';

type InterruptStep = Extract<Step, { readonly do: 'interrupt' }>;

/** What each of the two replicas knew of each key, at every moment since the start. */
type Moments = Map<number, Map<string, ReadonlySet<string>[]>>;

/** Runs the exchange and the steps in between. Throws: ScheduleFailure. */
export async function interruptedExchange(
  world: World,
  step: InterruptStep,
  apply: (inner: Step) => Promise<readonly number[]>,
): Promise<readonly number[]> {
  const { a, b, oneWay, frameBytesMax, visibleMax: visibleAtOnceMax, frames: framesMax, between } = step;
  const [first, second] = oneWay ? [b, a] : [a, b];
  const limits = { frameBytesMax, visibleAtOnceMax };
  const direction = oneWay ? 'take' : 'both';
  const [idOne, idTwo] = [world.store(first).id, world.store(second).id];
  const one = new ExchangeSide(world.store(first), { ...limits, role: 'initiator', peer: idTwo, direction });
  const two = new ExchangeSide(world.store(second), {
    ...limits,
    role: 'responder',
    ...(oneWay ? {} : { peer: idOne }),
  });
  const toTwo = [...one.start()];
  const toOne = [...two.start()];
  const moments: Moments = new Map([a, b].map((at) => [at, new Map()]));
  remember(world, moments);

  const touched = new Set([a, b]);
  let done = 0;
  for (let isOnesTurn = false; done < framesMax && toOne.length + toTwo.length > 0; isOnesTurn = !isOnesTurn) {
    const frame = isOnesTurn ? toOne.shift() : toTwo.shift();
    if (frame === undefined) continue;
    if (isOnesTurn) {
      toTwo.push(...one.receive(frame));
      await follow(world, first, moments.get(second));
    } else {
      toOne.push(...two.receive(frame));
      await follow(world, second, moments.get(first));
    }
    done++;
    for (const { after, step: inner } of between) {
      if (after !== done) continue;
      for (const at of await apply(inner)) {
        touched.add(at);
        checkShown(world, at);
      }
    }
    remember(world, moments);
  }
  return [...touched];
}

/** Brings the model of `at` to what production has taken in from the peer. */
async function follow(
  world: World,
  at: number,
  peer: ReadonlyMap<string, readonly ReadonlySet<string>[]> | undefined,
): Promise<void> {
  const model = world.model(at);
  for (const key of world.keys) {
    const { context } = await world.store(at).record(key);
    const known = model.knows(key);
    const fresh = world.operations.of(key).filter(({ name }) => {
      const { dot } = world.byName(name);
      return !known.has(name) && context.has(dot.id, dot.counter);
    });
    if (fresh.length === 0) continue;
    const isAll = (moment: ReadonlySet<string>): boolean =>
      fresh.every(({ name }) => moment.has(name)) &&
      [...moment].every((name) => known.has(name) || fresh.some((operation) => operation.name === name));
    const taken = peer?.get(key)?.find(isAll);
    if (taken === undefined && !world.collided.has(key)) {
      broken(
        'L4',
        `${World.nameOf(at)} took in ${fresh.map(({ name }) => name).join(', ')}, which its peer knew at no moment of the exchange without more`,
      );
    }
    model.receive(key, taken ?? fresh.map(({ name }) => name));
  }
  checkShown(world, at);
}

function remember(world: World, moments: Moments): void {
  for (const [at, ofKey] of moments) {
    for (const key of world.keys) {
      const known = world.model(at).knows(key);
      const list = ofKey.get(key);
      if (list === undefined) ofKey.set(key, [known]);
      else if (list.at(-1) !== known) list.push(known);
    }
  }
}
