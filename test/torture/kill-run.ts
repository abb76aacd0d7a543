/**
 * Kills a process that writes, again and again, and holds what the next one finds against everything that had left the
 * killed ones. Lines on a pipe are written before anything else happens and survive their writer.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import type { Version } from '../../src/store/record.ts';
import { Ledger, type Problem, type Shown, textOfDot } from './ledger.ts';
import { torn } from './power-images.ts';
import { randomOf } from './story.ts';

export type KillReport = {
  readonly kills: number;
  readonly killsWhileOpening: number;
  readonly acknowledged: number;
  readonly met: number;
  readonly milliseconds: number;
  readonly slowestOpeningMs: number;
  readonly problems: readonly Problem[];
};

export type KillOptions = {
  readonly kills: number;
  readonly seed: number;
  /** A lie for the child to tell; see scripts/torture-kill-child.ts. */
  readonly lie?: string;
  /** No process is begun after this. */
  readonly millisecondsMax?: number;
  readonly onProgress?: (report: KillReport) => void;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 30_000;
const PROBLEMS_MAX = 20;

/** Runs until the kills are done or too much is wrong; leaves no file. */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-kill-'));
  // Below node_modules, so that the package of the engine is found from there.
  const cache = join(root, 'node_modules', '.cache', 'cairn-torture');
  mkdirSync(cache, { recursive: true });
  const outfile = join(mkdtempSync(join(cache, 'child-')), 'child.mjs');
  try {
    await build({
      ...{ entryPoints: [join(root, 'scripts/torture-kill-child.ts')], outfile, bundle: true },
      ...{ platform: 'node', format: 'esm', target: 'node20', external: ['classic-level'], logLevel: 'error' },
    });
    const run = new KillRun(directory, outfile, options);
    return await run.all();
  } finally {
    rmSync(directory, { recursive: true, force: true });
    rmSync(join(outfile, '..'), { recursive: true, force: true });
  }
}

class KillRun {
  readonly #directory: string;
  readonly #script: string;
  readonly #options: KillOptions;
  readonly #random: () => number;
  readonly #ledger = new Ledger();
  readonly #problems: Problem[] = [];
  #received: [store: string, id: string, counter: number][] = [];
  readonly #ids = new Map<string, string>();
  /** Dots that one of the stores held when this process began. */
  readonly #held = new Set<string>();
  #cycle = 0;
  #kills = 0;
  #killsWhileOpening = 0;
  #met = 0;
  #slowestOpeningMs = 0;
  readonly #start: number = performance.now();

  constructor(directory: string, script: string, options: KillOptions) {
    this.#directory = directory;
    this.#script = script;
    this.#options = options;
    this.#random = randomOf(options.seed);
  }

