import { describe, expect, test } from 'vitest';
import { toJsonLines } from '../../../src/sim/record/json-lines.ts';
import { EVENTS } from './events.ts';

describe('toJsonLines', () => {
  test('toJsonLines writes an event a line, from which the events can be read again', () => {
    const lines = toJsonLines(EVENTS).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines[4]).toBe(
      '{"at":2,"process":"amber","what":"send","message":1,"detail":{"to":"birch","kind":"push","bytes":40}}',
    );
    expect(lines.map((line) => JSON.parse(line))).toEqual(EVENTS);
  });
});
