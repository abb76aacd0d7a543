import { expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { changed, changeOf, differing, NO_SHAPE, type Shape, unexplained } from './shape.ts';

const clock = (...ids: readonly string[]): string =>
  Buffer.from(ids.reduce((set, id) => set.addRange(id, 1, 3), DotSet.empty).encode()).toString('base64');

const NOTHING = clock();
const BEFORE: Shape = {
  seen: clock('target~1'),
  reaped: NOTHING,
  records: [
    ['a', ['target~1:1@5=x'], NOTHING],
    ['b', ['target~1:2@5=y'], NOTHING],
  ],
};
const [A, B] = BEFORE.records as [Shape['records'][number], Shape['records'][number]];
const DEVICES = new Set(['device']);

test('unexplained lets a device bring its own dots, and supersede those of others', () => {
  const own: Shape = {
    ...BEFORE,
    seen: clock('target~1', 'device~1'),
    records: [['a', ['device~1:1@5=z'], NOTHING], B],
  };
  expect(unexplained(BEFORE, own, DEVICES)).toBeUndefined();
  expect(unexplained(BEFORE, { ...BEFORE, records: [A] }, DEVICES)).toBeUndefined();
  expect(unexplained(BEFORE, { ...BEFORE, records: [A, ['b', [], clock('device~2')]] }, DEVICES)).toBeUndefined();
});

test.each<[what: string, after: Partial<Shape>, peers: ReadonlySet<string>, why: RegExp]>([
  ['any change when nobody had a right to', { records: [A] }, new Set(), /nobody had a right/],
  ['a clock that shrinks', { seen: NOTHING }, DEVICES, /not seen any more/],
  ['dots of others', { seen: clock('target~1', 'other~1') }, DEVICES, /dots of "other~1"/],
  ['versions of others', { records: [['a', ['target~1:3@5=z'], NOTHING], B] }, DEVICES, /which nobody wrote there/],
  ['a known version elsewhere', { records: [A, ['b', ['target~1:1@5=x'], NOTHING]] }, DEVICES, /which nobody wrote/],
  ['residuals of others', { records: [['a', A[1], clock('other~1')], B] }, DEVICES, /residual with dots of "other~1"/],
])('unexplained finds %s', (_, after, peers, why) => {
  expect(unexplained(BEFORE, { ...BEFORE, ...after }, peers)).toMatch(why);
});

test('changeOf tells what has changed and no more, and changed makes the same of it', () => {
  const after: Shape = { ...BEFORE, seen: clock('device~1'), records: [['0', ['device~1:1@5=z'], NOTHING], B] };
  const change = changeOf(BEFORE, after);
  expect(change).toMatchObject({ records: [after.records[0]], gone: ['a'] });
  expect(changed(BEFORE, change)).toEqual(after);
  expect(changed(NO_SHAPE, changeOf(NO_SHAPE, after))).toEqual(after);
  expect(differing(BEFORE, after)).toMatch(/seen differs/);
  expect(differing(BEFORE, { ...BEFORE, records: [A] })).toBe('"b" differs');
  expect(differing(BEFORE, structuredClone(BEFORE))).toBeUndefined();
});