  async all(): Promise<KillReport> {
    const { kills, millisecondsMax = Number.POSITIVE_INFINITY, onProgress } = this.#options;
    const isInTime = (): boolean => performance.now() - this.#start < millisecondsMax;
    while (this.#kills < kills && this.#problems.length < PROBLEMS_MAX && isInTime()) {
      await this.#life('work');
      if (this.#kills % 50 === 0) onProgress?.(this.#report());
    }
    if (this.#problems.length < PROBLEMS_MAX) await this.#life('last');
    return this.#report();
  }

  #report(): KillReport {
    return {
      ...{ kills: this.#kills, killsWhileOpening: this.#killsWhileOpening, acknowledged: this.#ledger.acked },
      ...{ met: this.#met, slowestOpeningMs: this.#slowestOpeningMs, problems: this.#problems },
      milliseconds: performance.now() - this.#start,
    };
  }

  /** One process, from its start to its end. */
  async #life(mode: 'work' | 'last'): Promise<void> {
    this.#cycle += 1;
    const { lie } = this.#options;
    const env = lie === undefined ? process.env : { ...process.env, TORTURE_LIE: lie };
    const child = spawn(process.execPath, [this.#script, this.#directory, String(this.#cycle), mode], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    const began = performance.now();
    let isReady = false;
    let isKilled = false;
    const kill = (): void => {
      isKilled = child.kill('SIGKILL');
    };
    const patience = setTimeout(() => {
      this.#problems.push({ kind: 'wrong', what: `cycle ${this.#cycle}: the process hangs` });
      kill();
    }, PATIENCE_MS);
    const isEarly = mode === 'work' && this.#random() < 0.15;
    let timer = isEarly ? setTimeout(kill, this.#random() * 200) : undefined;
    const pipe = child.stdio[3] as Readable; // asked for above
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let rest = '';
    for await (const chunk of pipe) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#take(line.split('\t'));
        if (line !== 'ready') continue;
        isReady = true;
        this.#slowestOpeningMs = Math.max(this.#slowestOpeningMs, performance.now() - began);
        timer ??= setTimeout(kill, 20 + this.#random() * 280);
      }
    }
    const code = await exited;
    clearTimeout(patience);
    clearTimeout(timer);
    if (isKilled) {
      this.#kills += 1;
      if (!isReady) this.#killsWhileOpening += 1;
    } else if (code !== 0) {
      this.#problems.push({ kind: 'wrong', what: `cycle ${this.#cycle}: the process ended with ${code}` });
    }
  }

  #take([kind = '', ...words]: readonly string[]): void {
    const [first = '', second = '', third = '', fourth = ''] = words;
    if (kind === 'issue') this.#ledger.issue(Number(first), second, third === '1');
    else if (kind === 'ack') {
      this.#add(this.#ledger.ack(Number(first), { id: second, counter: Number(third) }, fourth, this.#cycle));
    } else if (kind === 'received') this.#received.push([first, second, Number(third)]);
    else if (kind === 'state') this.#check(words);
    else if (kind === 'shown') {
      this.#received = [];
      this.#ledger.forgetUnanswered();
      this.#ledger.prune(this.#held);
      this.#held.clear();
    } else if (kind === 'met') {
      this.#met += 1;
      if (first !== 'same') this.#add({ kind: 'wrong', what: `after an exchange they are ${first.slice(0, 500)}` });
    } else if (kind === 'error') this.#add({ kind: 'wrong', what: `an error: ${words.join(' ')}` });
  }

  /** What a store shows when it is opened after a kill. */
  #check([name = '', id = '', health = '', seen = '', reaped = '', records = '']: readonly string[]): void {
    if (health !== 'sound') this.#add({ kind: 'wrong', what: `${name} is not sound: ${health}` });
    const before = this.#ids.get(name);
    this.#ids.set(name, id);
    if (before !== undefined && before !== id) this.#add({ kind: 'wrong', what: `${before} is now ${id}` });
    const shown: Shown = {
      seen: DotSet.decode(Buffer.from(seen, 'base64')),
      reaped: VectorClock.decode(Buffer.from(reaped, 'base64')),
      records: new Map(JSON.parse(records) as [string, Version[]][]), // written by the child
    };
    for (const versions of shown.records.values()) for (const dot of versions) this.#held.add(textOfDot(dot));
    const isDue = (dot: { readonly id: string }): boolean => dot.id.startsWith(`${name}~`);
    for (const problem of this.#ledger.problems(shown, { isDue, keeps: true })) this.#add(problem, name);
    for (const what of torn(shown, name)) this.#add({ kind: 'torn', what }, name);
    for (const [store, from, counter] of this.#received) {
      if (store === name && !shown.seen.has(from, counter))
        this.#add({ kind: 'lost', what: `received ${from}:${counter}` }, name);
    }
  }

  #add(problem: Problem | undefined, where = ''): void {
    if (problem === undefined || this.#problems.length >= PROBLEMS_MAX) return;
    this.#problems.push({ kind: problem.kind, what: `cycle ${this.#cycle} ${where} ${problem.what}` });
  }
}

/** One line of figures. */
export function summary({ kills, killsWhileOpening, acknowledged, met, problems, ...times }: KillReport): string {
  const count = (kind: Problem['kind']): string => `${kind} ${problems.filter((one) => one.kind === kind).length}`;
  const kinds = (['lost', 'torn', 'reissued', 'resurrected', 'wrong'] as const).map(count).join(', ');
  const each = (times.milliseconds / Math.max(1, kills)).toFixed(0);
  return `${kills} kills (${killsWhileOpening} while opening), ${acknowledged} acknowledged writes, ${met} meetings: ${kinds}; ${each} ms a kill, slowest opening ${times.slowestOpeningMs.toFixed(0)} ms`;
}
