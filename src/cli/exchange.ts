/** `cairn exchange`: brings two stores to the same knowledge. */

import { basename, resolve } from 'node:path';
import { exchange } from '../repair/exchange-local.ts';
import { flag, option, words } from './arguments.ts';
import { CommandError, type Invocation, UsageError } from './command.ts';
import { say } from './output.ts';
import { exchangeWithRemote } from './remote-exchange.ts';
import { isAddress } from './serve/addresses.ts';
import { hasFiles, type Store, withStore } from './store-directory.ts';
import { count } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [one = '', two = ''] = words('exchange', invocation, ['DIR1', 'DIR2|URL']);
  if (isAddress(one)) throw new UsageError('Cannot exchange: the directory comes first, then the URL');
  if (isAddress(two)) return exchangeOver(invocation, one, two);
  if (resolve(one) === resolve(two)) throw new UsageError('Cannot exchange: give two directories');
  if (!hasFiles(one) && !hasFiles(two))
    throw new CommandError(`Cannot exchange: there is no store in ${one} or ${two}`);
  // The store that is there is opened first: where that fails, none is made for the other.
  const isTurned = !hasFiles(one);
  const [first, second] = isTurned ? [two, one] : [one, two];
  const name = option(invocation, 'name');
  const report = await withStore(first, {}, async (known: Store) => {
    if (!hasFiles(second) && (name ?? basename(resolve(second))) === known.name)
      throw new CommandError(`Cannot make a store in ${second}: ${first} is called "${known.name}" too, give --name`);
    const meet = (other: Store) =>
      isTurned
        ? exchange(other, known, { oneWay: flag(invocation, 'one-way') })
        : exchange(known, other, { oneWay: flag(invocation, 'one-way') });
    // Given again, it is the name of the store that was made then, wherever that stands.
    return withStore(second, { create: true, name: name === known.name ? undefined : name }, meet);
  });
  const { mode, records, bytes, roundTrips } = report;
  await say(invocation, { mode, records, bytes, roundTrips }, [
    mode === 'equal'
      ? `Equal already: ${count(bytes)} bytes, ${roundTrips} round trips.`
      : `By ${mode}: ${count(records)} records, ${count(bytes)} bytes, ${roundTrips} round trips.`,
  ]);
  return 0;
}

/** With a running replica, which may be on another machine. */
async function exchangeOver(invocation: Invocation, directory: string, url: string): Promise<number> {
  if (flag(invocation, 'one-way'))
    throw new UsageError('Cannot exchange one way with a running replica: it learns too');
  const name = option(invocation, 'name');
  const done = await exchangeWithRemote(directory, url, invocation, { create: true, name });
  await say(invocation, done, [
    `With ${done.peer}: ${count(done.records)} records, ${count(done.bytes)} bytes, ${done.exchanges} exchanges.`,
  ]);
  return 0;
}
