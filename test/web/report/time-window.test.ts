import { describe, expect, test } from 'vitest';
import { around, clamped, panned, zoomed } from '../../../src/web/report/time-window.ts';

describe('time windows', () => {
  test('clamped keeps the length and stays within the run', () => {
    expect(clamped({ from: -50, to: 50 }, 1_000)).toEqual({ from: 0, to: 100 });
    expect(clamped({ from: 950, to: 1_050 }, 1_000)).toEqual({ from: 900, to: 1_000 });
    expect(clamped({ from: -9, to: 5_000 }, 1_000)).toEqual({ from: 0, to: 1_000 });
    expect(clamped({ from: 5, to: 5 }, 1_000)).toEqual({ from: 4, to: 6 });
  });

  test('panned moves by a share of its length', () => {
    expect(panned({ from: 100, to: 200 }, 0.5, 1_000)).toEqual({ from: 150, to: 250 });
    expect(panned({ from: 100, to: 200 }, 1e9, 1_000)).toEqual({ from: 900, to: 1_000 });
  });

  test('zoomed keeps what lies under the pointer where it is', () => {
    expect(zoomed({ from: 100, to: 200 }, 0.5, 0.5, 1_000)).toEqual({ from: 125, to: 175 });
    expect(zoomed({ from: 100, to: 200 }, 0.5, 0, 1_000)).toEqual({ from: 100, to: 150 });
    expect(zoomed({ from: 100, to: 200 }, 1e6, 0.5, 1_000)).toEqual({ from: 0, to: 1_000 });
    expect(zoomed({ from: 100, to: 200 }, 1e-9, 0.5, 1_000)).toEqual({ from: 149, to: 151 });
  });

  test('around holds all moments, with room, and at least so much', () => {
    const { from, to } = around([500, 700], 60, 1_000);
    expect([from < 500, to > 700]).toEqual([true, true]);
    expect(around([500], 60, 1_000)).toEqual({ from: 470, to: 530 });
  });
});
