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
  'wipe under way',
  'mode equal',
  'mode difference',
  'mode reconcile',
  'mode mend',
] as const;

/** One thing that can happen in a run. */
export type Occasion = (typeof OCCASIONS)[number];

/** How often each occasion was met, over as many schedules as share it. */
export class Coverage {
  readonly #times = new Map<Occasion, number>();

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
    return OCCASIONS.filter((occasion) => this.timesOf(occasion) === 0);
  }

  /** A table for people, one line an occasion. */
  toString(): string {
    const width = Math.max(...OCCASIONS.map((occasion) => occasion.length));
    return OCCASIONS.map((occasion) => `${occasion.padEnd(width)}  ${String(this.timesOf(occasion)).padStart(9)}`).join(
      '\n',
    );
  }
}
