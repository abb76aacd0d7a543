/** Integers for formats that know nothing else: those that a history has, if they will do, else new ones from 1. */

import type { HistoryValue, RegisterHistory } from '../register-history.ts';

/** The numbers of one history's keys, values and sessions. Cost: one visit an operation. */
export class Numbering {
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<HistoryValue, number>();
  readonly #sessions: readonly number[];

  constructor({ sessions, aborted = [] }: RegisterHistory) {
    const keys = new Set<string>();
    const values = new Set<HistoryValue>();
    const take = ({ key, value }: { readonly key: string; readonly value: HistoryValue | null }): void => {
      keys.add(key);
      if (value !== null) values.add(value);
    };
    for (const { transactions } of sessions)
      for (const transaction of transactions) for (const each of transaction) take(each);
    for (const write of aborted) take(write);
    number(this.#keys, keys, 0);
    number(this.#values, values, 1);
    const names = new Map<string, number>();
    number(names, new Set(sessions.map(({ name }) => name)), 0);
    this.#sessions = sessions.map(({ name }) => names.get(name) ?? 0);
  }

  key(key: string): number {
    return this.#keys.get(key) ?? 0;
  }

  /** 0 for nothing. */
  value(value: HistoryValue | null): number {
    return value === null ? 0 : (this.#values.get(value) ?? 0);
  }

  session(at: number): number {
    return this.#sessions[at] ?? at;
  }

  get keys(): number {
    return this.#keys.size;
  }
}

/** A number such as these formats take, from `least`. */
function asNumber(name: HistoryValue, least: number): number | undefined {
  const isPlain = typeof name === 'number' || /^(0|[1-9]\d{0,14})$/.test(name);
  return isPlain && Number.isSafeInteger(Number(name)) && Number(name) >= least ? Number(name) : undefined;
}

function number<Name extends HistoryValue>(numbers: Map<Name, number>, names: ReadonlySet<Name>, least: number): void {
  const own = [...names].map((name) => asNumber(name, least));
  const isKept = !own.includes(undefined) && new Set(own).size === own.length;
  for (const [at, name] of [...names].entries()) numbers.set(name, isKept ? (own[at] ?? 0) : at + 1);
}
