/** A commit history in a file of JSON lines, and the figures it is expected to give. */

import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type History, HistoryError, readHistory } from '../lab/history/git-history.ts';
import { type Expected, parseExpected } from '../lab/history/replay-result.ts';
import { readLines } from './line-reader.ts';

/** Room for a commit that touches a million paths. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Throws: HistoryError naming the line. */
export function readHistoryFile(file: string): Promise<History> {
  return readHistory(linesOf(file), file);
}

/** Throws: HistoryError. */
export async function readExpected(file: string): Promise<Expected> {
  try {
    return parseExpected(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new HistoryError(`Cannot read ${file}: ${error.message}`);
    throw error;
  }
}

async function* linesOf(file: string): AsyncGenerator<string, void> {
  let number = 0;
  for await (const lines of readLines(createReadStream(file), LINE_BYTES_MAX)) {
    for (const line of lines) {
      number += 1;
      if ('fault' in line) throw new HistoryError(`${file}:${number}: Cannot read the commit: ${line.fault}`);
      yield line.text;
    }
  }
}
