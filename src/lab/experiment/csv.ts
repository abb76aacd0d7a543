/** A result as a tidy table: one figure a line, with all that it depends on beside it. */

import { MEASURE_NAMES } from './measures.ts';
import type { ExperimentResult } from './result.ts';

const COLUMNS = ['strategy', 'replicas', 'r', 'w', 'network', 'seed', 'measure', 'value'];

/** CSV (RFC 4180, with line feeds alone). A value is empty where there was nothing to measure. */
export function resultToCsv({ cells, seeds }: ExperimentResult): string {
  const lines = [COLUMNS.join(',')];
  for (const { strategy, point, runs } of cells) {
    const { replicas, r, w, network } = point;
    const where = [strategy, replicas, r, w, network].map(quote).join(',');
    for (const [at, run] of runs.entries())
      for (const name of MEASURE_NAMES) lines.push(`${where},${seeds[at]},${name},${run[name] ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

function quote(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
