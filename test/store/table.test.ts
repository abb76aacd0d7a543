/** The table against a plain Map: whatever is set, overwritten or taken away, its columns, lanes, order and sums agree. */

import { describe, expect, test } from 'vitest';
import { compareDots } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import { dotHashHi, dotHashLo, hashBytes, hashText } from '../../src/codec/hash.ts';
import type { StoreRecord, Version } from '../../src/store/record.ts';
import { Table } from '../../src/store/table.ts';

const IDS = ['a', 'b', 'c', '!x', 'e'];
const EVERY_DOT = IDS.reduce((set, id) => set.addRange(id, 1, 2 ** 40), DotSet.empty);
const NONE: StoreRecord = { versions: [], residual: DotSet.empty };

/** A small linear congruential generator: the same steps in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * sides);
  };
}

class Twin {
  readonly table = new Table();
  readonly plain = new Map<string, StoreRecord>();
  readonly #roll: (sides: number) => number;
  readonly #used = new Set<string>();
  readonly #newest = new Map<string, number>();

  constructor(roll: (sides: number) => number) {
    this.#roll = roll;
  }

  step(key: string, time: number): void {
    const roll = this.#roll;
    const kind = roll(6);
    if (kind >= 4 && this.table.isPlain(key)) {
      const { id, counter, value } = this.#version(time);
      this.table.overwrite(key, id, counter, time, value);
      this.plain.set(key, { ...NONE, versions: [{ id, counter, time, value }] });
    } else if (kind === 3 && this.table.isPlain(key)) {
      const version = this.#version(time);
      this.table.place(key, version.id, version.counter, version.time, version.value);
      this.plain.set(key, { ...NONE, versions: [version] });
    } else {
      const kept = (this.plain.get(key) ?? NONE).versions.filter(() => roll(3) === 0);
      const versions = (roll(4) === 0 ? [...kept, this.#version(time)] : kept).sort(compareDots);
      const residual = roll(8) === 0 ? DotSet.of([{ id: 'z', counter: 1 + roll(9) }]) : DotSet.empty;
      this.table.set(key, { versions, residual });
      if (versions.length > 0 || !residual.isEmpty) this.plain.set(key, { versions, residual });
      else this.plain.delete(key);
    }
  }

  #version(time: number): Version {
    const roll = this.#roll;
    const id = IDS[roll(IDS.length)] ?? 'a';
    for (;;) {
      const newest = this.#newest.get(id) ?? 0;
      const counter = roll(3) > 0 ? newest + 1 : 1 + roll(newest + 5_000);
      if (this.#used.has(`${id} ${counter}`)) {
        this.#newest.set(id, Math.max(newest, counter));
        continue;
      }
      this.#used.add(`${id} ${counter}`);
      if (counter > newest && roll(2) > 0) this.#newest.set(id, counter);
      return {
        id,
        counter: roll(200) === 0 ? counter + 2 ** 33 : counter,
        time,
        value: roll(3) > 0 ? time : undefined,
      };
    }
  }

  expectAlike(): void {
    const { table, plain } = this;
    const { keys, slots } = table.ordered();
    expect(keys.filter((key, at) => table.cellAt(key, slots[at] ?? 0) !== undefined)).toEqual([...plain.keys()].sort());
    let hi = 0;
    let lo = 0;
    const dots: string[] = [];
    const graves: string[] = [];
    const unsettled: string[] = [];
    for (const [key, { versions, residual }] of plain) {
      expect(table.record(key)).toEqual({ versions, residual });
      const isLive = versions.some(({ value }) => value !== undefined);
      for (const { id, counter } of versions) {
        dots.push(`${id} ${counter} ${key}`);
        if (isLive) hi = (hi + dotHashHi(hashText(id), counter)) | 0;
        if (isLive) lo = (lo + dotHashLo(hashText(id), counter)) | 0;
      }
      if (!residual.isEmpty) hi = (hi + dotHashHi(hashText(key), hashBytes(residual.encode()).hi)) | 0;
      if (!residual.isEmpty) lo = (lo + dotHashLo(hashText(key), hashBytes(residual.encode()).lo)) | 0;
      if (versions.length > 0 && !isLive) graves.push(key);
      if (versions.length !== 1 || !residual.isEmpty) unsettled.push(key);
    }
    const found: string[] = [];
    table.visit(EVERY_DOT, (id, counter, key) => found.push(`${id} ${counter} ${key}`));
    expect(found.sort()).toEqual(dots.sort());
    expect(table.liveHash).toEqual({ hi: hi >>> 0, lo: lo >>> 0 });
    expect([...table.graves].sort()).toEqual(graves.sort());
    expect([...table.unsettled].sort()).toEqual(unsettled.sort());
  }
}

describe('Table', () => {
  test.each([
    { keys: 1, steps: 300, checks: 10 },
    { keys: 7, steps: 400, checks: 20 },
    { keys: 40, steps: 2_000, checks: 20 },
    { keys: 6_000, steps: 30_000, checks: 4 },
  ])('Table holds what a plain Map holds, after any $steps steps on $keys keys', ({ keys, steps, checks }) => {
    const roll = dice(keys);
    const twin = new Twin(roll);
    for (let at = 1; at <= steps; at += 1) {
      twin.step(`k${roll(keys)}`, at);
      if (at % Math.floor(steps / checks) === 0) twin.expectAlike();
    }
  });

  test('Table gives everything back when every key has gone', () => {
    const table = new Table();
    for (let at = 1; at <= 5_000; at += 1) table.overwrite(`k${at}`, 'a', at, at, at);
    for (let at = 1; at <= 5_000; at += 1) table.set(`k${at}`, NONE);
    expect([...table.cells()]).toEqual([]);
    expect(table.liveHash).toEqual({ hi: 0, lo: 0 });
    table.overwrite('k1', 'a', 5_001, 1, 'again');
    expect(table.record('k1').versions).toEqual([{ id: 'a', counter: 5_001, time: 1, value: 'again' }]);
  });
});
