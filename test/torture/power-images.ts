/**
 * Power cuts: from the log of a story, every state of the medium that a cut could have left is built, opened as a store,
 * and held against what callers had been told by then; then it goes on writing and meets the healthy peer, of the same
 * moment. An image that does not satisfy is a sentence with the seed and the moment.
 */

import type { Dot } from '../../src/clock/dot.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { decodeIdentity, IDENTITY_KEY } from '../../src/store/durable/stored-meta.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { type IsDue, payloadOf, type Shown, shownBy, textOfDot } from './ledger.ts';
import { type Content, EMPTY_CONTENT, hex, type LoggedEvent, loggedEngine, replayed } from './logged-storage.ts';
import { BATCH_KEYS, envOf, MEMBERS, playStory, randomOf, type Story } from './story.ts';

export type ImageKind =
  | 'boundary'
  | 'applied unheard'
  | 'buffered tail lost'
  | 'during opening'
  | 'closed well'
  | 'LevelDB log cut'
  | 'LevelDB buffered log cut'
  | 'LevelDB log, zeroes after'
  | 'LevelDB log, garbage after';
export type PowerReport = { readonly images: Map<ImageKind, number>; readonly problems: string[] };

/** What is to be found in an image. */
type Image = {
  readonly kind: ImageKind;
  readonly story: Story;
  readonly content: Content;
  readonly peer: Content;
  /** The moment of the cut, on the clock of the log. */
  readonly at: number;
  /** The moment up to which what `a` acknowledged must be there; -1 when none of it must. */
  readonly keptAt: number;
  /** Dots that had left beside those the ledger knows. */
  readonly left: readonly Dot[];
};

const PROBLEMS_MAX = 20;

/** Opens at least `images` images of stories with the seeds from `seed` on. */
export async function runPower(
  seed: number,
  images: number,
  onStory: (report: PowerReport) => void = () => undefined,
): Promise<PowerReport> {
  const report: PowerReport = { images: new Map(), problems: [] };
  for (let next = seed; total(report) < images && report.problems.length < PROBLEMS_MAX; next += 1) {
    const story = await playStory(next, next % 2 === 0 ? 'synced' : 'buffered', 10);
    await imagesOf(story, report, images);
    onStory(report);
  }
  return report;
}

export function total({ images }: PowerReport): number {
  return [...images.values()].reduce((sum, count) => sum + count, 0);
}

async function imagesOf(story: Story, report: PowerReport, imagesMax: number): Promise<void> {
  const { log, durability, closedAt } = story;
  const random = randomOf(story.seed + 7);
  let content = EMPTY_CONTENT;
  let peer = EMPTY_CONTENT;
  /** Contents of `a` that a cut at this moment may leave: since the last synced commit, each with its moment. */
  let possible: { readonly content: Content; readonly at: number }[] = [];
  for (let at = 0; at <= log.length; at += 1) {
    if (total(report) >= imagesMax || report.problems.length >= PROBLEMS_MAX) return;
    const common = { story, peer, at, left: [] };
    const keptAt = durability === 'synced' ? at : -1;
    const kind = closedAt.includes(at) ? 'closed well' : 'boundary';
    await check({ ...common, kind, content, keptAt: kind === 'closed well' ? at : keptAt }, report);
    if (random() < 0.04) await checkOpening({ ...common, kind: 'during opening', content, keptAt }, report);
    for (const { content: older } of possible) {
      if (durability === 'synced' || older === content || random() < 0.5) continue;
      await check(
        { ...common, kind: 'buffered tail lost', content: { ...older, place: content.place }, keptAt },
        report,
      );
    }
    const event = log[at];
    if (event === undefined) continue;
    content = replayed('a', log, at + 1, at, content);
    peer = replayed('b', log, at + 1, at, peer);
    if (event.engine !== 'a' || event.kind !== 'commit') continue;
    if (event.durability === 'synced') possible = [];
    possible.push({ content, at: at + 1 });
    if (event.durability === 'synced') await check({ ...common, kind: 'applied unheard', content, keptAt }, report);
  }
}

/** The image, and every image that a second cut leaves while the first one is opened, used and closed. */
async function checkOpening(image: Image, report: PowerReport): Promise<void> {
  const log: LoggedEvent[] = [];
  const left: { readonly dot: Dot; readonly at: number }[] = [];
  const store = await openImage(image, loggedEngine('a', log, image.content));
  for (const dot of await writeOn(store)) left.push({ dot, at: log.length });
  await store.close();
  for (let at = 0; at <= log.length; at += 1) {
    const content = replayed('a', log, at, 0, image.content);
    const dots = left.filter((one) => one.at <= at).map(({ dot }) => dot);
    await check({ ...image, content, left: dots }, report);
  }
}

async function check(image: Image, report: PowerReport): Promise<void> {
  report.images.set(image.kind, (report.images.get(image.kind) ?? 0) + 1);
  let problems: string[];
  try {
    problems = await problemsOf(image);
  } catch (error) {
    problems = [`throws ${String(error)} ${error instanceof Error ? error.stack?.split('\n')[1] : ''}`];
  }
  const { story, kind, at } = image;
  for (const problem of problems.slice(0, 3))
    report.problems.push(`seed ${story.seed} ${story.durability}, ${kind} at ${at} of ${story.log.length}: ${problem}`);
}

