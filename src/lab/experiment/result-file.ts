/** The file of a result, result.json: the same result is the same bytes; a run, a summary and a series are a line each. */

import type { Cell, ExperimentResult } from './result.ts';
import { RESULT_VERSION } from './result.ts';

/** A file that holds no result; the message says why. */
export class ResultError extends Error {
  override readonly name = 'ResultError';
}

/** The text of result.json. */
export function formatResult(result: ExperimentResult): string {
  const { cells, scenario, strategies, points, assertions, ...rest } = result;
  const head = { result: rest.result, cairn: rest.cairn, operations: rest.operations, seeds: rest.seeds };
  const parts = [
    ...Object.entries(head).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`),
    `"scenario": ${lines(
      Object.entries(scenario).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
      '{}',
    )}`,
    `"strategies": ${lines(
      strategies.map((one) => JSON.stringify(one)),
      '[]',
    )}`,
    `"points": ${lines(
      points.map((one) => JSON.stringify(one)),
      '[]',
    )}`,
    `"assertions": ${lines(
      assertions.map((one) => JSON.stringify(one)),
      '[]',
    )}`,
    `"cells": ${lines(cells.map(formatCell), '[]')}`,
  ];
  return `{\n${parts.join(',\n')}\n}\n`;
}

/**
 * The result that a text holds.
 * Throws: ResultError.
 */
export function parseResult(text: string): ExperimentResult {
  const data = parseJson(text);
  if (!isRecord(data) || !('result' in data))
    throw new ResultError('Cannot read the result: it is none, give a result.json');
  if (data['result'] !== RESULT_VERSION) {
    const seen = JSON.stringify(data['result']);
    throw new ResultError(
      `Cannot read the result: its format is version ${seen}, give one of version ${RESULT_VERSION}`,
    );
  }
  const { cells, seeds, points, strategies } = data;
  if (![cells, seeds, points, strategies].every(Array.isArray) || !(cells as unknown[]).every(isCell))
    // as: checked just now
    throw new ResultError('Cannot read the result: parts of it are missing, run the experiment again');
  return data as unknown as ExperimentResult; // as: of this version, and with its parts
}

function formatCell({ strategy, point, runs, summary, series }: Cell): string {
  const parts = [
    `"strategy": ${JSON.stringify(strategy)}, "point": ${JSON.stringify(point)}`,
    `"runs": ${lines(
      runs.map((run) => JSON.stringify(run)),
      '[]',
    )}`,
    `"summary": ${JSON.stringify(summary)}`,
    `"series": ${JSON.stringify(series)}`,
  ];
  return `{\n${parts.join(',\n')}\n}`;
}

/** One entry a line. */
function lines(entries: readonly string[], [open = '', close = '']: string): string {
  return entries.length === 0 ? `${open}${close}` : `${open}\n${entries.join(',\n')}\n${close}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ResultError(`Cannot read the result: it is no JSON (${error instanceof Error ? error.message : error})`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCell(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['strategy'] === 'string' &&
    isRecord(value['point']) &&
    Array.isArray(value['runs']) &&
    isRecord(value['summary']) &&
    isRecord(value['series'])
  );
}
