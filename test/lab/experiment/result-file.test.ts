import { describe, expect, it } from 'vitest';
import { formatResult, parseResult, ResultError } from '../../../src/lab/experiment/result-file.ts';
import { runSmall } from './small-result.ts';

describe('formatResult', () => {
  it('formatResult is JSON of the whole result, a run a line, and parseResult reads it back', async () => {
    const result = await runSmall({ assertions: [{ strategy: '*', measure: 'refused', is: '=', to: 0 }] });
    const text = formatResult(result);
    expect(parseResult(text)).toEqual(result);
    expect(formatResult(parseResult(text))).toBe(text);
    expect(text.split('\n').filter((line) => line.startsWith('{"writesLost":')).length).toBe(16);
    expect(text.split('\n').length).toBeLessThan(150);
  });
});

describe('parseResult', () => {
  it('parseResult refuses what is no result, and says why', () => {
    const says = (text: string): string => {
      try {
        return JSON.stringify(parseResult(text));
      } catch (error) {
        if (error instanceof ResultError) return error.message;
        throw error;
      }
    };
    expect(says('{')).toMatch(/^Cannot read the result: it is no JSON \(/);
    expect(says('[]')).toBe('Cannot read the result: it is none, give a result.json');
    expect(says('{"result":2}')).toBe('Cannot read the result: its format is version 2, give one of version 1');
    const some = { result: 1, cells: [{ strategy: 'x' }], seeds: [], points: [], strategies: [] };
    expect(says(JSON.stringify(some))).toMatch(/^Cannot read the result: parts of it are missing/);
  });
});
