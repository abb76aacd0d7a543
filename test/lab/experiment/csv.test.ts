import { expect, it } from 'vitest';
import { resultToCsv } from '../../../src/lab/experiment/csv.ts';
import { MEASURE_NAMES } from '../../../src/lab/experiment/measures.ts';
import { runSmall } from './small-result.ts';

it('resultToCsv has one figure a line, with all it depends on beside it', async () => {
  const result = await runSmall();
  const lines = resultToCsv(result).split('\n');
  expect(lines.length).toBe(1 + 2 * 4 * 2 * MEASURE_NAMES.length + 1);
  expect(lines.slice(0, 2)).toEqual([
    'strategy,replicas,r,w,network,seed,measure,value',
    `cairn,3,1,1,exponential 10 ms,4,writesLost,${result.cells[0]?.runs[0]?.writesLost}`,
  ]);
  expect(lines.filter((line) => line.includes(',"a, ""b""",9,refused,')).length).toBe(4);
  const age = result.cells[0]?.runs[0]?.convergedMs;
  expect(lines).toContain(`cairn,3,1,1,exponential 10 ms,4,convergedMs,${age ?? ''}`);
});
