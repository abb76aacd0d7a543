import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue } from '../../../src/lab/cluster/event-queue.ts';

describe('EventQueue', () => {
  test('runUntil: events happen by time, and those of one time in the order in which they were said', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const queue = new EventQueue();
        const ran: [time: number, number: number][] = [];
        for (const [number, time] of times.entries()) queue.at(time, () => ran.push([queue.now, number]));
        queue.runUntil(30);
        const expected = times.map((time, number): [number, number] => [time, number]);
        expect(ran).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
        expect(queue.ran).toBe(times.length);
        expect(queue.isEmpty).toBe(true);
      }),
    );
  });

  test('runUntil: stops at its moment, which then is now; what is said late happens now', () => {
    const queue = new EventQueue();
    const ran: string[] = [];
    queue.after(5, () => {
      ran.push('five');
      queue.at(1, () => ran.push('late'));
      queue.after(2, () => ran.push('seven'));
    });
    queue.runUntil(6);
    expect([ran, queue.now]).toEqual([['five', 'late'], 6]);
    queue.runUntil(7);
    expect(ran).toEqual(['five', 'late', 'seven']);
  });
});
