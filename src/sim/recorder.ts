/**
 * What happened in a run, in order: told to whoever wants to keep it, and summed up in one number, so that two runs can
 * be compared without keeping either. Counts how often each kind of fault really struck.
 */

import { hashText } from '../codec/hash.ts';
import type { Scheduler } from './scheduler.ts';

/** One thing that happened. `message` ties what was sent to what came of it. */
export type TraceEvent = {
  /** Virtual milliseconds. */
  readonly at: number;
  readonly process: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly message?: number;
};

/** Takes note of events. */
export class Recorder {
  readonly #scheduler: Scheduler;
  readonly #onEvent: ((event: TraceEvent) => void) | undefined;
  readonly #fired = new Map<string, number>();
  #messages = 0;
  #hi = 0x243f6a88;
  #lo = 0x85a308d3;

  constructor(scheduler: Scheduler, onEvent: ((event: TraceEvent) => void) | undefined) {
    this.#scheduler = scheduler;
    this.#onEvent = onEvent;
  }

  /** How often each fault struck. */
  get struck(): ReadonlyMap<string, number> {
    return this.#fired;
  }

  get messages(): number {
    return this.#messages;
  }

  /** All of the trace as one number, in hexadecimal. Law: L25. */
  get hash(): string {
    return [this.#hi, this.#lo].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Something happened at a process. */
  note(process: string, what: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.#mix(`${process} ${what} ${JSON.stringify(detail)}`);
    this.#onEvent?.({ at: this.#scheduler.now, process, what, detail });
  }

  /** What follows from what is noted, for those who listen: the trace is one number whether anybody does or not. */
  tell(process: string, what: string, detail: Readonly<Record<string, unknown>>): void {
    this.#onEvent?.({ at: this.#scheduler.now, process, what, detail });
  }

  /** A fault struck. */
  fired(fault: string): void {
    this.#fired.set(fault, (this.#fired.get(fault) ?? 0) + 1);
  }

  /** A frame left; gives its number. */
  sent(from: string, to: string, kind: string, bytes: number): number {
    this.#messages += 1;
    const message = this.#messages;
    this.#mix(`${from}>${to} ${kind} ${bytes}`);
    this.#onEvent?.({ at: this.#scheduler.now, process: from, what: 'send', detail: { to, kind, bytes }, message });
    return message;
  }

  received(message: number, by: string): void {
    this.#mix(`${message} at ${by}`);
    this.#onEvent?.({ at: this.#scheduler.now, process: by, what: 'receive', detail: {}, message });
  }

  lost(message: number, why: string): void {
    this.fired(why);
    this.#mix(`${message} ${why}`);
    this.#onEvent?.({ at: this.#scheduler.now, process: 'network', what: 'lost', detail: { why }, message });
  }

  #mix(line: string): void {
    const { hi, lo } = hashText(line);
    const at = Math.round(this.#scheduler.now * 1_024) | 0;
    this.#hi = Math.imul(this.#hi ^ hi ^ at, 0x9e3779b1) ^ (this.#lo >>> 15);
    this.#lo = Math.imul(this.#lo ^ lo, 0x85ebca6b) ^ (this.#hi >>> 13);
  }
}
