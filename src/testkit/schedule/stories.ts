/**
 * Stories: steps in an order that many steps drawn at random hardly ever have. Each is put somewhere among the others.
 */

import type { Random } from '../../random.ts';
import { type Drawing, drawPeer, drawWrite, PUSH_ACTS, SESSIONS } from './drawing.ts';
import type { PushStep, Step } from './steps.ts';

/**
 * What many steps drawn at random hardly ever make: a replica that saw a delete comes back empty, is heard of without
 * hearing, and writes beside the delete before the others reap it.
 */
export function drawComeback(drawing: Drawing): Step[] {
  const { random, replicas, keys } = drawing;
  const at = random.below(replicas);
  const key = random.below(keys);
  const peer = drawPeer(drawing, at);
  const write = (where: number, tombstone: boolean): Step => ({
    do: 'write',
    at: where,
    key,
    tombstone,
    context: 'local',
  });
  return [
    write(peer, true),
    { do: 'exchange', a: at, b: peer, oneWay: false },
    { do: 'wipe', at },
    ...(random.chance(0.5) ? [write(at, false)] : []),
    { do: 'exchange', a: at, b: peer, oneWay: random.chance(0.7) },
    write(at, random.chance(0.3)),
    { do: 'reap', at: peer, force: false },
  ];
}

/** A client reads where a delete is known by hearsay only, between two reads where it is not known at all. */
export function drawHearsay(drawing: Drawing): Step[] {
  const { random, replicas, keys } = drawing;
  const [giver, hearer] = [random.below(replicas), random.below(replicas)];
  const other = (giver + 1 + random.below(replicas - 1)) % replicas;
  const key = random.below(keys);
  const session = random.below(SESSIONS);
  const record = drawing.records++;
  const read = (at: number): Step => ({ do: 'session', at, session, key, act: 'read' });
  return [
    { do: 'write', at: giver, key, tombstone: false, context: 'local' },
    ...[other, hearer].flatMap((at): Step[] =>
      at === giver ? [] : [{ do: 'exchange', a: giver, b: at, oneWay: false }],
    ),
    { do: 'write', at: giver, key, tombstone: true, context: 'local' },
    { do: 'reap', at: giver, force: true },
    { do: 'capture', at: giver, key, as: record },
    { do: 'deliver', record, to: hearer, forged: false },
    read(other),
    read(hearer),
    read(random.pick([other, hearer])),
  ];
}

/** Two or three replicas push to one another for a while, and write and delete and reap meanwhile. */
export function drawChains(drawing: Drawing): Step[] {
  const { random, replicas } = drawing;
  const first = random.below(replicas);
  const among = Array.from({ length: Math.min(replicas, random.between(2, 3)) }, (_, at) => (first + at) % replicas);
  const links = among.flatMap((a) => among.filter((b) => b !== a).map((b) => ({ a, b, lane: 0 })));
  const steps: Step[] = [];
  // Not always all of them: what is told of others is on its way then, or is not.
  for (const { a, b } of links)
    if (a < b && random.chance(0.8)) steps.push({ do: 'push', a, b, lane: 0, act: 'connect' });
  for (let left = random.between(4, random.pick([12, 30])); left > 0; left--) {
    const at = random.pick(among);
    if (random.chance(0.35)) steps.push(drawWrite(drawing, at, random.chance(0.4)));
    else if (random.chance(0.1)) steps.push({ do: 'reap', at, force: random.chance(0.3) });
    else steps.push({ do: 'push', ...random.pick(links), act: random.pick(PUSH_ACTS) });
  }
  return steps;
}

/**
 * Three replicas: what one wrote reaches the third through the second, without its record, before or after the author tells it
 * itself; and more comes behind what waits. Some steps are left out, so that it ends in many ways.
 */
export function drawTriangle(drawing: Drawing): Step[] {
  const { random, replicas } = drawing;
  if (replicas < 3) return [];
  const author = random.below(replicas);
  const [relay, third] = random.chance(0.5) ? [1, 2] : [2, 1];
  const at = { author, relay: (author + relay) % replicas, third: (author + third) % replicas };
  const push = (a: number, b: number, act: PushStep['act']): Step => ({ do: 'push', a, b, lane: 0, act });
  const tell = (a: number, b: number): Step[] => [push(a, b, 'draw'), push(a, b, 'deliver')];
  const told = tell(at.relay, at.third);
  const direct = tell(at.author, at.third);
  const write = (where: number): Step => drawWrite(drawing, where, random.chance(0.4));
  const rounds = Array.from({ length: random.between(1, 3) }, (): Step[] => [
    write(at.author),
    ...tell(at.author, at.relay),
    ...(random.chance(0.5) ? [write(at.relay)] : []),
    ...(random.chance(0.3) ? [{ do: 'reap', at: at.relay, force: random.chance(0.5) } as const] : []),
    ...told,
    ...(random.chance(0.3) ? [write(at.relay), ...told] : []),
    ...(random.chance(0.2) ? [write(at.third)] : []),
    ...(random.chance(0.7) ? direct : [push(at.relay, at.third, 'expire')]),
    push(at.relay, at.third, random.chance(0.8) ? 'retry' : 'answer'),
    ...(random.chance(0.5) ? [push(at.relay, at.third, 'answer'), ...told] : []),
  ]);
  const steps = [
    push(at.author, at.relay, 'connect'),
    push(at.relay, at.third, 'connect'),
    ...(random.chance(0.8) ? [push(at.author, at.third, 'connect')] : []),
    ...rounds.flat(),
    ...(random.chance(0.5) ? [{ do: 'reap', at: at.third, force: false } as const] : []),
  ];
  return steps.filter(() => random.chance(0.95));
}

/** A push arrives after its sender came back with nothing and was met again; writes and reaping go on. */
export function drawLate(drawing: Drawing): Step[] {
  const { random, replicas } = drawing;
  const at = random.below(replicas);
  const peer = drawPeer(drawing, at);
  const push = (a: number, b: number, lane: number, act: PushStep['act']): Step => ({ do: 'push', a, b, lane, act });
  return [
    drawWrite(drawing, peer, false),
    push(at, peer, 0, 'connect'),
    drawWrite(drawing, peer, random.chance(0.7)),
    push(peer, at, 0, 'draw'),
    { do: 'wipe', at: peer },
    random.chance(0.5) ? push(at, peer, 1, 'connect') : { do: 'exchange', a: at, b: peer, oneWay: false },
    push(peer, at, 0, 'deliver'),
    drawWrite(drawing, peer, random.chance(0.2)),
    { do: 'reap', at, force: false },
  ];
}

/** Puts `more` somewhere among `steps`, in order, mostly close together. */
export function mixIn(random: Random, steps: Step[], more: readonly Step[]): void {
  let at = random.below(steps.length + 1);
  for (const step of more) {
    steps.splice(at, 0, step);
    at = Math.min(steps.length, at + 1 + (random.chance(0.2) ? 1 : 0));
  }
}
