import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { Operations } from '../../src/model/operations.ts';
import { type ModelContext, ModelReplica } from '../../src/model/oracle.ts';
import { discard, find, insert, isConflict, isTombstone, merge, type Version, write } from '../../src/store/record.ts';
import { set } from '../clock/literals.ts';
import { SEED, showVersions, versions } from './replicas.ts';

describe('write', () => {
  //  held                  the write   its context   what is held then
  test.each([
    ['', 'a1=x', '', 'a1=x'],
    ['a1=x', 'a2=y', 'a1', 'a2=y'],
    ['a1=x', 'a2', 'a1', 'a2'],
    ['a1', 'a2=y', 'a1', 'a2=y'],
    ['a1=x', 'a2=y', '', 'a1=x a2=y'],
    ['b1=x', 'a1=y', '', 'a1=y b1=x'],
    ['a1=x b1=y c1', 'd1=z', 'a1 c1', 'b1=y d1=z'],
    ['a1=x b1=y c1', 'd1', 'a1-9 b1-9 c1-9', 'd1'],
    ['a2=x', 'a3=y', 'a1', 'a2=x a3=y'],
  ])('write on %j of %j with the context %j holds %j', (held, version, context, after) => {
    const [made] = versions(version);
    expect(showVersions(write(versions(held), made as Version, set(context)))).toBe(after); // each row has one
  });
});

describe('merge', () => {
  //  here       its context  there      its context   together       added   superseded  stale
  test.each([
    ['', '', '', '', '', '', '', ''],
    ['', '', 'a1=x', 'a1', 'a1=x', 'a1=x', '', ''],
    ['a1=x', 'a1', '', '', 'a1=x', '', '', ''],
    ['a1=x', 'a1', 'a1=x', 'a1', 'a1=x', '', '', ''],
    ['a1=x', 'a1', 'b1=y', 'b1', 'a1=x b1=y', 'b1=y', '', ''],
    ['a1=x', 'a1', 'b1=y', 'a1 b1', 'b1=y', 'b1=y', 'a1=x', ''],
    ['b1=y', 'a1 b1', 'a1=x', 'a1', 'b1=y', '', '', 'a1=x'],
    ['a1=x', 'a1', '', 'a1 b1', '', '', 'a1=x', ''],
    ['', 'a1-2', 'a1=x', 'a1', '', '', '', 'a1=x'],
    ['', 'a2', 'a1=x', 'a1', 'a1=x', 'a1=x', '', ''],
    ['a1=x', 'a1', 'b1', 'a1 b1', 'b1', 'b1', 'a1=x', ''],
    ['a1=x', 'a1', 'b1', 'b1', 'a1=x b1', 'b1', '', ''],
    ['a1=x b2=y', 'a1 b1-2', 'b1=w c1=z', 'b1 c1', 'a1=x b2=y c1=z', 'c1=z', '', 'b1=w'],
  ])('merge of %j knowing %j with %j knowing %j holds %j', (here, hereKnows, there, thereKnows, ...after) => {
    const [together, added, superseded, stale] = after;
    const merged = merge(versions(here), set(hereKnows), versions(there), set(thereKnows));
    expect(showVersions(merged.versions)).toBe(together);
    expect(showVersions(merged.added)).toBe(added);
    expect(showVersions(merged.superseded)).toBe(superseded);
    expect(showVersions(merged.stale)).toBe(stale);
    const reversed = merge(versions(there), set(thereKnows), versions(here), set(hereKnows));
    expect(showVersions(reversed.versions)).toBe(together);
  });

  test('merge returns the very array it was given when nothing changes', () => {
    const held = versions('a1=x b1');
    expect(merge(held, set('a1 b1'), held, set('a1 b1')).versions).toBe(held);
    expect(merge(held, set('a1 b1'), [], DotSet.empty).versions).toBe(held);
  });
});

describe('discard, find and insert', () => {
  test('discard removes exactly the named dots', () => {
    const held = versions('a1=x a2=y b1');
    expect(showVersions(discard(held, [{ id: 'a', counter: 2 }]))).toBe('a1=x b1');
    expect(showVersions(discard(held, [{ id: 'c', counter: 1 }]))).toBe('a1=x a2=y b1');
    expect(discard(held, held)).toEqual([]);
  });

  test('insert keeps dot order: ids by UTF-8 bytes, then counters', () => {
    const ids = ['a', '\uffff', '\u{1f5ff}', 'b'];
    const made = ids.flatMap((id) => [2, 1].map((counter): Version => ({ id, counter, time: 0, value: null })));
    const held = made.reduce<readonly Version[]>((list, version) => insert(list, version), []);
    expect(held.map(({ id, counter }) => `${id}${counter}`)).toEqual([
      'a1',
      'a2',
      'b1',
      'b2',
      '\uffff1',
      '\uffff2',
      '\u{1f5ff}1',
      '\u{1f5ff}2',
    ]);
    expect(find(held, { id: 'b', counter: 2 })).toMatchObject({ id: 'b', counter: 2 });
    expect(find(held, { id: 'b', counter: 3 })).toBeUndefined();
  });

  test('isConflict needs two versions and a value among them; isTombstone needs no value', () => {
    expect(['', 'a1', 'a1=x', 'a1 b1', 'a1=x b1', 'a1=x b1=y'].map((text) => isConflict(versions(text)))).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(versions('a1=x b1').map(isTombstone)).toEqual([false, true]);
  });
});

