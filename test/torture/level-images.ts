/**
 * Power cuts of a real LevelDB directory: what is in its log beyond the last synced acknowledgement may be there to any
 * byte, or be zeroes or garbage to any byte. Each image is laid into the directory itself, around the file that says
 * that it is the same place, so that a store that was synced goes on under its incarnation. The clock of the ledger is
 * the length of the log.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dot } from '../../src/clock/dot.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { level } from '../../src/storage/level.ts';
import type { Durability } from '../../src/storage/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { Ledger, shownBy, textOfDot } from './ledger.ts';
import { different, type ImageKind, isNew, type PowerReport, torn, total, unsound, writeOn } from './power-images.ts';
import { Callers, envOf, MEMBERS, randomOf } from './story.ts';

const PLACE = 'CAIRN';
/** Where files cost no sync, which these images do not need. */
const MEMORY = '/dev/shm';

type Recorded = {
  readonly directory: string;
  readonly id: string;
  readonly durability: Durability;
  readonly ledger: Ledger;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly log: string;
  /** The length of the log when the store had been opened. */
  readonly from: number;
};

/** Opens images of directories until the report has `images` of them, or every byte was cut at. */
export async function runLevelPower(seed: number, images: number, report: PowerReport, rounds = 8): Promise<void> {
  const directory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'cairn-power-'));
  try {
    const end = total(report) + images;
    await imagesOf(
      await record(join(directory, 'synced'), 'synced', seed, rounds),
      report,
      total(report) + images * 0.8,
    );
    await imagesOf(await record(join(directory, 'buffered'), 'buffered', seed, rounds), report, end);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function record(directory: string, durability: Durability, seed: number, rounds: number): Promise<Recorded> {
  const random = randomOf(seed);
  const ledger = new Ledger();
  const store = await open(directory, durability, random);
  const log = newestLog(directory);
  const length = (): number => statSync(join(directory, log)).size;
  const from = length();
  const callers = new Callers(ledger, random, length);
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(Array.from({ length: 3 }, () => callers.act(store, true)));
    if (random() < 0.3) await store.reap({ force: true });
  }
  const { id } = store;
  const files = new Map(
    readdirSync(directory).flatMap((name) =>
      name === PLACE || name === 'LOCK' ? [] : [[name, readFileSync(join(directory, name))] as const],
    ),
  );
  await store.close();
  return { directory, id, durability, ledger, files, log, from };
}

async function imagesOf(recorded: Recorded, report: PowerReport, until: number): Promise<void> {
  const { durability, files, log, from } = recorded;
  const whole = files.get(log) as Buffer; // it is one of the files
  const end = whole.length;
  // All lengths if they fit; else spread over the log.
  const cuts = Math.max(1, Math.min(end - from + 1, Math.floor((until - total(report)) * 0.6)));
  const tails: readonly (readonly [kind: ImageKind, every: number, fill: (length: number) => Buffer])[] = [
    [durability === 'synced' ? 'LevelDB log cut' : 'LevelDB buffered log cut', 1, () => Buffer.alloc(0)],
    ['LevelDB log, zeroes after', 3, (length) => Buffer.alloc(length)],
    [
      'LevelDB log, garbage after',
      3,
      (length) => Buffer.from(Array.from({ length }, (_, at) => (at * 167 + length * 31) & 255)),
    ],
  ];
  for (let n = 0; n < cuts; n += 1) {
    const cut = from + Math.floor((n * (end - from)) / Math.max(1, cuts - 1));
    for (const [kind, every, fill] of tails) {
      if (n % every !== 0 || total(report) >= until) continue;
      report.images.set(kind, (report.images.get(kind) ?? 0) + 1);
      const bytes = Buffer.concat([whole.subarray(0, cut), fill(end - cut)]);
      const problems = await problemsOf(recorded, bytes, cut).catch((error: unknown) => [`throws ${String(error)}`]);
      for (const problem of problems.slice(0, 3)) report.problems.push(`${kind} at ${cut} of ${end}: ${problem}`);
      if (report.problems.length > 20) return;
    }
  }
}

async function problemsOf(recorded: Recorded, bytes: Buffer, cut: number): Promise<string[]> {
  const { directory, durability, ledger, files, log, id } = recorded;
  for (const name of readdirSync(directory)) if (name !== PLACE) rmSync(join(directory, name));
  for (const [name, content] of files) writeFileSync(join(directory, name), name === log ? bytes : content);
  const store = await open(directory, durability, randomOf(cut));
  const isSynced = durability === 'synced';
  const problems: string[] = [];
  if ((store.id === id) !== isSynced) problems.push(`it was ${id} and goes on as ${store.id}`);
  const shown = await shownBy(store);
  const told = ledger.problems(shown, { isDue: (_, at) => isSynced && at <= cut, until: cut });
  problems.push(...told.map(({ kind, what }) => `${kind}: ${what}`), ...torn(shown), ...(await unsound(store)));
  // A synced store was cut off where its log ends; of a buffered one everything had been acknowledged.
  const left = ledger.left(isSynced ? cut : Number.POSITIVE_INFINITY);
  const issued: Dot[] = await writeOn(store);
  for (const dot of issued) if (left.has(textOfDot(dot))) problems.push(`reissued: ${textOfDot(dot)}`);
  const peer = await openStore({ name: 'b', members: MEMBERS });
  await exchange(store, peer);
  const [one, other] = [await shownBy(store), await shownBy(peer)];
  problems.push(...different(one, other), ...(await unsound(store)));
  const after = ledger.problems(other, { isDue: (_, at) => isSynced && at <= cut, until: cut, isLeftOut: isNew });
  problems.push(...after.map(({ kind, what }) => `after, ${kind}: ${what}`));
  await store.close();
  return problems;
}

function open(directory: string, durability: Durability, random: () => number): Promise<VersionedKVStore> {
  const env = envOf(random);
  const options = { name: 'a', members: MEMBERS, onConflict: 'overwrite', durability, env } as const;
  return openStore({ ...options, storage: level(directory) });
}

function newestLog(directory: string): string {
  const logs = readdirSync(directory).filter((name) => name.endsWith('.log'));
  return logs.sort().at(-1) ?? '';
}
