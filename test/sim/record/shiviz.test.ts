import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../../src/sim/draw-plan.ts';
import { SHIVIZ_PARSER, toShiViz } from '../../../src/sim/record/shiviz.ts';
import type { TraceEvent } from '../../../src/sim/recorder.ts';
import { runPlan } from '../../../src/sim/run.ts';
import { EVENTS } from './events.ts';

type Clock = Readonly<Record<string, number>>;

/** As ShiViz reads it: the first line takes the lines after the second apart. */
function read(log: string): readonly { readonly host: string; readonly clock: Clock; readonly event: string }[] {
  const [parser = '', delimiter, ...rest] = log.split('\n');
  expect(delimiter).toBe('');
  return [...rest.join('\n').matchAll(new RegExp(parser, 'g'))].map(({ groups = {} }) => ({
    host: groups['host'] ?? '',
    clock: JSON.parse(groups['clock'] ?? ''),
    event: groups['event'] ?? '',
  }));
}

describe('toShiViz', () => {
  test('toShiViz writes the expression, an empty line, and two lines an event', () => {
    expect(toShiViz(EVENTS.slice(0, 8)).split('\n')).toEqual([
      SHIVIZ_PARSER,
      '',
      'amber {"amber":1}',
      '0.000 ms start',
      'birch {"birch":1}',
      '0.000 ms start',
      'amber {"amber":2}',
      '1.000 ms call client=0 do=put keys=["k"] values=["v1"]',
      'amber {"amber":3}',
      '1.500 ms acknowledge client=0 key=k dot=amber~i1:1',
      'amber {"amber":4}',
      '2.000 ms send frame=1 to=birch kind=push bytes=40',
      'amber {"amber":5}',
      '2.000 ms send frame=2 to=birch kind=ack bytes=9',
      'amber {"amber":6}',
      '2.000 ms lost frame=2 why=loss',
      'birch {"birch":2,"amber":4}',
      '3.250 ms receive from=amber frame=1',
      '',
    ]);
  });

  test('toShiViz of a part of a trace counts from one, and knows nothing of what was sent before', () => {
    expect(read(toShiViz(EVENTS.slice(5, 8)))).toEqual([
      { host: 'amber', clock: { amber: 1 }, event: '2.000 ms send frame=2 to=birch kind=ack bytes=9' },
      { host: 'amber', clock: { amber: 2 }, event: '2.000 ms lost frame=2 why=loss' },
      { host: 'birch', clock: { birch: 1 }, event: '3.250 ms receive frame=1' },
    ]);
  });

  test('toShiViz of a run: each host counts its own events one by one, and never knows of one that has not been', async () => {
    const events: TraceEvent[] = [];
    await runPlan(drawPlan(3, { minutes: 0.05, profile: 'network' }), { onEvent: (event) => events.push(event) });
    const log = read(toShiViz(events));
    expect(log.length).toBeGreaterThan(100);
    const counts = new Map<string, number>();
    for (const { host, clock } of log) {
      counts.set(host, (counts.get(host) ?? 0) + 1);
      for (const [name, count] of Object.entries(clock)) {
        if (name === host) expect(count).toBe(counts.get(host));
        else expect(count).toBeLessThanOrEqual(counts.get(name) ?? 0);
      }
    }
  });
});
