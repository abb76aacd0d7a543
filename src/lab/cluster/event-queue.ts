/**
 * Virtual time of an experiment: what is to happen, by its time and then the order in which it was said. No promises.
 * `as` in this file is for places of the heap, whose three lists are of one length.
 */

type Event = () => void;

/** A clock in ms from 0, and a heap. */
export class EventQueue {
  #times: number[] = [];
  #numbers: number[] = [];
  #events: Event[] = [];
  #now = 0;
  #made = 0;
  #ran = 0;

  get now(): number {
    return this.#now;
  }

  /** How many events have happened. */
  get ran(): number {
    return this.#ran;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Cost: O(log events). */
  at(time: number, event: Event): void {
    const times = this.#times;
    const due = Math.max(time, this.#now);
    let at = times.length;
    times.push(due);
    this.#numbers.push(this.#made);
    this.#events.push(event);
    // A later number is never before an equal time, so numbers need no comparison on the way up.
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= due) break; // a place below `at`
      this.#move(parent, at);
      at = parent;
    }
    times[at] = due;
    this.#numbers[at] = this.#made;
    this.#events[at] = event;
    this.#made += 1;
  }

  after(delayMs: number, event: Event): void {
    this.at(this.#now + delayMs, event);
  }

  /** Lets everything happen until a moment, which then is now. */
  runUntil(time: number): void {
    while (this.#events.length > 0 && (this.#times[0] as number) <= time) this.#runNext(); // there is one
    this.#now = Math.max(this.#now, time);
  }

  #runNext(): void {
    const event = this.#events[0] as Event; // there is one
    this.#now = this.#times[0] as number;
    this.#ran += 1;
    this.#pop();
    event();
  }

  #pop(): void {
    const time = this.#times.pop() as number; // there is one
    const number = this.#numbers.pop() as number;
    const event = this.#events.pop() as Event;
    const size = this.#events.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(child + 1, child)) child += 1;
      const due = this.#times[child] as number; // below size
      if (time < due || (time === due && number < (this.#numbers[child] as number))) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = time;
    this.#numbers[at] = number;
    this.#events[at] = event;
  }

  #isBefore(one: number, other: number): boolean {
    const difference = (this.#times[one] as number) - (this.#times[other] as number); // both in the heap
    return difference < 0 || (difference === 0 && (this.#numbers[one] as number) < (this.#numbers[other] as number));
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number; // in the heap
    this.#numbers[to] = this.#numbers[from] as number;
    this.#events[to] = this.#events[from] as Event;
  }
}
