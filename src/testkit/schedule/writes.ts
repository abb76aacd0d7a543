/**
 * The steps by which a client changes keys: puts, deletes, batches, updates through a draft, resolutions. Each is done to
 * production and, when production took it, to the model; what must be refused is checked to have changed nothing.
 */

import { compareDots } from '../../clock/dot.ts';
import { CausalError } from '../../errors.ts';
import type { ModelContext } from '../../model/oracle.ts';
import { type Decision, deleteWins, lastWriter, type Resolver, type Sibling, updateWins } from '../../store/resolve.ts';
import { broken, digestOf, look } from './checks.ts';
import type { ContextChoice, DecidedBy, Step, WriteStep } from './steps.ts';
import { type Held, type TakenToken, textOf, type World, type Written } from './world.ts';

type Known = TakenToken['known'];
type Refusal = 'CONFLICT' | 'CONTEXT_INVALID';

/** What a write is based on, as production is told and as the model has it. */
type Base = { readonly context: 'local' | 'none' | string; readonly model: ModelContext; readonly known: Known };

const NOTHING: ReadonlySet<string> = new Set();
const BY_RULE = { 'last-writer': lastWriter, 'delete-wins': deleteWins, 'update-wins': updateWins } as const;

/** What the replica knows of every key now. */
export function knownNow(world: World, at: number): Known {
  return new Map(world.keys.map((key) => [key, world.model(at).knows(key)]));
}

/** A put or delete, or several of them in one batch; a token of another key refuses them all. Law: L7, L19, L21. */
export async function applyWrites(
  world: World,
  at: number,
  writes: readonly WriteStep[],
  isBatch: boolean,
): Promise<readonly number[]> {
  const store = world.store(at);
  const refusals = new Set<Refusal>();
  const planned: (Base & { key: string; name: string; tombstone: boolean; as: number | undefined })[] = [];
  for (const { key: index, tombstone, context, as } of writes) {
    const key = world.key(index);
    const base = baseOf(world, at, key, context);
    if (base === undefined) return [];
    if (base.context === 'local' && (await isBlind(world, at, key))) refusals.add('CONFLICT');
    if (isForeign(world, key, context)) refusals.add('CONTEXT_INVALID');
    planned.push({ key, name: world.nextValue(), tombstone, as, ...base });
  }
  const [only] = planned;
  if (only === undefined) return [];
  const told: string[] = [];
  const stop = store.subscribe((keys) => told.push([...keys].sort().join()));
  const written = await unlessRefused(world, at, [...refusals], async () => {
    if (!isBatch) {
      const { key, name, tombstone, context } = only;
      return [tombstone ? await store.delete(key, { context }) : await store.put(key, name, { context })];
    }
    return store.batch(
      planned.map(({ key, name, tombstone, context }) =>
        tombstone ? { delete: key, context } : { put: key, value: name, context },
      ),
    );
  });
  stop();
  world.coverage.note(isBatch ? (written ? 'batch' : 'batch refused') : written ? 'write' : 'write refused');
  const keys = planned.map(({ key }) => key);
  if (told.join(';') !== (written === undefined ? '' : keys.sort().join()))
    broken('L19', `a commit of [${keys.join()}] was told as [${told.join('; ')}]`);
  if (written === undefined) return [at];
  planned.forEach(({ key, name, tombstone, model }, index) => {
    const dot = written[index]?.dot ?? broken('L17', 'a write was done and gave no dot');
    world.wrote(at, { name, key, held: tombstone ? undefined : name, context: model, dot });
  });
  planned.forEach((plan, index) => {
    const base = plan.context === 'local' ? { ...plan, known: knownNow(world, at) } : plan;
    keepToken(world, plan.as, plan.key, written[index]?.context, base, plan.name);
  });
  return [at];
}

