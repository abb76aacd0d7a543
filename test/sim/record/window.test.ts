import { describe, expect, test } from 'vitest';
import { windowOf } from '../../../src/sim/record/window.ts';
import { EVENTS } from './events.ts';

describe('windowOf', () => {
  test('windowOf gives the last events up to a moment', () => {
    expect(windowOf(EVENTS, 2)).toEqual(EVENTS.slice(-2));
    expect(windowOf(EVENTS, 2, 1.5)).toEqual(EVENTS.slice(2, 4));
    expect(windowOf(EVENTS, 1_000)).toEqual(EVENTS);
  });
});
