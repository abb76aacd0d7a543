import { describe, expect, test } from 'vitest';
import { unlearn } from '../../src/store/durable/steps.ts';
import { adopt, Knowledge } from '../../src/store/knowledge.ts';
import { clock, set, showClock, showSet } from '../clock/literals.ts';
import { refusalOf } from './replicas.ts';

function restored(others: string, counter: number, reaped = ''): Knowledge {
  const knowledge = new Knowledge('a');
  knowledge.restore(set(others), counter, clock(reaped));
  return knowledge;
}

const shown = ({ id, counter, seen, reaped }: Knowledge): unknown[] => [id, counter, showSet(seen), showClock(reaped)];

describe('Knowledge', () => {
  test('Knowledge is what was stored, then what was issued, taken in, adopted and fenced', () => {
    const knowledge = restored('x1-2', 3, 'x1');
    expect(shown(knowledge)).toEqual(['a', 3, 'a1-3 x1-2', 'x1']);
    expect([knowledge.issue(), knowledge.counter]).toEqual([4, 4]);
    knowledge.take('y', 2);
    knowledge.take('a', 2);
    expect(shown(knowledge)).toEqual(['a', 4, 'a1-4 x1-2 y2', 'x1']);
    adopt(knowledge, set('a1-4 y1 z1'), clock('y1'));
    knowledge.fence(clock('a2 x0'));
    expect(shown(knowledge)).toEqual(['a', 4, 'a1-4 x1-2 y1-2 z1', 'a2 x1 y1']);
    expect([knowledge.has('a', 4), knowledge.has('a', 5), knowledge.has('y', 2), knowledge.has('y', 3)]).toEqual([
      ...[true, false, true, false],
    ]);
  });

  test('Knowledge of one moment stays as it was', () => {
    const knowledge = restored('x1', 1);
    const [seen, at] = [knowledge.seen, knowledge.at()];
    expect(knowledge.at()).toBe(at);
    knowledge.issue();
    knowledge.take('y', 1);
    expect([showSet(at.toDotSet()), showSet(seen), showSet(knowledge.seen)]).toEqual(['a1 x1', 'a1 x1', 'a1-2 x1 y1']);
    for (const change of [
      () => knowledge.issue(),
      () => knowledge.take('z', 1),
      () => adopt(knowledge, set('w1'), clock('')),
      () => knowledge.restore(set('v1'), 2, clock('')),
      () => knowledge.restore(knowledge.seen, 0, knowledge.reaped, 'b'),
      () => unlearn(knowledge, set('v1')),
    ]) {
      const before = knowledge.at();
      change();
      expect(knowledge.at()).not.toBe(before);
    }
  });

  test('Knowledge takes no dot of its own id that it never issued', async () => {
    const knowledge = restored('', 2);
    expect(await refusalOf(() => knowledge.take('a', 3))).toBe('InvariantError');
    expect(await refusalOf(() => adopt(knowledge, set('a1-3'), clock('')))).toBe('InvariantError');
    expect(shown(knowledge)).toEqual(['a', 2, 'a1-2', '']);
  });

  test('restore under another id leaves the dots of the former one seen, and issues from 1 on', () => {
    const knowledge = restored('x1', 3, 'a2');
    expect([knowledge.others, knowledge.seen].map(showSet)).toEqual(['x1', 'a1-3 x1']);
    knowledge.restore(knowledge.seen, 0, knowledge.reaped, 'b');
    expect(shown(knowledge)).toEqual(['b', 0, 'a1-3 x1', 'a2']);
    expect([knowledge.issue(), showSet(knowledge.others), showSet(knowledge.seen)]).toEqual([
      ...[1, 'a1-3 x1', 'a1-3 b1 x1'],
    ]);
  });

  test.each<[lost: string, seen: string, reaped: string]>([
    ['', 'a1-2 x1-5 y3', 'a1 x4 y3'],
    ['x5', 'a1-2 x1-4 y3', 'a1 x4 y3'],
    ['x4', 'a1-2 x1-3 x5 y3', 'a1 x3 y3'],
    ['x3', 'a1-2 x1-2 x4-5 y3', 'a1 x4 y3'],
    ['x3-4', 'a1-2 x1-2 x5 y3', 'a1 x2 y3'],
    ['x1-4', 'a1-2 x5 y3', 'a1 y3'],
    ['x1-5 y3', 'a1-2', 'a1'],
  ])('unlearn %j unlearns it, and lowers the fence to what is still seen', (lost, seen, reaped) => {
    const knowledge = restored('x1-5 y3', 2, 'a1 x4 y3');
    unlearn(knowledge, set(lost));
    expect(shown(knowledge)).toEqual(['a', 2, seen, reaped]);
  });

  test('isAheadOfMe is for dots of this id that it never issued, and for no others', () => {
    const knowledge = restored('x1', 2);
    const asked = ['', 'a1-2', 'a3', 'a2-3', 'x1-9', 'a1 b9', 'a1 a9', 'b3'];
    expect(asked.map((text) => knowledge.isAheadOfMe(set(text)))).toEqual([
      ...[false, false, true, true, false, false, true, false],
    ]);
    expect(new Knowledge('a').isAheadOfMe(set('a1'))).toBe(true);
  });
});
