/**
 * `npm run fuzz:frames -- [--frames 1000000] [--seed N] [--quick] [--replay FILE]`: sends hostile frames to a listening
 * replica in a process of its own (`--quick`: in this one, over memory) and checks that it lives, answers with codes that
 * are known, holds what it held, and takes no more memory. What broke it is written to a file that `--replay` sends again.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemTimedEnv } from '../src/replica/system-env.ts';
import { nodeWebSocketTransport } from '../src/transport/websocket-node.ts';
import type { Findings, Target } from '../test/hostile/attack.ts';
import { Broken } from '../test/hostile/broken.ts';
import { type CampaignReport, campaign } from '../test/hostile/campaign.ts';
import { checkHealth } from '../test/hostile/health.ts';
import { IN_PROCESS, openInProcess } from '../test/hostile/in-process.ts';
import { KEYSPACE, tokenOf } from '../test/hostile/listening.ts';
import { Rounds } from '../test/hostile/rounds.ts';
import type { Session } from '../test/hostile/sessions.ts';
import { changed, NO_SHAPE, type ShapeChange } from '../test/hostile/shape.ts';

/** By how much memory may have grown, after a collection, between the first thousands of frames and the last. */
const GROWTH_BYTES_MAX = 128 * 2 ** 20;
/** How far a campaign against a process goes; of links one address may have 64. */
const ELSEWHERE = { flipsMax: 4_000, sideBySide: 60 };
/** What is worked on longer than an answer to a ping takes is still waited for. */
const LINGER_MS = 50;
/** A link that waits for a frame, which takes it a second, does not hold up the others. */
const PATIENCE_MS = 100;
const MiB = 2 ** 20;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 40)) },
    quick: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});
const frames = Number(values.frames);
const replayed = values.replay === undefined ? undefined : (JSON.parse(readFileSync(values.replay, 'utf8')) as Replay); // written below
const seed = replayed?.seed ?? Number(values.seed);
if (!Number.isSafeInteger(seed) || !(frames > 0))
  throw new RangeError('Cannot fuzz: --seed takes an integer, --frames a number above 0');

type Memory = { readonly rss: number; readonly heap: number; readonly renewed: number };
type Attacked = {
  readonly target: Target;
  readonly memory: () => Promise<Memory>;
  readonly close: () => Promise<void>;
};

const attacked = await (values.quick ? openHere() : openElsewhere());
process.exitCode = replayed === undefined ? await fuzz(attacked) : await replay(attacked, replayed);
await attacked.close();

async function fuzz({ target, memory }: Attacked): Promise<number> {
  console.log(`seed ${seed}, ${frames} frames${values.quick ? ', in this process' : ''}`);
  const begun = performance.now();
  let base: Memory | undefined;
  let peak = 0;
  let told = 0;
  let looked = 0;
  const look = async (findings: Findings): Promise<void> => {
    if (performance.now() - looked < 2_000) return;
    looked = performance.now();
    const now = await memory();
    if (base === undefined && findings.frames > Math.min(20_000, frames / 4)) base = now;
    peak = Math.max(peak, now.rss);
    const seconds = (performance.now() - begun) / 1_000;
    if (seconds - told < 10) return;
    told = seconds;
    console.log(
      `${findings.frames} frames in ${findings.sessions} links, ${Math.round(findings.frames / seconds)} a second, ${mib(now)}`,
    );
  };
  const report = await campaign(target, { ...(values.quick ? IN_PROCESS : ELSEWHERE), frames, seed, onProgress: look });
  const end = await memory();
  const seconds = (performance.now() - begun) / 1_000;
  show(report, seconds);
  console.log(
    `memory after a collection: ${base === undefined ? '?' : mib(base)} early on, ${mib(end)} at the end; rss at most ${Math.round(peak / MiB)} MiB; ${end.renewed} new incarnations`,
  );
  if (report.broken !== undefined) return tellBroken(report.broken);
  const growth = base === undefined ? 0 : Math.max(end.rss - base.rss, end.heap - base.heap);
  console.log(
    growth > GROWTH_BYTES_MAX
      ? `it grew by more than ${GROWTH_BYTES_MAX / MiB} MiB`
      : 'it lives, and a healthy peer replicates with it',
  );
  return growth > GROWTH_BYTES_MAX ? 1 : 0;
}

