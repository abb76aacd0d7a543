/**
 * `cairn drive`: reads request lines, writes answer lines, in order, until the input ends. Answers are written as soon as
 * the lines that arrived together are done, and no faster than the reader takes them.
 */

import { type Invocation, UsageError } from './command.ts';
import { DriveSession } from './drive-session.ts';
import { readLines } from './line-reader.ts';
import { write } from './output.ts';

/** Room for the largest value in JSON's most wasteful spelling. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const OUTPUT_CHARACTERS_MAX = 64 * 1024;

/** Runs the command; the exit status. */
export async function run({ positionals }: Invocation): Promise<number> {
  if (positionals.length > 0)
    throw new UsageError('Cannot drive: requests come on standard input. See: cairn help drive');
  const session = new DriveSession();
  let output = '';
  for await (const lines of readLines(process.stdin, LINE_BYTES_MAX)) {
    for (const line of lines) {
      output += `${'text' in line ? await session.answer(line.text) : session.refuse(line.fault)}\n`;
      if (output.length < OUTPUT_CHARACTERS_MAX) continue;
      await write(output);
      output = '';
    }
    await write(output);
    output = '';
  }
  await session.close();
  return 0;
}
