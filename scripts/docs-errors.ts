/**
 * Writes docs/errors.md from the table in src/error-meanings.ts. With `--check` it writes nothing and exits 1 when the
 * document does not say what the table says.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_MEANINGS } from '../src/error-meanings.ts';
import { type ErrorCode, outcomeOf } from '../src/errors.ts';

const target: string = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

/** The whole of docs/errors.md. */
export function renderErrors(): string {
  const rows = Object.entries(ERROR_MEANINGS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, meaning]) =>
        `| \`${code}\` | ${outcomeOf(code as ErrorCode /* a key of the table */)} | ${meaning.replaceAll('|', '\\|')} |`,
    );
  return `<!-- Generated from src/error-meanings.ts by \`npm run docs:errors\`. -->

# Errors

Answers such as *absent*, *deleted* and *conflict* are values, never errors. Misuse of a call is a \`TypeError\` or a
\`RangeError\`. What can go wrong in operation is a \`CausalError\`: \`code\` is stable, \`details\` holds what a program may want
to read, \`cause\` is what lies behind it, and \`outcome\` says whether the operation may have happened all the same:

- **not-done**: it did not happen and will not.
- **unknown**: it may have happened; ask before doing it again, or do something that is safe to repeat.

An \`InvariantError\` is a defect of Cairn itself: stop using the replica and report it.

| code | outcome | meaning |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** Whether docs/errors.md says what the table says. */
export function isErrorsDocCurrent(): boolean {
  try {
    return readFileSync(target, 'utf8') === renderErrors();
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(target, renderErrors());
    console.log(`docs/errors.md: ${Object.keys(ERROR_MEANINGS).length} codes`);
  } else if (!isErrorsDocCurrent()) {
    console.error('docs/errors.md does not say what src/error-meanings.ts says: run `npm run docs:errors`.');
    process.exitCode = 1;
  }
}
