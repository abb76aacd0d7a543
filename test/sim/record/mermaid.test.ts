import { describe, expect, test } from 'vitest';
import { toMermaid } from '../../../src/sim/record/mermaid.ts';
import { EVENTS } from './events.ts';

describe('toMermaid', () => {
  test('toMermaid draws frames where they arrive or are lost, and notes beside what happens at one place', () => {
    expect(toMermaid(EVENTS.slice(0, 8), { end: 'L7 does not hold' })).toBe(
      [
        'sequenceDiagram',
        '  participant amber',
        '  participant birch',
        '  Note over amber: 0.0 ms start',
        '  Note over birch: 0.0 ms start',
        '  Note over amber: 1.0 ms call client 0 do "put" keys ["k"] values ["v1"]',
        '  Note over amber: 1.5 ms acknowledge client 0 key "k" dot "amber~i1:1"',
        '  amber-xbirch: ack 9 B, frame 2 lost: loss',
        '  amber->>birch: push 40 B, frame 1, after 1.3 ms',
        '  Note over amber,birch: L7 does not hold',
        '',
      ].join('\n'),
    );
  });

  test('toMermaid shows the last events up to a moment, and says what comes from before', () => {
    expect(toMermaid(EVENTS, { events: 1, untilMs: 3.25 })).toBe(
      'sequenceDiagram\n  participant amber\n  participant birch\n  amber->>birch: push 40 B, frame 1, after 1.3 ms\n',
    );
    expect(toMermaid(EVENTS, { events: 5 }).split('\n').length).toBe(8);
  });

  test('toMermaid tells by number what Mermaid would read as its own', () => {
    const diagram = toMermaid(EVENTS);
    expect(diagram).toContain('keys ["a#59;#35;"]');
    expect(diagram).toContain('Note over amber,birch: 11.0 ms heal');
  });
});
