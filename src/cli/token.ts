/** `cairn token`: makes a secret, and the line that lets its bearer in. The line holds only the digest. */

import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { option, words } from './arguments.ts';
import { CommandError, type Invocation, UsageError } from './command.ts';
import { notice, say, write } from './output.ts';
import { digestOf, parseTokens } from './serve/token-file.ts';

const SECRET_BYTES = 32;

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [name = '', scopes = '', prefix] = words('token', invocation, ['NAME', 'SCOPE[,SCOPE]', '[PREFIX]']);
  const secret = `cairn_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const sha256 = digestOf(secret);
  const line = [name, scopes, `sha256:${sha256}`, ...(prefix === undefined ? [] : [prefix])].join(' ');
  if (/\s/.test(`${name}${scopes}`) || name.startsWith('#'))
    throw new UsageError('Cannot make a token: give a name and scopes without spaces. See: cairn help token');
  check(line);
  const file = option(invocation, 'to');
  if (file === undefined) {
    await say(invocation, { name, secret, line }, [`secret ${secret}`, `line   ${line}`]);
    return 0;
  }
  await append(file, line);
  notice(`Added ${JSON.stringify(name)} to ${file}. Its secret is not kept anywhere but here:`);
  if (invocation.values['json'] === true) await say(invocation, { name, secret, line }, []);
  else await write(`${secret}\n`);
  return 0;
}

function check(line: string): void {
  try {
    parseTokens(line, 'the token');
  } catch (error) {
    if (error instanceof CommandError)
      throw new UsageError(`${error.message.replace('the token:1', 'the token')}. See: cairn help token`);
    throw error;
  }
}

/** A file that is made for it is its owner's alone. */
async function append(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const before = Buffer.alloc(Math.min(size, 1));
    if (size > 0) await file.read(before, 0, 1, size - 1);
    const isMidLine = size > 0 && before[0] !== 10;
    await file.appendFile(`${isMidLine ? '\n' : ''}${line}\n`);
  } finally {
    await file.close();
  }
}
