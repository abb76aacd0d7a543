import { afterEach, describe, expect, it, vi } from 'vitest';
import { count, Progress, paintFor, timeLeft } from '../../src/cli/terminal.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('paintFor', () => {
  it('paintFor colours on a terminal only, and never when NO_COLOR is set', () => {
    vi.stubEnv('NO_COLOR', '');
    vi.stubEnv('TERM', 'xterm');
    expect(paintFor({ isTTY: true }).good('x')).toBe('\u001b[32mx\u001b[39m');
    expect(paintFor({ isTTY: false }).good('x')).toBe('x');
    expect(paintFor({}).bold('x')).toBe('x');
    vi.stubEnv('NO_COLOR', '1');
    expect(paintFor({ isTTY: true }).good('x')).toBe('x');
  });
});

describe('Progress', () => {
  const run = (isTTY: boolean): string => {
    let written = '';
    const progress = new Progress({ isTTY, write: (text) => (written += text) });
    for (let done = 1; done <= 1_000; done += 1) progress.update('Counting', done, 1_000);
    progress.end();
    return written;
  };

  it('Progress rewrites one line in place on a terminal, and leaves it empty', () => {
    expect(run(true)).toMatch(/^(\r\u001b\[KCounting: [\d,]+ of 1,000)+\r\u001b\[K$/);
    expect(run(true)).toContain('1,000 of 1,000');
  });

  it('Progress puts a note behind, on a terminal', () => {
    let written = '';
    const write = (text: string): unknown => (written += text);
    new Progress({ isTTY: true, write }).update('Counting', 3, 10, 'about 5 s left');
    new Progress({ isTTY: false, write }).update('Counting', 3, 10, 'about 5 s left');
    expect(written).toBe('\r\u001b[KCounting: 3 of 10, about 5 s leftCounting: 10\n');
  });

  it('Progress writes one line a task elsewhere', () => {
    expect(run(false)).toBe('Counting: 1,000\n');
  });
});

describe('count', () => {
  it('count groups thousands', () => {
    expect([0, 999, 1_000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});

describe('timeLeft', () => {
  it('timeLeft is what is left if it goes on as it went', () => {
    expect(timeLeft(2_000, 1, 11)).toBe('about 20 s left');
    expect(timeLeft(60_000, 10, 40)).toBe('about 3 min left');
    expect(timeLeft(600_000, 1, 25)).toBe('about 4 h left');
  });

  it('timeLeft says nothing before it can be told, and at the end', () => {
    expect([timeLeft(900, 1, 10), timeLeft(5_000, 0, 10), timeLeft(5_000, 10, 10)]).toEqual(['', '', '']);
  });
});
