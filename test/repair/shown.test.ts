import { expect, test } from 'vitest';
import { metBy } from '../../src/repair/shown.ts';
import { Membership } from '../../src/store/membership.ts';
import { set } from '../clock/literals.ts';

test('metBy names the ids that told a life, with that and the end of their own dots without a gap', () => {
  const membership = new Membership('a~1', ['a']);
  expect(metBy(membership)).toEqual(new Map());
  membership.advance('b~1', set('x1').add('b~1', 1));
  membership.restore('c', { id: 'c~1', seen: set('x1-4').add('c~1', 1).add('c~1', 2).add('c~1', 4), life: 5 });
  membership.advance('d~2', set('x1'), 6);
  expect([...metBy(membership)]).toEqual([
    ['c~1', { life: 5, counter: 2 }],
    ['d~2', { life: 6, counter: 0 }],
  ]);
  membership.advance('c~2', set('x1'));
  expect([...metBy(membership).keys()]).toEqual(['d~2']);
});
