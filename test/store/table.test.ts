/** The table against a plain Map: whatever is set, overwritten or taken away, its columns, lanes, order and sums agree. */

import { describe, expect, test } from 'vitest';
import { compareDots } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import { dotHashHi, dotHashLo, hashBytes, hashText } from '../../src/codec/hash.ts';
import { TIME_MAX } from '../../src/limits.ts';
import { INTERNAL_PREFIX } from '../../src/store/key.ts';
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
    { keys: 3, steps: 60, checks: 30 },
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

  test('Table says of each key whether it is there and plain, and lists what it holds', () => {
    const table = new Table();
    const version = (counter: number): Version => ({ id: 'a', counter, time: 1, value: 'v' });
    expect([table.isPlain('k'), table.has('k'), table.get('k'), [...table.cells()]]).toEqual([
      ...[true, false, undefined, []],
    ]);
    table.overwrite('k', 'a', 1, 1, 'v');
    table.set('l', { versions: [version(2), version(3)], residual: DotSet.empty });
    table.set('m', { versions: [version(4)], residual: DotSet.of([{ id: 'z', counter: 1 }]) });
    expect(['k', 'l', 'm', 'n'].map((key) => [table.isPlain(key), table.has(key)])).toEqual([
      [true, true],
      [false, true],
      [false, true],
      [true, false],
    ]);
    expect([...table.cells()].map(([key]) => key)).toEqual(['k', 'l', 'm']);
    expect(new Map(table.cells()).get('k')).toEqual(version(1));
    table.overwrite('k', 'a', 5, 1, undefined);
    expect([...table.graves]).toEqual(['k']);
    table.overwrite('k', 'a', 6, 1, 'again');
    expect([...table.graves]).toEqual([]);
    const { keys, slots } = table.ordered();
    table.set('k', NONE);
    table.overwrite('x', 'a', 7, 1, 'in its place');
    expect(keys.map((key, at) => table.cellAt(key, slots[at] ?? -1))).toEqual([
      undefined,
      table.get('l'),
      table.get('m'),
    ]);
  });

  test('Table says whether another key holds a dot', () => {
    const table = new Table();
    table.overwrite('k', 'a', 1, 1, 'v');
    table.overwrite('l', 'a', 3, 1, 'v');
    const asked = (counter: number, key: string): boolean => table.isUnderOtherKey('a', counter, key);
    expect([asked(1, 'k'), asked(1, 'l'), asked(3, 'k'), asked(3, 'l'), asked(2, 'k')]).toEqual([
      ...[false, true, true, false, false],
    ]);
    table.place('l', 'a', 1, 1, 'the same dot');
    expect([asked(1, 'k'), asked(1, 'l'), asked(3, 'l')]).toEqual([true, true, false]);
  });

  test('Table goes on from a sum that was stored', () => {
    const [stored, table] = [new Table(), new Table()];
    for (const one of [stored, table]) one.overwrite('k', 'a', 1, 1, 'v');
    const { liveHash } = stored;
    table.liveHash = { hi: 0xffffffff, lo: 0x80000000 };
    expect(table.liveHash).toEqual({ hi: 0xffffffff, lo: 0x80000000 });
    table.liveHash = { hi: 0, lo: 0 };
    for (const one of [stored, table]) one.overwrite('l', 'b', 2, 1, 'w');
    table.liveHash = { hi: table.liveHash.hi + liveHash.hi, lo: table.liveHash.lo + liveHash.lo };
    expect(table.liveHash).toEqual(stored.liveHash);
  });

  test('Table notes what each key held before it was changed first, and how often its own keys changed', () => {
    const table = new Table();
    const own = `${INTERNAL_PREFIX}member/b`;
    table.overwrite('k', 'a', 1, 1, 'old');
    expect([table.touched, table.internalChanges]).toEqual([undefined, 0]);
    table.touched = new Map();
    table.overwrite('k', 'a', 2, 2, 'new');
    table.overwrite('k', 'a', 3, 3, 'newer');
    table.set('l', { versions: [], residual: DotSet.empty });
    table.set('m', { versions: [{ id: 'a', counter: 4, time: 4, value: 'm' }], residual: DotSet.empty });
    expect([...table.touched]).toEqual([
      ['k', { id: 'a', counter: 1, time: 1, value: 'old' }],
      ['m', undefined],
    ]);
    table.overwrite(own, 'a', 5, 5, 'member');
    expect([table.internalChanges, [...table.internal]]).toEqual([1, [own]]);
    table.set(own, NONE);
    expect([table.internalChanges, [...table.internal], table.has(own)]).toEqual([2, [], false]);
  });

  test('Table overwrites later than what it held, up to the last moment there is', () => {
    const table = new Table();
    const timeOf = (): number | undefined => table.record('k').versions[0]?.time;
    for (const [now, time] of [
      [0, 0],
      [0, 1],
      [5, 5],
      [4, 6],
      [6, 7],
      [TIME_MAX, TIME_MAX],
      [TIME_MAX, TIME_MAX],
      [3, TIME_MAX],
    ] as const) {
      table.overwrite('k', 'a', 1 + (timeOf() ?? 0), now, 'v');
      expect(timeOf()).toBe(time);
    }
  });

  test('Table packs its keys when most have gone, and every one is found where it is then', () => {
    const table = new Table();
    for (let at = 0; at < 2_100; at += 1) table.overwrite(`k${at}`, IDS[at % 3] ?? 'a', at + 1, at, at);
    const { keys, slots } = table.ordered();
    for (let at = 0; at < 2_000; at += 1) table.set(`k${at}`, NONE);
    for (let at = 2_000; at < 2_100; at += 1) {
      const expected = { id: IDS[at % 3], counter: at + 1, time: at, value: at };
      expect(table.get(`k${at}`)).toEqual(expected);
      expect(table.cellAt(`k${at}`, slots[keys.indexOf(`k${at}`)] ?? -1)).toEqual(expected);
    }
    const found: string[] = [];
    table.visit(EVERY_DOT, (_id, counter, key, slot) => {
      found.push(key);
      expect([counter, slot < 1_100, table.cellAt(key, slot)]).toEqual([
        Number(key.slice(1)) + 1,
        true,
        table.get(key),
      ]);
    });
    expect(found.length).toBe(100);
    expect(table.ordered().keys).toEqual([...found].sort());
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