/** Writes with a token of another key. With key-bound tokens switched off it is a write by one who read both keys. */
export async function applyMisuse(
  world: World,
  { at, key: index, token }: Extract<Step, { readonly do: 'misuse' }>,
): Promise<readonly number[]> {
  const key = world.key(index);
  const context: ContextChoice = { token };
  const base = baseOf(world, at, key, context);
  if (base === undefined || !isForeign(world, key, context, true)) return [];
  const name = world.nextValue();
  const refusals: Refusal[] = world.rules['tokens-are-key-bound'] ? ['CONTEXT_INVALID'] : [];
  const written = await unlessRefused(world, at, refusals, () =>
    world.store(at).put(key, name, { context: base.context }),
  );
  if (written === undefined) world.coverage.note('misuse refused');
  else world.wrote(at, { name, key, held: name, context: base.model, dot: written.dot });
  return [at];
}

/** Changes the shown value. What the recipe itself writes to the key meanwhile stays beside it. Law: L7, L8. */
export async function applyUpdate(
  world: World,
  step: Extract<Step, { readonly do: 'update' }>,
): Promise<readonly number[]> {
  const { at, meanwhile, as } = step;
  const key = world.key(step.key);
  const store = world.store(at);
  const shown = await look(world, at, key);
  if (shown === undefined) return [at];
  const known = knownNow(world, at);
  const name = world.nextValue();
  const inner = world.nextValue();
  let between: ReturnType<typeof store.put> | undefined;
  const written = await unlessRefused(world, at, shown.status === 'conflict' ? ['CONFLICT'] : [], () =>
    store.update(key, (draft) => {
      if (meanwhile) between = store.put(key, inner);
      return grown(draft, name);
    }),
  );
  world.coverage.note(written === undefined ? 'update refused' : meanwhile ? 'update overtaken' : 'update');
  if (written === undefined) return [at];
  const before = shown.status === 'live' ? shown.value : undefined;
  const held: Held = { name, from: before === undefined ? [] : namesIn(before) };
  const model = known.get(key) ?? NOTHING;
  const writes: Written[] = [{ name, key, held, context: model, dot: written.dot }];
  if (between !== undefined) writes.push({ name: inner, key, held: inner, context: 'local', dot: (await between).dot });
  // In memory what the recipe writes comes first; on a disk it waits for its turn, and is based on the update then.
  for (const write of writes.sort((one, other) => compareDots(one.dot, other.dot))) world.wrote(at, write);
  keepToken(world, as, key, written.context, { model, known }, name);
  return [at];
}

/** Settles the siblings of a key, or what a context shows of them. Law: L7, L18. */
export async function applyResolve(
  world: World,
  step: Extract<Step, { readonly do: 'resolve' }>,
): Promise<readonly number[]> {
  const { at, by, as } = step;
  const key = world.key(step.key);
  const base = baseOf(world, at, key, step.context);
  if (base === undefined) return [];
  const name = world.nextValue();
  const shown = await look(world, at, key);
  if (shown === undefined) return [at];
  const expected = expectedDecision(shown.siblings, by, name);
  const refusals: Refusal[] = [];
  if (expected === 'keep') refusals.push('CONFLICT');
  if (isForeign(world, key, step.context)) refusals.push('CONTEXT_INVALID');
  const written = await unlessRefused(world, at, refusals, () =>
    world.store(at).resolve(key, deciderFor(by, name), { context: base.context }),
  );
  world.coverage.note(written === undefined ? 'resolve undecided' : 'resolve');
  if (written === undefined || expected === 'keep') return [at];
  const known = base.context === 'local' ? knownNow(world, at) : base.known;
  const held = expected === 'delete' ? undefined : expected.value;
  world.wrote(at, { name, key, held, context: base.model, dot: written.dot });
  keepToken(world, as, key, written.context, { ...base, known }, name);
  return [at];
}

/** Does `write`; when it is one that must be refused, checks that it is, by that name, and changed nothing. */
async function unlessRefused<R>(
  world: World,
  at: number,
  refusals: readonly Refusal[],
  write: () => Promise<R>,
): Promise<R | undefined> {
  if (refusals.length === 0) return write();
  const before = await digestOf(world, at);
  try {
    await write();
  } catch (error) {
    if (!(error instanceof CausalError) || !refusals.some((code) => code === error.code)) throw error;
    if ((await digestOf(world, at)) !== before) broken('L21', `a write refused with ${error.code} changed the replica`);
    return undefined;
  }
  return broken(refusals.includes('CONFLICT') ? 'L7' : 'L21', `a write was taken that had to fail: ${refusals.join()}`);
}

