/**
 * A whole attack: recordings are made, distorted and sent, first every cut and every flipped bit, then what the seed
 * draws, until so many hostile frames were sent. At the end a healthy peer must still find everything as it should be.
 */

import type { Findings, Target } from './attack.ts';
import { Broken } from './broken.ts';
import { checkHealth } from './health.ts';
import { record } from './recording.ts';
import { Rounds } from './rounds.ts';
import { type Cast, largeSessions, type Session, sessionOf, systematicSessions } from './sessions.ts';

export type CampaignOptions = {
  readonly frames: number;
  readonly seed: number;
  /** How many bits of each recorded message are flipped, one by one. */
  readonly flipsMax: number;
  /** How many links attack at a time, each under a name of its own. */
  readonly sideBySide: number;
  readonly onProgress?: (findings: Findings) => void | Promise<void>;
};

export type CampaignReport = Findings & {
  readonly modes: readonly string[];
  /** What broke, and the sessions it may have been. */
  readonly broken: { readonly what: string; readonly sessions: readonly Session[] } | undefined;
};

/** After so many frames conversations are recorded anew, because the target has learned what they said. */
const RECORD_EVERY = 150_000;
/** How many devices are recorded one after another, so that both sides are once equal, and how many at a time then. */
const ALONE = 2;
const TOGETHER = 20;

/** Attacks the target; gives what was found. */
export async function campaign(target: Target, options: CampaignOptions): Promise<CampaignReport> {
  const rounds = await Rounds.begin(target);
  const { findings } = rounds;
  const modes = new Set<string>();
  const cast = (drawn: number): Promise<Cast[]> => rounds.aside(() => castsOf(target, options, drawn, modes));
  try {
    const casts = await cast(0);
    for (const session of largeSessions(casts[0] as Cast)) {
      await rounds.round([session]);
      await rounds.finish();
    }
    await systematic(rounds, casts, options);
    for (let drawn = 0; findings.frames < options.frames; )
      drawn = await random(rounds, target, drawn === 0 ? casts : await cast(drawn), options, drawn);
    await rounds.finish();
    await checkHealth(target);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { ...findings, modes: [...modes], broken: { what: error.message, sessions: error.sessions } };
  }
  return { ...findings, modes: [...modes], broken: undefined };
}

/** Every cut and every flipped bit. */
async function systematic(rounds: Rounds, casts: readonly Cast[], options: CampaignOptions): Promise<void> {
  const each = casts.map((cast, at) => share(systematicSessions(cast, options.flipsMax), at, casts.length));
  const done = new Set<Cast>();
  while (rounds.findings.frames < options.frames / 2 && done.size < casts.length) {
    const batch: Session[] = [];
    for (const [at, cast] of casts.entries()) {
      if (done.has(cast) || !rounds.isFree(cast.name)) continue;
      const next = each[at]?.next().value;
      if (next === undefined) done.add(cast);
      else batch.push(next);
    }
    await rounds.round(batch);
    await options.onProgress?.(rounds.findings);
  }
}

/** Each `of`-th, from `at` on: those who go through the same list share it. */
function* share(all: Iterable<() => Session>, at: number, of: number): Generator<Session, undefined> {
  let count = 0;
  for (const make of all) {
    if (count % of === at) yield make();
    count += 1;
  }
  return undefined;
}

/** What the seed draws, from the `drawn`-th session on; gives how many were drawn then. */
async function random(
  rounds: Rounds,
  target: Target,
  casts: readonly Cast[],
  { seed, frames, onProgress }: CampaignOptions,
  drawn: number,
): Promise<number> {
  const { findings } = rounds;
  const end = Math.min(frames, findings.frames + RECORD_EVERY);
  let next = drawn;
  while (findings.frames < end) {
    const id = await target.id();
    const free = casts.filter(({ name }) => rounds.isFree(name));
    await rounds.round(free.map((cast) => sessionOf(seed + next++, { ...cast, target: id })));
    await onProgress?.(findings);
  }
  return next;
}

/** Devices that were let in once, each with what it said. The first have the target for themselves. */
async function castsOf(
  target: Target,
  { sideBySide, seed }: CampaignOptions,
  drawn: number,
  modes: Set<string>,
): Promise<Cast[]> {
  const { keyspace, tokenOf } = target;
  const casts: Cast[] = [];
  const cast = async (at: number): Promise<Cast> => {
    const name = `device-${at}`;
    const recording = await record(target, name, seed + drawn + at).catch((cause: unknown) => {
      throw new Broken(cause instanceof Error ? cause.message : String(cause));
    });
    return { name, recording, target: await target.id(), token: tokenOf(name), keyspace };
  };
  while (casts.length < sideBySide) {
    const together = casts.length < ALONE ? 1 : Math.min(TOGETHER, sideBySide - casts.length);
    casts.push(...(await Promise.all(Array.from({ length: together }, (_, at) => cast(casts.length + at)))));
  }
  for (const { recording } of casts) for (const mode of recording.modes) modes.add(mode);
  return casts;
}
