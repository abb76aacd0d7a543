/**
 * The steps of clients that move between replicas with the token of their session (L15): a replica either knows all that
 * the session was shown, of every key it touched, or says BEHIND; and it says so only when it has not seen something.
 */

import { CausalError } from '../../errors.ts';
import { broken, digestOf, look } from './checks.ts';
import type { Step } from './steps.ts';
import { type Held, World } from './world.ts';

const NOTHING: ReadonlySet<string> = new Set();

/** One read or write of a session at a replica. Law: L15. */
export async function applySession(
  world: World,
  step: Extract<Step, { readonly do: 'session' }>,
): Promise<readonly number[]> {
  const { at, act } = step;
  const key = world.key(step.key);
  const store = world.store(at);
  const client = world.sessions.get(step.session);
  const session = store.session(client?.token);
  const model = world.model(at);
  const before = await digestOf(world, at); // which finds what the disk has lost, so it comes before anybody looks
  const shown = await look(world, at, key);
  if (shown === undefined) return [at];
  const name = world.nextValue();
  const mayFail = shown.status === 'conflict' && (act === 'update' || world.schedule.onConflict === 'refuse');
  let held: Held | undefined;
  try {
    if (act === 'read') {
      const answer = await session.get(key);
      if (answer.context !== shown.context) broken('L15', 'a session was shown something else than its replica shows');
    } else {
      if (act === 'put') held = name;
      if (act === 'update') held = { name, from: [] };
      const written =
        act === 'delete'
          ? await session.delete(key)
          : act === 'put'
            ? await session.put(key, name)
            : await session.update(key, () => ({ name, from: [] }));
      if (mayFail) broken('L7', 'a session wrote without a context although it met a conflict');
      checkNotBehind(world, at, step.session);
      world.wrote(at, { name, key, held, context: 'local', dot: written.dot });
    }
  } catch (error) {
    if (!(error instanceof CausalError)) throw error;
    if ((await digestOf(world, at)) !== before)
      broken('L21', `a session refused with ${error.code} changed the replica`);
    if (error.code === 'CONFLICT' && mayFail && act !== 'read') return [at];
    if (error.code !== 'BEHIND') throw error;
    if (client === undefined || store.seen.covers(client.seen))
      broken('L15', `${World.nameOf(at)} says BEHIND, and has seen all that the session was shown`);
    world.coverage.note('session behind');
    return [at];
  }
  if (act === 'read') checkNotBehind(world, at, step.session);
  world.coverage.note(client === undefined || client.at === store ? 'session' : 'session moved');
  const known = new Map(client?.known).set(key, new Set([...(client?.known.get(key) ?? NOTHING), ...model.knows(key)]));
  const { context } = await store.record(key); // `seen`, and what is known of this key beyond it
  const seen = client === undefined ? context : client.seen.union(context);
  world.sessions.set(step.session, { token: session.token, at: store, seen, known });
  return [at];
}

/** The replica that served the session knew, before this step, all that the session was shown. */
function checkNotBehind(world: World, at: number, label: number): void {
  const client = world.sessions.get(label);
  for (const [key, names] of client?.known ?? []) {
    const lacking = [...names].filter((name) => !world.model(at).knows(key).has(name));
    if (lacking.length > 0)
      broken(
        'L15',
        `${World.nameOf(at)} served a session that was shown ${lacking.join(', ')} of ${JSON.stringify(key)}, which it does not know`,
      );
  }
}
