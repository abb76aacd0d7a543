import { expect, test } from 'vitest';
import { DotSet } from '../../../src/clock/dot-set.ts';
import { peerUndone } from '../../../src/store/durable/steps.ts';

test('peerUndone keeps no life that may have ended since: none is known until it is told again', () => {
  const stored = { id: 'b~3', seen: DotSet.of([{ id: 'x', counter: 1 }]), life: 4 };
  expect(peerUndone({ ...stored, seen: DotSet.empty }, stored)).toBe(stored);
  expect(peerUndone({ ...stored, life: 5 }, stored)).toEqual({ ...stored, life: 0 });
  expect(peerUndone(undefined, stored)).toBe(stored);
  expect(peerUndone(stored, undefined)).toBeUndefined();
});