function show(report: CampaignReport, seconds: number): void {
  const { frames: sent, hellos, sessions, modes, kinds, refusals } = report;
  console.log(
    `${sent} hostile frames (and ${hellos} honest ones beside them) over ${sessions} links in ${seconds.toFixed(0)} s, ${Math.round(sent / seconds)} a second; exchanges recorded: ${[...modes].sort().join(', ')}`,
  );
  console.log('hostile frames by sort of attack:');
  list(kinds);
  console.log('refusals by code:');
  list(refusals);
}

function list(counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`  ${name.padEnd(24)} ${count}`);
}

/** In one process a seed makes the very same run; against another one, time has its part in it. */
function tellBroken({ what, sessions }: NonNullable<CampaignReport['broken']>): number {
  const file = join(tmpdir(), `cairn-hostile-${seed}.json`);
  const told = sessions.map((session) => ({ ...session, frames: session.frames.map(toHex) }));
  writeFileSync(file, JSON.stringify({ seed, sessions: told } satisfies Replay));
  const again = values.quick ? `--quick --frames ${frames} --seed ${seed}` : `--replay ${file}`;
  console.log(`BROKEN: ${what}\nagain, with what was sent in ${file}:\n  npm run fuzz:frames -- ${again}`);
  return 1;
}

/** The seed makes the ids that the frames name. */
type Replay = { readonly seed: number; readonly sessions: readonly Told[] };
type Told = Omit<Session, 'frames'> & { readonly frames: readonly string[] };

/** Sends the sessions of a file again, side by side as far as their names differ, to a target that is new but for its id. */
async function replay({ target }: Attacked, { sessions }: Replay): Promise<number> {
  const rounds = await Rounds.begin(target);
  let batch: Session[] = [];
  const send = async (): Promise<void> => {
    await rounds.round(batch);
    await rounds.finish();
    batch = [];
  };
  try {
    for (const told of sessions) {
      if (batch.some(({ name }) => name === told.name)) await send();
      batch.push({ ...told, frames: told.frames.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))) });
    }
    await send();
    await checkHealth(target);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    console.log(`BROKEN: ${error.message}`);
    return 1;
  }
  console.log(`nothing broke; refusals: ${JSON.stringify([...rounds.findings.refusals])}`);
  return 0;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function openHere(): Promise<Attacked> {
  const { listening, target } = await openInProcess();
  const memory = async (): Promise<Memory> => {
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external, renewed: listening.reports.renewed };
  };
  return { target, memory, close: () => listening.replica.close({ drainMs: 0 }) };
}

async function openElsewhere(): Promise<Attacked> {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-hostile-'));
  const child = fork(fileURLToPath(new URL('./fuzz-frames-child.ts', import.meta.url)), [directory, String(seed)], {
    execArgv: ['--expose-gc', '--import', 'tsx'],
  });
  const { ask, address } = await converse(child);
  let known = NO_SHAPE;
  const target: Target = {
    ...{ transport: nodeWebSocketTransport(), address, env: systemTimedEnv, tokenOf, keyspace: KEYSPACE },
    pass: sleep,
    linger: () => sleep(LINGER_MS),
    patience: () => sleep(PATIENCE_MS),
    id: () => ask('id'),
    shape: async (but) => {
      const change = await ask<ShapeChange>('shape', but);
      known = changed(known, change);
      return known;
    },
  };
  const close = async (): Promise<void> => {
    await ask('close');
    rmSync(directory, { recursive: true, force: true });
  };
  return { target, memory: () => ask('memory'), close };
}

type Conversation = { readonly address: string; readonly ask: <T>(what: string, but?: unknown) => Promise<T> };

/** Questions to the other process, and their answers. That it ends by itself is the worst that can be found. */
function converse(child: ChildProcess): Promise<Conversation> {
  const waiting = new Map<number, (told: never) => void>();
  let count = 0;
  let isClosing = false;
  const ask = <T>(what: string, but?: unknown): Promise<T> =>
    new Promise<T>((resolve) => {
      isClosing ||= what === 'close';
      count += 1;
      waiting.set(count, resolve);
      child.send({ number: count, what, but });
    });
  child.on('exit', (code, signal) => {
    if (isClosing) return;
    console.log(`BROKEN: the replica ended by itself (${signal ?? code}), seed ${seed}`);
    process.exit(1);
  });
  return new Promise((resolve) => {
    waiting.set(0, (address) => resolve({ address, ask }));
    child.on('message', ({ number, told }: { readonly number: number; readonly told: never }) => {
      waiting.get(number)?.(told);
      waiting.delete(number);
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function mib({ rss, heap }: Memory): string {
  return `rss ${Math.round(rss / MiB)} MiB, heap ${Math.round(heap / MiB)} MiB`;
}
