/**
 * A whole attack: recordings are made, distorted and sent, first every cut and every flipped bit, then what the seed
 * draws, until so many hostile frames were sent. At the end a healthy peer must still find everything as it should be.
 */

import { openStore } from '../../src/index.ts';
import { openReplica } from '../../src/replica/replica.ts';
import type { ReplicaEvent } from '../../src/replica/replica-types.ts';
import { attack, Broken, type Findings, newFindings, type Target } from './attack.ts';
import { meanwhile, record } from './recording.ts';
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
const RECORD_EVERY = 50_000;

/** Attacks the target; gives what was found. */
export async function campaign(target: Target, options: CampaignOptions): Promise<CampaignReport> {
  const findings = newFindings();
  const modes = new Set<string>();
  try {
    const casts = await castsOf(target, options.sideBySide, modes);
    for (const session of largeSessions(casts[0] as Cast))
      await attack(target, [session], await target.shape(), findings);
    await systematic(target, casts, options, findings);
    for (let round = 0; findings.frames < options.frames; round += 1)
      await drawn(target, round === 0 ? casts : await castsOf(target, options.sideBySide, modes), options, findings);
    await checkHealth(target);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { ...findings, modes: [...modes], broken: { what: error.message, sessions: error.sessions } };
  }
  return { ...findings, modes: [...modes], broken: undefined };
}

/** Every cut and every flipped bit. */
async function systematic(
  target: Target,
  casts: readonly Cast[],
  options: CampaignOptions,
  findings: Findings,
): Promise<void> {
  let shape = await target.shape();
  const each = casts.map((cast, at) => share(systematicSessions(cast, options.flipsMax), at, casts.length));
  while (findings.frames < options.frames / 2) {
    const next = each.map((sessions) => sessions.next().value);
    const batch = next.filter((session): session is Session => session !== undefined);
    if (batch.length === 0) return;
    shape = await attack(target, batch, shape, findings);
    await options.onProgress?.(findings);
  }
}

/** Each `of`-th, from `at` on: those who go through the same list share it. */
function* share(all: Iterable<Session>, at: number, of: number): Generator<Session, undefined> {
  let count = 0;
  for (const session of all) {
    if (count % of === at) yield session;
    count += 1;
  }
  return undefined;
}

/** What the seed draws. */
async function drawn(
  target: Target,
  casts: readonly Cast[],
  options: CampaignOptions,
  findings: Findings,
): Promise<void> {
  let shape = await target.shape();
  const end = Math.min(options.frames, findings.frames + RECORD_EVERY);
  while (findings.frames < end) {
    const id = await target.id();
    const seed = options.seed + findings.sessions;
    const batch = casts.map((cast, at) => sessionOf(seed + at, { ...cast, target: id }));
    shape = await attack(target, batch, shape, findings);
    await options.onProgress?.(findings);
  }
}

/** Devices that were let in once, each with what it said. */
function castsOf(target: Target, count: number, modes: Set<string>): Promise<Cast[]> {
  const names = Array.from({ length: count }, (_, at) => `device-${at}`);
  return Promise.all(
    names.map(async (name) => {
      const recording = await record(target, name).catch((cause: unknown) => {
        throw new Broken(`a device that means well could not talk with the replica: ${cause}`);
      });
      for (const mode of recording.modes) modes.add(mode);
      const { keyspace } = target;
      return { name, recording, target: await target.id(), token: target.tokenOf(name), keyspace };
    }),
  );
}

/** A peer that means well links, brings a write and finds those of the target. Throws: Error. */
export async function checkHealth(target: Target): Promise<void> {
  const { transport, address, env, pass, keyspace } = target;
  const store = await openStore<unknown>({ name: 'healthy', env });
  const told: ReplicaEvent[] = [];
  const replica = await openReplica<unknown>({
    ...{ store, env, transports: [transport], peers: [{ name: 'target', address }] },
    ...{ keyspace, token: target.tokenOf('healthy'), onEvent: (event) => void told.push(event) },
  });
  await store.put('healthy/1', 'here');
  let isWell = false;
  for (let tries = 0; tries < 50 && !isWell; tries += 1) {
    await pass(200);
    const held = await store.get('__proto__');
    const { records } = await target.shape(true);
    isWell = held.status !== 'absent' && records.some(([key]) => key === 'healthy/1');
  }
  await meanwhile(replica.close({ drainMs: 0 }), pass);
  if (!isWell) throw new Broken(`a healthy peer found no replica any more: ${JSON.stringify(told.slice(-20))}`);
}
