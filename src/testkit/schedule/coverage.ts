/**
 * What really happened in a run: every kind of step and each mode of an exchange, counted where it took effect and not
 * where it was drawn. A kind that never happens is a law that nobody checks.
 */

/** Everything that a run of some thousand schedules must have met. */
export const OCCASIONS = [
  'write',
  'write refused',
  'batch',
  'batch refused',
  'update',
  'update refused',
  'update overtaken',
  'resolve',
  'resolve undecided',
  'take',
  'misuse refused',
  'capture',
  'deliver',
  'deliver stale',
  'deliver forged',
  'session',
  'session moved',
  'session behind',
  'exchange',
  'exchange one way',
  'interrupt',
  'interrupt cut off',
  'interleave',
  'interleave cut off',
  'both sides began',
  'reap',
  'reap by force',
  'retire',
  'join',
  'wipe',
  'closed under way',
  'push',
  'push hid something',
  'push waited',
  'push went on',
  'push expired',
  'push wanted',
  'push was relayed',
  'push carried a residual',
  'push lost',
  'push refused for a fence',
  'push let reap',
  'push chain went on',
  'push after its sender',
  'mode equal',
  'mode difference',
  'mode reconcile',
  'mode mend',
] as const;

/** What a run of some hundred schedules on disks must have met beside. */
export const DURABLE_OCCASIONS = [
  'reopen',
  'crash',
  'crash before a commit',
  'crash after a commit',
  'crash that loses buffered commits',
  'crash under way',
  'snapshot',
  'backup',
  'restore',
  'loss',
  'loss refused',
  'loss refilled',
  'loss outlived',
  'loss accepted',
  'verify',
] as const;

/** One thing that can happen in a run. */
export type Occasion = (typeof OCCASIONS)[number] | (typeof DURABLE_OCCASIONS)[number];

/** How often each occasion was met, over as many schedules as share it. */
export class Coverage {
  readonly #occasions: readonly Occasion[];
  readonly #times = new Map<Occasion, number>();

  /** `isDurable`: the run is one on disks. */
  constructor(isDurable = false) {
    this.#occasions = isDurable ? [...OCCASIONS, ...DURABLE_OCCASIONS] : OCCASIONS;
  }

  /** Notes that it happened once more. */
  note(occasion: Occasion): void {
    this.#times.set(occasion, this.timesOf(occasion) + 1);
  }

  /** How often it happened. */
  timesOf(occasion: Occasion): number {
    return this.#times.get(occasion) ?? 0;
  }

  /** What never happened. */
  get missing(): readonly Occasion[] {
    return this.#occasions.filter((occasion) => this.timesOf(occasion) === 0);
  }

  /** A table for people, one line an occasion. */
  toString(): string {
    const width = Math.max(...this.#occasions.map((occasion) => occasion.length));
    const line = (occasion: Occasion): string =>
      `${occasion.padEnd(width)}  ${String(this.timesOf(occasion)).padStart(9)}`;
    return this.#occasions.map(line).join('\n');
  }
}
