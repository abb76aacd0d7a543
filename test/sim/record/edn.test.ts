import { describe, expect, test } from 'vitest';
import { toEdn } from '../../../src/sim/record/edn.ts';
import { EVENTS } from './events.ts';

describe('toEdn', () => {
  test('toEdn writes an event a line, ends what never came back, and lets nobody go on under its number', () => {
    expect(toEdn(EVENTS).split('\n')).toEqual([
      '{:index 0, :process 0, :type :invoke, :f :put, :value ["k" "v1"], :time 1000000}',
      '{:index 1, :process 0, :type :ok, :f :put, :value ["k" "v1"], :time 1500000, :dots ["amber~i1:1"]}',
      '{:index 2, :process 1, :type :invoke, :f :get, :value ["k" nil], :time 4000000}',
      '{:index 3, :process 1, :type :ok, :f :get, :value ["k" ["amber~i1:1"]], :time 4000000}',
      '{:index 4, :process 1, :type :invoke, :f :delete, :value ["k" nil], :time 5000000}',
      '{:index 5, :process 1, :type :info, :f :delete, :value ["k" nil], :time 6000000, :error "A"}',
      '{:index 6, :process 3, :type :invoke, :f :put, :value ["k" "v2"], :time 7000000}',
      '{:index 7, :process 3, :type :fail, :f :put, :value ["k" "v2"], :time 8000000, :error "B"}',
      '{:index 8, :process 0, :type :invoke, :f :batch, :value [["k" "a"] ["v3" "v4"]], :time 9000000}',
      '{:index 9, :process 0, :type :ok, :f :batch, :value [["k" "a"] ["v3" "v4"]], :time 9000000, :dots ["amber~i1:2" "amber~i1:3"]}',
      '{:index 10, :process 0, :type :invoke, :f :get, :value ["a;#" nil], :time 10000000}',
      '{:index 11, :process 0, :type :info, :f :get, :value ["a;#" nil], :time 10000000}',
      '',
    ]);
  });

  test('toEdn writes nothing of a trace without clients', () => {
    expect(toEdn(EVENTS.filter(({ what }) => what === 'start'))).toBe('');
  });
});
