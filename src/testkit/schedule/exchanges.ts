/**
 * A whole exchange of two replicas, done to production and to the model. Where a disk has lost something, what each side
 * took in is read off what it knows afterwards: a damaged side teaches nothing but the records it sends.
 */

import { exchangeModels } from '../../model/oracle.ts';
import { type ExchangeReport, exchange } from '../../repair/exchange-local.ts';
import { broken, checkIssuedNothing, issuedBy } from './checks.ts';
import { follow } from './links.ts';
import { World } from './world.ts';

type Moments = Map<string, ReadonlySet<string>[]>;

/** An exchange between two replicas (`b` only learns when `oneWay`). Law: L12, L14, L20. Throws: ScheduleFailure. */
export async function exchangeBoth(world: World, a: number, b: number, oneWay: boolean): Promise<ExchangeReport> {
  const issued = issuedBy(world, [a, b]);
  const [isWholeA, isWholeB] = [world.lost(a).size === 0, world.lost(b).size === 0];
  const shownBy = momentsOf(world, a, b);
  const report = await exchange(world.store(a), world.store(b), { oneWay });
  world.met(a, b);
  checkIssuedNothing(world, issued, 'an exchange');
  if (!(isWholeA && isWholeB)) {
    await follow(world, b, shownBy.a);
    if (!oneWay) await follow(world, a, shownBy.b);
    if (report.mode !== 'equal' && isWholeA) checkRefilled(world, b, shownBy.a);
    if (report.mode !== 'equal' && isWholeB && !oneWay) checkRefilled(world, a, shownBy.b);
  } else if (oneWay) {
    world.model(b).learnFrom(world.model(a));
  } else {
    exchangeModels(world.model(a), world.model(b));
  }
  return report;
}

/** What each of two replicas knew before, and what they may come to know together. */
function momentsOf(world: World, a: number, b: number): { readonly a: Moments; readonly b: Moments } {
  const moments = { a: new Map(), b: new Map() };
  for (const key of world.keys) {
    const [ofA, ofB] = [world.model(a).knows(key), world.model(b).knows(key)];
    const both = new Set([...ofA, ...ofB]);
    moments.a.set(key, [ofA, both]);
    moments.b.set(key, [ofB, both]);
  }
  return moments;
}

/** L20: one exchange with a peer that has lost nothing brings all that the peer had. */
function checkRefilled(world: World, at: number, moments: Moments): void {
  for (const [key, [had = new Set<string>()]] of moments) {
    const lacking = [...had].filter((name) => !world.model(at).knows(key).has(name));
    if (lacking.length > 0)
      broken(
        'L20',
        `${World.nameOf(at)} still lacks ${lacking.join(', ')} of ${JSON.stringify(key)} after an exchange`,
      );
  }
}
