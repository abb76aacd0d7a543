/**
 * Exchanges driven frame by frame: one that is cut off with other steps in between, or several at once. What a side took
 * in is read off its context, key by key, and must be what the other side knew at some moment since the start.
 */

import { CausalError } from '../../errors.ts';
import { ExchangeSide } from '../../repair/exchange-side.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import { broken, checkShown, contextOf } from './checks.ts';
import type { LinkChoice, Step } from './steps.ts';
import { type Held, World } from './world.ts';

type Limits = { readonly frameBytesMax: number; readonly visibleMax: number };
type Way = 0 | 1;
type Apply = (inner: Step) => Promise<readonly number[]>;

/** One exchange on its way. Way 0 carries frames to the initiator, way 1 to the responder. */
class Link {
  readonly #world: World;
  readonly #at: readonly [number, number];
  readonly #stores: readonly [VersionedKVStore<Held>, VersionedKVStore<Held>];
  readonly #sides: readonly [ExchangeSide<Held>, ExchangeSide<Held>];
  /** Frames are made while they are sent, as on a slow wire. */
  readonly #queues: readonly [Iterator<Uint8Array>[], Iterator<Uint8Array>[]];
  /** What each side knew of each key, at every moment since the start. */
  readonly #moments: readonly [Map<string, ReadonlySet<string>[]>, Map<string, ReadonlySet<string>[]>];
  #isCut = false;
  #isOver = false;