/** One replica of one key as the algebra sees it, and the same as a set of operations. */
type Side = { versions: readonly Version[]; context: DotSet; counter: number; readonly model: ModelReplica };
type Step =
  | { readonly do: 'write'; readonly at: number; readonly tombstone: boolean; readonly base: number }
  | { readonly do: 'merge'; readonly at: number; readonly from: number; readonly age: number };

const IDS = ['a', 'b', 'c'];
const KEY = 'k';
const replicas = fc.nat({ max: IDS.length - 1 });
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('write' as const), at: replicas, tombstone: fc.boolean(), base: fc.nat({ max: 9 }) }),
    fc.record({ do: fc.constant('merge' as const), at: replicas, from: replicas, age: fc.nat({ max: 3 }) }),
  ),
  { maxLength: 30 },
);

/** Runs the steps on the algebra and on the oracle, comparing after each; gives every state that ever was. */
function run(list: readonly Step[]): { readonly versions: readonly Version[]; readonly context: DotSet }[] {
  const operations = new Operations();
  const sides = IDS.map(
    (): Side => ({ versions: [], context: DotSet.empty, counter: 0, model: new ModelReplica(operations) }),
  );
  type Moment = {
    readonly versions: readonly Version[];
    readonly context: DotSet;
    readonly known: ReadonlySet<string>;
  };
  const past: Moment[] = [{ versions: [], context: DotSet.empty, known: new Set() }];
  for (const step of list) {
    const side = sides[step.at] as Side; // drawn from IDS
    if (step.do === 'write') {
      const id = IDS[step.at] as string; // drawn from IDS
      const version = { id, counter: ++side.counter, time: 0, value: step.tombstone ? undefined : `v${step.at}` };
      const read = past[past.length - 1 - (step.base % past.length)] as Moment; // within past
      const [cover, context]: [DotSet, ModelContext] =
        step.base === 8
          ? [DotSet.empty, 'none']
          : step.base === 9
            ? [side.context, 'local']
            : [read.context, read.known];
      side.versions = write(side.versions, version, cover);
      side.context = side.context.union(cover).add(id, version.counter);
      side.model.write({ name: `${id}${version.counter}`, key: KEY, tombstone: step.tombstone, context });
    } else {
      const source = sides[step.from] as Side; // drawn from IDS
      const own = { versions: source.versions, context: source.context, known: source.model.knows(KEY) };
      const incoming = step.age === 0 ? own : (past[Math.floor(past.length / (step.age + 1))] ?? own);
      side.versions = merge(side.versions, side.context, incoming.versions, incoming.context).versions;
      side.context = side.context.union(incoming.context);
      side.model.receive(KEY, incoming.known);
    }
    const expected = side.model.visible(KEY).map(({ name }) => name);
    expect(side.versions.map(({ id, counter }) => `${id}${counter}`)).toEqual(expected.sort(byDot));
    past.push({ versions: side.versions, context: side.context, known: side.model.knows(KEY) });
  }
  return past;
}

function byDot(a: string, b: string): number {
  return a.charCodeAt(0) - b.charCodeAt(0) || Number(a.slice(1)) - Number(b.slice(1));
}

describe('the sibling algebra', () => {
  const parameters = { seed: SEED, numRuns: 600 };

  test('write and merge show what the set of operations shows, after every step (L4)', () => {
    fc.assert(
      fc.property(steps, (list) => {
        run(list);
      }),
      parameters,
    );
  });

  test('merge is commutative, associative, idempotent and monotone on states of any run (L4, L12)', () => {
    type State = { readonly versions: readonly Version[]; readonly context: DotSet };
    const join = (x: State, y: State): State => ({
      versions: merge(x.versions, x.context, y.versions, y.context).versions,
      context: x.context.union(y.context),
    });
    const same = (x: State, y: State): void => {
      expect(showVersions(x.versions)).toBe(showVersions(y.versions));
      expect(x.context.equals(y.context)).toBe(true);
    };
    const picks = fc.tuple(fc.nat(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(steps, picks, (list, picked) => {
        const states = run(list);
        const [x, y, z] = picked.map((at) => states[at % states.length]) as [State, State, State]; // never empty
        same(join(x, y), join(y, x));
        same(join(join(x, y), z), join(x, join(y, z)));
        same(join(x, x), x);
        same(join(x, join(x, y)), join(x, y));
        for (const held of join(x, y).versions) expect(find(x.versions, held) ?? find(y.versions, held)).toBeDefined();
        for (const gone of x.versions) {
          if (find(join(x, y).versions, gone) === undefined) expect(y.context.has(gone.id, gone.counter)).toBe(true);
        }
      }),
      parameters,
    );
  });
});