async function problemsOf(image: Image): Promise<string[]> {
  const { story, content, at, keptAt } = image;
  const a = await openImage(image, loggedEngine('a', [], content));
  const b = await openStore({ ...optionsOf(image), name: 'b', storage: loggedEngine('b', [], image.peer) });
  const problems = [...problemsOfIdentity(a, image)];
  const isDueAtA: IsDue = ({ id }, when) => id.startsWith('a~') && when <= keptAt;
  const shown = await shownBy(a);
  const told = story.ledger.problems(shown, { isDue: isDueAtA, until: at, isLeftOut: isNew });
  problems.push(...told.map(({ kind, what }) => `${kind}: ${what}`), ...torn(shown), ...(await unsound(a)));
  for (const { at: when, dots } of story.received) {
    if (when > keptAt) continue;
    for (const dot of dots) if (!shown.seen.has(dot.id, dot.counter)) problems.push(`lost: received ${textOfDot(dot)}`);
  }
  const seenAtB = b.seen;
  const left = new Set([...story.ledger.left(at), ...image.left.map(textOfDot)]);
  for (const dot of await writeOn(a)) {
    const name = textOfDot(dot);
    if (left.has(name) || seenAtB.has(dot.id, dot.counter)) problems.push(`reissued: ${name} had left before`);
  }
  if (!(await converge(a, b))) problems.push('the two do not come to rest');
  const isDue: IsDue = (dot, when) =>
    when <= at && (dot.id.startsWith('b~') || isDueAtA(dot, when) || seenAtB.has(dot.id, dot.counter));
  const [atA, atB] = [await shownBy(a), await shownBy(b)];
  for (const { kind, what } of story.ledger.problems(atB, { isDue, until: at, isLeftOut: isNew }))
    problems.push(`after, ${kind}: ${what}`);
  problems.push(...different(atA, atB), ...torn(atA), ...(await unsound(a)), ...(await unsound(b)));
  await a.close();
  await b.close();
  return problems.map((problem) => `${problem} [${content.entries.size} entries]`);
}

/** One exchange is enough, but for a tombstone that was reaped by force beside a concurrent write: that is mended later. */
async function converge(a: VersionedKVStore, b: VersionedKVStore): Promise<boolean> {
  await exchange(a, b);
  for (let left = 3; left > 0; left -= 1) {
    const { mode, records } = await exchange(a, b);
    if (mode === 'equal' && records === 0) return true;
  }
  return false;
}

function problemsOfIdentity(store: VersionedKVStore, { content }: Image): string[] {
  const sealed = content.entries.get(hex(IDENTITY_KEY))?.[1];
  if (sealed === undefined) return [];
  const { name, incarnation, isClean, place } = decodeIdentity(sealed);
  const mustRenew = !isClean || place !== content.place;
  const hasRenewed = store.id !== `${name}~${incarnation}`;
  if (mustRenew === hasRenewed) return [];
  return [mustRenew ? `goes on as ${store.id} although it is not certain` : 'is renewed without need'];
}

function openImage(image: Image, storage: StorageEngine): Promise<VersionedKVStore> {
  return openStore({ ...optionsOf(image), name: 'a', storage, durability: image.story.durability });
}

let openings = 0;

function optionsOf({
  story,
  at,
}: Image): Pick<Parameters<typeof openStore>[0] & object, 'members' | 'onConflict' | 'env'> {
  openings += 1;
  return {
    members: MEMBERS,
    onConflict: 'overwrite',
    env: envOf(randomOf(story.seed * 1_000_003 + at * 31 + openings)),
  };
}

/** A few writes after the cut, under keys of their own and over one that was there; gives their dots. */
export async function writeOn(store: VersionedKVStore): Promise<Dot[]> {
  const keys = Array.from({ length: BATCH_KEYS }, (_, at) => `new/${at}`);
  const answers = await Promise.all([
    store.put('new/own', payloadOf(0)),
    store.put('shared/0', payloadOf(0)),
    store.delete('shared/1'),
    store.batch(keys.map((put) => ({ put, value: payloadOf(0) }))),
  ]);
  return answers.flat().map(({ dot }) => dot);
}

/** Keys that `writeOn` writes. */
export function isNew(key: string): boolean {
  return key.startsWith('new/') || key === 'shared/0' || key === 'shared/1';
}

/** Groups `g<writer><number>` of which some keys hold another batch than the others, at the one that writes them. */
export function torn({ records }: Shown, writer = ''): string[] {
  const problems: string[] = [];
  const isOfGroup = new RegExp(`^g${writer}\\d+/`);
  const groups = new Set([...records.keys()].flatMap((key) => (isOfGroup.test(key) ? [key.replace(/\/.*/, '')] : [])));
  for (const group of groups) {
    const firsts = Array.from({ length: BATCH_KEYS }, (_, at) => {
      const versions = records.get(`${group}/${at}`) ?? [];
      // The ten dots of a batch follow one another.
      return versions.map(({ id, counter }) => `${id}:${counter - at}`).join(' ');
    });
    if (new Set(firsts).size > 1) problems.push(`torn: ${group} holds ${firsts.join(', ')}`);
  }
  return problems;
}

/** What `verify` has to say. */
export async function unsound(store: VersionedKVStore): Promise<string[]> {
  const { isSound, faults } = await store.verify();
  return isSound ? [] : [`verify: ${JSON.stringify(faults)}`];
}

/** How two stores that have just exchanged differ. */
export function different(left: Shown, right: Shown): string[] {
  if (!left.seen.equals(right.seen)) return ['the two have seen different dots'];
  const problems: string[] = [];
  const text = ({ records }: Shown, key: string): string => JSON.stringify(records.get(key) ?? []);
  for (const key of new Set([...left.records.keys(), ...right.records.keys()])) {
    const [one, other] = [text(left, key), text(right, key)];
    // A tombstone that one of them has reaped shows the same: nothing.
    const isShown = [left, right].some(({ records }) => records.get(key)?.some(({ value }) => value !== undefined));
    if (one !== other && isShown) problems.push(`${key} differs: ${one} and ${other}`);
  }
  return problems;
}