  private constructor(world: World, { a, b, oneWay }: LinkChoice, { frameBytesMax, visibleMax }: Limits) {
    this.#world = world;
    const [one, two] = oneWay ? [b, a] : [a, b];
    const [first, second] = [world.store(one), world.store(two)];
    this.#at = [one, two];
    this.#stores = [first, second];
    const limits = { frameBytesMax, visibleAtOnceMax: visibleMax };
    const direction = oneWay ? 'take' : 'both';
    this.#sides = [
      new ExchangeSide(first, { ...limits, role: 'initiator', peer: second.id, direction }),
      new ExchangeSide(second, { ...limits, role: 'responder', ...(oneWay ? {} : { peer: first.id }) }),
    ];
    this.#queues = [[], []];
    this.#moments = [new Map(), new Map()];
  }

  /** A link on which both sides have said what they begin with. */
  static async begin(world: World, choice: LinkChoice, limits: Limits): Promise<Link> {
    const link = new Link(world, choice, limits);
    const toTwo = [...(await link.#sides[0].begin())];
    const toOne = [...(await link.#sides[1].begin())];
    if (toOne.length > 0) world.coverage.note('both sides began');
    link.#queues[0].push(toOne.values());
    link.#queues[1].push(toTwo.values());
    link.remember();
    return link;
  }

  /** Carries the next frame of that way, if there is one, and follows it in the model. Throws: ScheduleFailure. */
  async move(way: Way): Promise<boolean> {
    const frame = this.#next(way);
    if (frame === undefined) return false;
    const at = this.#at[way];
    const side = this.#sides[way];
    if (this.#world.store(at) !== this.#stores[way]) {
      await this.#refuse(side, frame, this.#stores[way]);
      return true;
    }
    let frames: Iterable<Uint8Array>;
    try {
      frames = await side.take(frame);
    } catch (error) {
      if (!isLossFound(this.#world, error)) throw error;
      this.#isCut = true;
      return true;
    }
    this.#queues[way === 0 ? 1 : 0].push(frames[Symbol.iterator]());
    if (side.failure !== undefined) throw side.failure;
    await follow(this.#world, at, this.#moments[way === 0 ? 1 : 0]);
    if (this.#sides.every(({ isDone }) => isDone)) this.#end();
    return true;
  }

  /** Notes what both sides know now. */
  remember(): void {
    for (const way of [0, 1] as const) {
      for (const key of this.#world.keys) {
        const known = this.#world.model(this.#at[way]).knows(key);
        const list = this.#moments[way].get(key);
        if (list === undefined) this.#moments[way].set(key, [known]);
        else if (list.at(-1) !== known) list.push(known);
      }
    }
  }

  /** An exchange whose frames all arrived has ended, unless a side was closed under way. */
  checkOver(): void {
    if (!this.#isOver && !this.#isCut)
      broken('L14', `the exchange of ${this.#at.map(World.nameOf).join(' and ')} fell silent before its end`);
  }

  #next(way: Way): Uint8Array | undefined {
    if (this.#isCut) return undefined;
    for (let [queue] = this.#queues[way]; queue !== undefined; [queue] = this.#queues[way]) {
      const { value, done } = queue.next();
      if (done !== true) return value;
      this.#queues[way].shift();
    }
    return undefined;
  }

  async #refuse(side: ExchangeSide<Held>, frame: Uint8Array, store: VersionedKVStore<Held>): Promise<void> {
    this.#isCut = true;
    if (!store.isClosed) {
      // Nobody is there to refuse it: the process is gone.
      this.#world.coverage.note('crash under way');
      return;
    }
    try {
      await side.take(frame);
    } catch (error) {
      if (!(error instanceof CausalError) || error.code !== 'STORE_CLOSED') throw error;
      this.#world.coverage.note('closed under way');
      return;
    }
    broken('L21', 'a closed store took a frame');
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const [one, two] = this.#sides;
    this.#world.coverage.note(`mode ${one.mode === 'difference' ? two.mode : one.mode}`);
    const [first, second] = this.#at;
    if (this.#stores[0] === this.#world.store(first) && this.#stores[1] === this.#world.store(second))
      this.#world.met(first, second);
  }
}

/** One exchange, its ways taking turns, cut off after some frames, with the steps in between. Throws: ScheduleFailure. */
export async function interruptedExchange(
  world: World,
  step: Extract<Step, { readonly do: 'interrupt' }>,
  apply: Apply,
): Promise<readonly number[]> {
  const link = await Link.begin(world, step, step);
  const touched = new Set([step.a, step.b]);
  let done = 0;
  let idle = 0;
  for (let way: Way = 1; done < step.frames && idle < 2; way = way === 1 ? 0 : 1) {
    if (!(await link.move(way))) {
      idle++;
      continue;
    }
    idle = 0;
    done++;
    for (const { after, step: inner } of step.between) {
      if (after !== done) continue;
      for (const at of await apply(inner)) {
        touched.add(at);
        await checkShown(world, at);
      }
    }
    link.remember();
  }
  if (idle === 2) link.checkOver();
  world.coverage.note(idle === 2 ? 'interrupt' : 'interrupt cut off');
  return [...touched];
}

/** Several exchanges at once; a link begins at its first turn. Throws: ScheduleFailure. */
export async function interleavedExchanges(
  world: World,
  step: Extract<Step, { readonly do: 'interleave' }>,
): Promise<readonly number[]> {
  const links: (Link | undefined)[] = step.links.map(() => undefined);
  const move = async (way: number): Promise<boolean> => {
    const at = way >> 1;
    const choice = step.links[at];
    if (choice === undefined) return false;
    const link = (links[at] ??= await Link.begin(world, choice, step));
    const hasMoved = await link.move(way % 2 === 0 ? 1 : 0);
    if (hasMoved) for (const each of links) each?.remember();
    return hasMoved;
  };
  const ways = step.links.length * 2;
  if (ways === 0) return [];
  for (const turn of step.turns) await move(turn % ways);
  for (let isBusy = !step.isCutOff; isBusy; ) {
    isBusy = false;
    for (let way = 0; way < ways; way++) isBusy = (await move(way)) || isBusy;
  }
  if (!step.isCutOff) for (const link of links) link?.checkOver();
  world.coverage.note(step.isCutOff ? 'interleave cut off' : 'interleave');
  return [...new Set(step.links.flatMap(({ a, b }) => [a, b]))];
}

/** Whether a side has found, in the middle of an exchange, that its disk has lost something. */
function isLossFound(world: World, error: unknown): boolean {
  const isTold = error instanceof CausalError && error.details['isRenewed'] === true;
  return isTold && world.everLost.size > 0;
}

/** Brings the model of `at` to what production has taken in from the peer. */
export async function follow(
  world: World,
  at: number,
  peer: ReadonlyMap<string, readonly ReadonlySet<string>[]>,
): Promise<void> {
  const model = world.model(at);
  for (const key of world.keys) {
    const context = await contextOf(world, at, key);
    const known = model.knows(key);
    const fresh = world.operations.of(key).filter(({ name }) => {
      const { dot } = world.byName(name);
      return !known.has(name) && context.has(dot.id, dot.counter);
    });
    if (fresh.length === 0) continue;
    const isAll = (moment: ReadonlySet<string>): boolean =>
      fresh.every(({ name }) => moment.has(name)) &&
      [...moment].every((name) => known.has(name) || fresh.some((operation) => operation.name === name));
    const taken = peer.get(key)?.find(isAll);
    if (taken === undefined && !world.collided.has(key)) {
      broken(
        'L4',
        `${World.nameOf(at)} took in ${fresh.map(({ name }) => name).join(', ')}, which its peer knew at no moment of the exchange without more`,
      );
    }
    model.receive(key, taken ?? fresh.map(({ name }) => name));
  }
  await checkShown(world, at);
}
