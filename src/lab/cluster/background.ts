/** What replicas do by themselves: exchange with a drawn peer, hand off what they owe, forget what their rule lets them. */

import type { Random } from '../../random.ts';
import { randomOf } from '../scenario/delay.ts';
import type { Cluster, Seat } from './cluster.ts';

/** Streams of chance that are no client's. */
const EXCHANGES = 1_001;

/** Turns what the replicas of a cluster do by themselves. */
export class BackgroundWork {
  readonly #cluster: Cluster;
  #isOver = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  start(): void {
    const { exchangeEveryMs, hints, tidyEveryMs } = this.#cluster.setting.background;
    for (const replica of this.#cluster.replicas) {
      const random = randomOf(this.#cluster.seed, EXCHANGES, replica.index);
      if (exchangeEveryMs !== undefined)
        this.#every(exchangeEveryMs, random, () => this.#exchangeWithAny(replica, random));
      if (hints !== undefined) this.#every(hints.everyMs, random, () => this.handOff(replica));
      this.#every(tidyEveryMs, random, () => this.tidy(replica));
    }
    if (hints !== undefined) {
      for (const client of this.#cluster.seats.slice(this.#cluster.setting.replicas)) {
        const random = randomOf(this.#cluster.seed, EXCHANGES, client.index);
        this.#every(hints.everyMs, random, () => this.handOff(client));
      }
    }
  }

  /** Nothing more begins by itself. */
  stop(): void {
    this.#isOver = true;
  }

  /** One exchange, if the two reach each other. */
  exchange(one: Seat, other: Seat): void {
    const cluster = this.#cluster;
    if (!cluster.isReachable(one, other)) return;
    const changed = new Set([...cluster.changedSince(one, other), ...cluster.changedSince(other, one)]);
    const met: string[] = [];
    const cost = one.replica.exchange(other.replica, changed, (key, isChanged, isPeerChanged) => {
      met.push(key);
      if (isChanged) cluster.touch(one, key);
      if (isPeerChanged) cluster.touch(other, key);
    });
    cluster.noteExchanged(one, other);
    cluster.meter.exchanged(cost);
    for (const key of met) {
      cluster.learn(one, key, cluster.knownOf(other, key));
      cluster.learn(other, key, cluster.knownOf(one, key));
    }
    cluster.trace?.({
      ...{ at: cluster.now, kind: 'exchange', replica: one.index, peer: other.index, records: cost.records },
      changed: met.map((key) => ({ key, view: cluster.viewOf(one, key), peerView: cluster.viewOf(other, key) })),
    });
  }

  /** Tries to deliver what a seat owes; what is too old is dropped. */
  handOff(seat: Seat): void {
    const cluster = this.#cluster;
    const { meter, setting } = cluster;
    const { hints } = setting.background;
    if (hints === undefined || seat.isDown) return;
    let part = 0;
    for (const hint of seat.hints) {
      part += 1;
      const to = cluster.seatAt(hint.to);
      if (cluster.now - hint.at > hints.ttlMs) {
        seat.hints.delete(hint);
        meter.hintExpired();
      } else if (cluster.isReachable(seat, to)) {
        const told = seat.replica.owed(hint.key, hint.told);
        // What is owed by now may say more than what was told at first.
        const known = told === hint.told ? hint.known : cluster.knownOf(seat, hint.key);
        meter.sent('hint');
        cluster.send('hint', seat, to, hint.key, { call: Math.floor(cluster.now), part }, () => {
          seat.hints.delete(hint);
          meter.taken('hint', cluster.take(to, hint.key, told, known));
        });
      }
    }
  }

  tidy(replica: Seat): void {
    if (replica.isDown) return;
    const before = this.#cluster.trace === undefined ? 0 : replica.replica.census().tombstones.length;
    const keys = [...replica.replica.tidy()];
    for (const key of keys) this.#cluster.touch(replica, key);
    if (this.#cluster.trace === undefined) return;
    const gone = before - replica.replica.census().tombstones.length;
    if (gone > 0) this.#cluster.trace({ at: this.#cluster.now, kind: 'tidied', replica: replica.index, keys });
  }

  #exchangeWithAny(replica: Seat, random: Random): void {
    const others = this.#cluster.replicas.filter((other) => other !== replica);
    if (others.length > 0) this.exchange(replica, random.pick(others));
  }

  /** At a steady pace, beginning somewhere in the first period. */
  #every(everyMs: number, random: Random, run: () => void): void {
    const { queue } = this.#cluster;
    const again = (): void => {
      if (this.#isOver) return;
      run();
      queue.after(everyMs, again);
    };
    queue.after(Math.round(random.fraction() * everyMs * 1_024) / 1_024, again);
  }
}
