/** `cairn verify`: checks every stored byte, lists what it finds, and with another store fills in what was lost. */

import { formatDot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import { exchange } from '../repair/exchange-local.ts';
import type { Fault, VerifyReport } from '../store/journal.ts';
import { flag, option, words } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';
import { notice, quoted, say } from './output.ts';
import { exchangeWithRemote } from './remote-exchange.ts';
import { isAddress } from './serve/addresses.ts';
import { type Store, withStore } from './store-directory.ts';
import { count, Progress } from './terminal.ts';

const MEANINGS: { readonly [kind in Fault['kind']]: string } = {
  'record-corrupt': 'its bytes are not what was written',
  'record-former': 'it was written over since, and is back',
  'record-missing': 'the index names it and it is gone',
  'index-missing': 'the index lacked it, and has it again',
  'index-stale': 'the index named what it does not hold, and does no more',
  'index-corrupt': 'a part of the index could not be read, and is written anew',
  'sum-differs': 'what is stored is sound but not all that was written',
  'still-damaged': 'found before, and not filled in yet',
};

/** Runs the command; the exit status: 1 when it is not sound. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = ''] = words('verify', invocation, ['DIR']);
  const from = option(invocation, 'from');
  if (flag(invocation, 'repair') !== (from !== undefined))
    throw new UsageError('Cannot verify: --repair and --from go together. See: cairn help verify');
  const accepts = flag(invocation, 'accept-loss');
  const before = await withStore(directory, {}, (store) => checked(invocation, store));
  if (before.isSound) return 0;
  if (from === undefined && !accepts) return 1;
  if (from !== undefined) await refill(invocation, directory, from);
  const after = await withStore(directory, {}, async (store) => {
    if (accepts) {
      const given = await store.acceptLoss();
      notice(given.length === 0 ? 'Nothing to give up.' : `Given up: ${given.map(quoted).join(', ')}.`);
    }
    return checked(invocation, store);
  });
  return after.isSound ? 0 : 1;
}

/** By an exchange, with another directory or with a running replica. */
async function refill(invocation: Invocation, directory: string, from: string): Promise<void> {
  if (isAddress(from)) {
    const { records, peer } = await exchangeWithRemote(directory, from, invocation);
    notice(`Exchanged ${count(records)} records with ${quoted(peer)} at ${from}.`);
    return;
  }
  const { records } = await withStore(directory, {}, (store) => withStore(from, {}, (other) => exchange(store, other)));
  notice(`Exchanged ${count(records)} records with ${from}.`);
}

async function checked(invocation: Invocation, store: Store): Promise<VerifyReport> {
  const report = await verified(store);
  await sayReport(invocation, report);
  return report;
}

async function verified(store: Store): Promise<VerifyReport> {
  const progress = new Progress();
  try {
    return await store.verify((done, total) => progress.update('Verifying records', done, total));
  } finally {
    progress.end();
  }
}

async function sayReport(invocation: Invocation, { isSound, records, dots, faults }: VerifyReport): Promise<void> {
  const data = faults.map((fault) => ('key' in fault ? { ...fault, dots: [...fault.dots] } : fault));
  const size = `${count(records)} records, ${count(dots)} versions`;
  await say(invocation, { isSound, records, dots, faults: data }, [
    ...faults.map(faultLine),
    isSound ? `Sound: ${size}.` : `Not sound: ${count(faults.length)} faults in ${size}.`,
  ]);
}

function faultLine(fault: Fault): string {
  const meaning = MEANINGS[fault.kind];
  if (!('key' in fault)) return `${fault.kind}: ${meaning}`;
  return `${fault.kind} ${quoted(fault.key)}${dotsOf(fault.dots)}: ${meaning}`;
}

function dotsOf(dots: DotSet): string {
  return dots.isEmpty ? '' : ` (${[...dots].map(formatDot).join(', ')})`;
}