/** Undefined when the token was never taken. */
function baseOf(world: World, at: number, key: string, choice: ContextChoice): Base | undefined {
  if (typeof choice === 'string') return { context: choice, model: choice, known: knownNow(world, at) };
  const token = world.tokens.get(choice.token);
  if (token === undefined) return undefined;
  return { context: token.text, model: token.known.get(key) ?? NOTHING, known: token.known };
}

function isForeign(world: World, key: string, choice: ContextChoice, evenUnbound = false): boolean {
  const token = typeof choice === 'string' ? undefined : world.tokens.get(choice.token);
  return token !== undefined && token.key !== key && (evenUnbound || world.rules['tokens-are-key-bound']);
}

async function isBlind(world: World, at: number, key: string): Promise<boolean> {
  // Looking would find a loss before the write does.
  if (world.schedule.onConflict !== 'refuse' || world.lost(at).has(key)) return false;
  return (await look(world, at, key))?.status === 'conflict';
}

/** Keeps the context that a write gave back: what it was based on, and the write. */
function keepToken(
  world: World,
  as: number | undefined,
  key: string,
  text: string | undefined,
  { model, known }: Pick<Base, 'model' | 'known'>,
  name: string,
): void {
  if (as === undefined) return;
  const ofKey = model === 'local' ? known.get(key) : model === 'none' ? NOTHING : model;
  world.tokens.set(as, {
    key,
    text: text ?? '',
    known: new Map(known).set(key, new Set([...(ofKey ?? NOTHING), name])),
  });
}

/** What a recipe makes of a draft: an object is changed in place, anything else is replaced. */
function grown(draft: Held | undefined, name: string): Held | undefined {
  if (typeof draft !== 'object') return { name, from: draft === undefined ? [] : [draft] };
  const own = draft as { name: string; from: string[] }; // a draft may be changed
  own.from.push(own.name);
  own.name = name;
  return undefined;
}

function namesIn(held: Held): readonly string[] {
  return typeof held === 'string' ? [held] : [...held.from, held.name];
}

function deciderFor(by: DecidedBy, name: string): Decision<Held> | Resolver<Held> {
  if (by === 'value') return { kind: 'value', value: name };
  if (by === 'delete' || by === 'keep') return { kind: by };
  if (by !== 'unite') return BY_RULE[by];
  return (siblings) => {
    if (siblings.some(({ dot }, at) => at > 0 && compareDots(siblings[at - 1]?.dot ?? dot, dot) >= 0))
      broken('L18', 'a resolver was not given the siblings in dot order');
    return { kind: 'value', value: united(siblings, name) };
  };
}

/** What a decision must come to, worked out anew from what is shown. */
function expectedDecision(
  siblings: readonly Sibling<Held>[],
  by: DecidedBy,
  name: string,
): 'keep' | 'delete' | { readonly value: Held } {
  if (by === 'value') return { value: name };
  if (by === 'delete' || by === 'keep') return by;
  const live = siblings.flatMap((sibling) => (sibling.tombstone ? [] : [sibling.value]));
  const deletes = siblings.length - live.length;
  const [first] = live;
  if (siblings.length === 1) return first === undefined ? 'delete' : { value: first };
  if (by === 'unite') return { value: united(siblings, name) };
  if (by === 'delete-wins') return deletes > 0 ? 'delete' : 'keep';
  if (by === 'update-wins') return live.length === 1 && first !== undefined ? { value: first } : 'keep';
  const newest = [...siblings].sort((a, b) => a.time - b.time || compareDots(a.dot, b.dot)).at(-1);
  return newest === undefined ? 'keep' : newest.tombstone ? 'delete' : { value: newest.value };
}

function united(siblings: readonly Sibling<Held>[], name: string): Held {
  return { name, from: siblings.flatMap((sibling) => (sibling.tombstone ? [] : [textOf(sibling.value)])) };
}
