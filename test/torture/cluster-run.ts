/**
 * Tortures a cluster of real processes, round after round: clients write while replicas are killed, cut off, put behind a
 * bad network or kept away until what was deleted has been reaped. After each round everything is healed, exchanges are
 * counted until all replicas are equal, and the judge looks at all that they show. What is done follows from a seed; when
 * it happens is a matter of real time, so a seed brings the same faults again, not the same run.
 */

import { DotSet } from '../../src/clock/dot-set.ts';
import { Random } from '../../src/random.ts';
import { level } from '../../src/storage/level.ts';
import { openStore } from '../../src/store/open-store.ts';
import {
  baseOf,
  type ClientCounts,
  opOf,
  type Scene,
  Scribe,
  shownIn,
  stateThrough,
  TortureClient,
} from './cluster-clients.ts';
import { ClusterLedger, type ClusterState, differenceOf, type Violation } from './cluster-ledger.ts';
import { ClusterProcesses, type Cut, pause, until } from './cluster-processes.ts';
import { type ClusterReport, ROUND_KINDS, type RoundKind } from './cluster-report.ts';
import { shownBy } from './ledger.ts';

export type ClusterRunOptions = {
  readonly seed: number;
  /** No round is begun after this. */
  readonly seconds: number;
  /** What rounds there are; each is done once before any is done again. Default: all. */
  readonly kinds?: readonly RoundKind[];
  readonly roundsMax?: number;
  readonly onRound?: (report: ClusterReport) => void;
};

const CLIENTS = 8;
const EXCHANGE_ROUNDS_MAX = 5;
const VIOLATIONS_MAX = 20;
const BAD: number = 0.3;

/** Runs until the time is over or too much is wrong; leaves no file and no process. */
export async function runCluster(options: ClusterRunOptions): Promise<ClusterReport> {
  const { seed } = options;
  const args = ['--r', '2', '--w', '2', '--timeout-ms', '3000', '--reap-every-ms', '250', '--log-level', 'warn'];
  const cluster = await ClusterProcesses.start({ seed, args });
  try {
    return await new ClusterRun(cluster, options).all();
  } finally {
    await cluster.close();
  }
}

class ClusterRun {
  readonly #cluster: ClusterProcesses;
  readonly #options: ClusterRunOptions;
  readonly #random: Random;
  readonly #ledger = new ClusterLedger();
  readonly #closed = new Set<string>();
  readonly #violations: Violation[] = [];
  readonly #scene: Scene;
  readonly #clients: readonly TortureClient[];
  readonly #counts: ClientCounts = {
    reads: 0,
    conflictsSeen: 0,
    behind: 0,
    moves: 0,
    failedReads: 0,
    codes: new Map(),
  };
  readonly #kinds = new Map<RoundKind, number>();
  readonly #exchangeRounds: number[] = [];
  readonly #begin: number = performance.now();
  #running: Promise<unknown> | undefined;
  #exchangesBroken = 0;
  #round = 0;
  #kind: RoundKind = 'kill';
  #kills = 0;
  #cuts = 0;
  #reapedWhileAway = 0;
  #reaped = 0;
  #keys = 0;
  #op = 0;

  constructor(cluster: ClusterProcesses, options: ClusterRunOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#scene = {
      ...{ ledger: this.#ledger, names: cluster.names, closed: this.#closed, counts: this.#counts },
      urlOf: (name) => cluster.url(name),
      note: (violation) => this.#note(violation),
      nextOp: () => (this.#op += 1),
    };
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, at) => new TortureClient(this.#scene, at, new Random(options.seed * 1_009 + at)),
    );
  }

  async all(): Promise<ClusterReport> {
    const { seconds, roundsMax = Number.POSITIVE_INFINITY, onRound } = this.#options;
    const isInTime = (): boolean => performance.now() - this.#begin < seconds * 1_000;
    try {
      await this.#cluster.linked();
      while (isInTime() && this.#round < roundsMax && this.#violations.length === 0) {
        await this.#oneRound();
        onRound?.(this.#report());
      }
      if (this.#violations.length === 0) await this.#judgeDirectories();
    } catch (error) {
      this.#note({ kind: 'wrong', what: error instanceof Error ? String(error.stack) : String(error) });
    }
    for (const what of this.#cluster.crashes) this.#note({ kind: 'wrong', what });
    return this.#report();
  }

  async #oneRound(): Promise<void> {
    this.#kind = this.#nextKind();
    this.#round += 1;
    this.#kinds.set(this.#kind, (this.#kinds.get(this.#kind) ?? 0) + 1);
    this.#running = Promise.all(this.#clients.map((client) => client.run()));
    // Its failure is that of the round, whatever that is waiting for.
    const failed = this.#running.then(() => new Promise<never>(() => undefined));
    await Promise.race([this.#torture(), failed]);
    for (const client of this.#clients) client.stop();
    await this.#running;
    await this.#converge();
  }

  /** Each kind once, in an order drawn anew for each time around. */
  #nextKind(): RoundKind {
    const { kinds = ROUND_KINDS } = this.#options;
    const least = Math.min(...kinds.map((kind) => this.#kinds.get(kind) ?? 0));
    return this.#random.pick(kinds.filter((kind) => (this.#kinds.get(kind) ?? 0) === least));
  }

  async #torture(): Promise<void> {
    const victim = this.#random.pick(this.#cluster.names);
    await this.#dwell();
    switch (this.#kind) {
      case 'kill':
        for (let times = this.#random.between(1, 3); times > 0; times -= 1) {
          await this.#kill(this.#random.pick(this.#cluster.names));
          await this.#dwell();
        }
        break;
      case 'cut':
        await this.#cut(victim);
        await this.#dwell(3);
        break;
      case 'faults':
        this.#cluster.faults(this.#someFaults());
        await this.#dwell(4);
        break;
      case 'away':
        await this.#away(victim);
        break;
      case 'kill while cut':
        await this.#cut(victim);
        await this.#dwell();
        await this.#kill(this.#random.pick(this.#cluster.names));
        await this.#dwell();
        break;
      case 'kill behind faults':
        this.#cluster.faults(this.#someFaults());
        await this.#dwell();
        await this.#kill(victim);
        await this.#dwell();
        break;
    }
    await this.#cluster.heal();
    await this.#dwell();
  }

  #dwell(longer = 1): Promise<void> {
    return pause(this.#random.between(300, 900) * longer);
  }

  /** kill -9, and up again after a while. */
  async #kill(name: string): Promise<void> {
    await this.#cluster.kill(name);
    this.#kills += 1;
    await this.#dwell();
    await this.#cluster.startReplica(name);
  }

  async #cut(name: string): Promise<void> {
    const ways: readonly Cut[] = ['breaks', 'silence', 'by hand'];
    await this.#cluster.cut(name, this.#random.pick(ways));
    this.#cuts += 1;
  }

  #someFaults(): { loss: number; duplication: number; reordering: number; delay: number } {
    return { loss: BAD, duplication: BAD, reordering: BAD, delay: BAD };
  }

  /**
   * A replica is retired while it is cut off; half of all keys are deleted, and the others wait until nothing is left of
   * those; then it is taken back, with its old data and with what was written to it meanwhile.
   */
  async #away(name: string): Promise<void> {
    const [one, other] = this.#cluster.others(name) as [string, string]; // there are three
    await this.#cut(name);
    await this.#cluster.post(one, '/v1/members', { retire: name });
    await this.#dwell();
    for (const open of [one, other]) this.#closed.add(open);
    await until(() => !this.#clients.some((client) => client.isBusyAt([one, other])), 'nobody writes there any more');
    await until(
      async () => differenceOf(await this.#states([one, other])) === undefined,
      `${one} and ${other} are equal`,
    );
    const gone = await this.#deleteHalf(one);
    const left = async (): Promise<readonly string[]> => {
      const lists = [one, other].map(async (at) =>
        (await this.#statusesAt(at, gone)).flatMap((status, index) =>
          status === 'absent' ? [] : [`${gone[index]} ${status} at ${at}`],
        ),
      );
      return (await Promise.all(lists)).flat();
    };
    await until(
      async () => (await left()).length === 0,
      `${gone.length} keys are reaped at ${one} and ${other}`,
      async () => `${(await left()).join(', ')}; ${JSON.stringify((await this.#cluster.status(one)).tombstones)}`,
    );
    this.#reapedWhileAway += gone.length;
    this.#closed.clear();
    await this.#dwell();
    await this.#cluster.post(other, '/v1/members', { join: name });
    await this.#dwell();
  }

  /** Deletes every other key that a replica shows, each on what is shown of it; gives the keys. */
  async #deleteHalf(name: string): Promise<readonly string[]> {
    const scribe = new Scribe(this.#scene, 'the conductor', name);
    const gone: string[] = [];
    for await (const entry of scribe.client.list({ pageSize: 100 })) {
      const { key, context } = entry;
      if (context === undefined || this.#random.chance(0.5)) continue;
      const options = { context, w: 1, waitMs: 10_000 };
      const written = await scribe.write(key, undefined, baseOf(key, context, shownIn(entry)), options);
      if (written !== undefined) gone.push(key);
    }
    return gone;
  }

  async #statusesAt(name: string, keys: readonly string[]): Promise<readonly string[]> {
    const answer = await fetch(`${this.#cluster.url(name)}/v1/read?r=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys }),
    });
    if (!answer.ok) throw new Error(`POST /v1/read at ${name}: ${answer.status} ${await answer.text()}`);
    const { answers } = (await answer.json()) as { readonly answers: readonly { readonly status: string }[] };
    return answers.map(({ status }) => status);
  }

  /** Counts how often all must exchange with all until they are equal; and has what they show judged. */
  async #converge(): Promise<void> {
    await this.#cluster.linked();
    let rounds = 0;
    let states = await this.#states();
    for (; differenceOf(states) !== undefined && rounds < EXCHANGE_ROUNDS_MAX; rounds += 1) {
      for (const name of this.#cluster.names) await this.#exchangeAt(name);
      states = await this.#states();
    }
    this.#exchangeRounds.push(rounds);
    for (const violation of this.#ledger.violations(states)) this.#note(violation);
    const [state] = states.values();
    if (state === undefined || this.#violations.length > 0) return;
    this.#keys = state.keys.size;
    this.#ledger.settle(state);
    const statuses = await Promise.all(this.#cluster.names.map((name) => this.#cluster.status(name)));
    this.#reaped = statuses.reduce((sum, { stats }) => sum + (stats['reaped'] ?? 0), 0);
  }

  /** That a frame was lost may come out only now, when another follows: then the link ends, and another is opened. */
  async #exchangeAt(name: string): Promise<void> {
    try {
      await this.#cluster.post(name, '/v1/exchange');
    } catch (error) {
      if (!String(error).includes('LINK_FAILED')) throw error;
      this.#exchangesBroken += 1;
      await this.#cluster.linked();
    }
  }

  async #states(names: readonly string[] = this.#cluster.names): Promise<ReadonlyMap<string, ClusterState>> {
    const states = await Promise.all(names.map((name) => stateThrough(this.#cluster.url(name))));
    return new Map(names.map((name, at) => [name, states[at] as ClusterState])); // one each
  }

  /** After the processes have ended: what lies in the directories, tombstones too, and whether the stores are sound. */
  async #judgeDirectories(): Promise<void> {
    const states = new Map<string, ClusterState>();
    await Promise.all(this.#cluster.names.map((name) => this.#cluster.stop(name)));
    for (const name of this.#cluster.names) {
      const store = await openStore({ storage: level(this.#cluster.directory(name)) });
      try {
        const { isSound, faults } = await store.verify();
        if (!isSound) this.#note({ kind: 'wrong', what: `${name} is not sound: ${JSON.stringify(faults)}` });
        const { seen, reaped, records } = await shownBy(store);
        const held = [...records].map(([key, versions]) => {
          const shown = versions.map(({ id, counter, value }) => ({ dot: { id, counter }, op: opOf(value) }));
          return [key, shown] as const;
        });
        states.set(name, { seen, reaped, keys: new Map(held) });
      } finally {
        await store.close();
      }
    }
    // A key that holds nothing but tombstones may be reaped at the one and not yet at the other.
    const shown = new Map(
      [...states].map(([name, { keys }]) => {
        const live = [...keys].filter(([, held]) => held.some(({ op }) => op !== undefined));
        return [name, { seen: DotSet.empty, keys: new Map(live) }] as const;
      }),
    );
    const different = differenceOf(shown);
    if (different !== undefined) this.#note({ kind: 'different', what: `in the directories, ${different}` });
    for (const [name, state] of states)
      for (const violation of this.#ledger.violations(new Map([[name, state]]))) this.#note(violation);
  }

  #note({ kind, what }: Violation): void {
    if (this.#violations.length >= VIOLATIONS_MAX) return;
    this.#violations.push({ kind, what: `round ${this.#round} (${this.#kind}): ${what}` });
  }

  #report(): ClusterReport {
    const { acknowledged, refused, unknown } = this.#ledger.counts;
    const { excused } = this.#ledger;
    const { reads, conflictsSeen, moves, behind, codes } = this.#counts;
    return {
      ...{ seed: this.#options.seed, seconds: (performance.now() - this.#begin) / 1_000, rounds: this.#round },
      ...{ kinds: Object.fromEntries(this.#kinds), kills: this.#kills, cuts: this.#cuts },
      ...{ acknowledged, failedDefinite: refused, unknown, excused, codes: Object.fromEntries(codes) },
      ...{ reads, conflictsSeen, moves, behind, reapedWhileAway: this.#reapedWhileAway, reaped: this.#reaped },
      ...{ frames: this.#cluster.faultCounts(), keys: this.#keys, exchangeRounds: [...this.#exchangeRounds] },
      exchangeRoundsMax: Math.max(0, ...this.#exchangeRounds),
      exchangesBroken: this.#exchangesBroken,
      violations: [...this.#violations],
    };
  }
}
