/**
 * Histories of siblings in EDN, as the simulator records them: events in the manner of Jepsen, whose reads show dots and
 * whose writes are `[:put key dot [dots it supersedes]]`, or `nil` where nobody knows what those are. Processes are
 * sessions, unless an event says `:session false`. A write of unknown outcome comes before nothing else of its process.
 */

import { HistoryFault } from '../register-history.ts';
import type { SiblingContext, SiblingHistory, SiblingOperation, SiblingSession } from '../sibling-history.ts';
import { type Placed, type Plain, type PlainMap, readEdn } from './edn.ts';

/** The operations of such a history; none of them is one of a history of registers. */
const KINDS: readonly string[] = ['get', 'put', 'delete', 'batch', 'resolve', 'misuse'];

/** Whether the first event of an EDN text that has an operation is of a history of siblings. */
export function areSiblingsInEdn(text: string): boolean {
  return KINDS.includes(/:f\s+:([\w-]+)/.exec(text)?.[1] ?? '');
}

/** Throws: HistoryFault with the line. */
export function readSiblingEdn(text: string): SiblingHistory {
  const sessions = new Map<string, SiblingOperation[]>();
  const alone: SiblingSession[] = [];
  for (const { value, line } of readEdn(text)) {
    const event = eventOf({ value, line });
    const { process, type } = event;
    const operations = operationsOf(event);
    if (type === 'ok' && event.isInSession) {
      const own = sessions.get(process) ?? [];
      sessions.set(process, own);
      own.push(...operations);
    } else
      for (const operation of operations) alone.push({ name: `${process}, line ${line}`, operations: [operation] });
  }
  const named = [...sessions].map(([name, operations]): SiblingSession => ({ name, operations }));
  return { sessions: [...named, ...alone] };
}

type Event = {
  readonly process: string;
  readonly type: string;
  readonly f: string;
  readonly isInSession: boolean;
  readonly fields: PlainMap;
  readonly line: number;
};

function eventOf({ value, line }: Placed): Event {
  if (!(value instanceof Map)) throw fault(line, 'it is no map with :process, :type, :f and :value');
  const fields = value as PlainMap; // of all values only maps are Maps
  const process = fields.get(':process');
  if (typeof process !== 'number' && typeof process !== 'string') throw fault(line, 'its process is missing');
  const [type, f] = [bare(fields.get(':type')), bare(fields.get(':f'))];
  if (!['invoke', 'ok', 'fail', 'info'].includes(type))
    throw fault(line, `its type is ${type || 'missing'}, give invoke, ok, fail or info`);
  if (!KINDS.includes(f)) throw fault(line, `its f is ${f || 'missing'}, give ${KINDS.join(', ')}`);
  return { process: String(process), type, f, isInSession: fields.get(':session') !== false, fields, line };
}

/** What is known to have happened, or to have perhaps. */
function operationsOf({ type, f, fields, line }: Event): readonly SiblingOperation[] {
  if (type !== 'ok' && type !== 'info') return [];
  if (f === 'get') {
    if (type === 'info') return [];
    const value = fields.get(':value');
    if (!Array.isArray(value) || typeof value[0] !== 'string') throw fault(line, 'its value is not [key [dots]]');
    return [{ kind: 'get', key: value[0], shown: dotsIn(value[1] as Plain, line) }]; // whatever it is, it is looked at
  }
  const writes = fields.get(':writes') ?? [];
  if (!Array.isArray(writes)) throw fault(line, 'its writes are no vector');
  if (type === 'ok' && writes.length === 0) throw fault(line, 'it has no :writes, so nobody can say what it wrote');
  return writes.map((write: Plain) => writeOf(write, line));
}

function writeOf(write: Plain, line: number): SiblingOperation {
  const [f, key, dot, over] = Array.isArray(write) ? (write as readonly Plain[]) : []; // an array is one of values
  const kind = bare(f);
  if ((kind !== 'put' && kind !== 'delete') || typeof key !== 'string' || typeof dot !== 'string')
    throw fault(line, 'one of its writes is not [:put key dot [dots]] or [:delete key dot [dots]]');
  const context: SiblingContext = over === null ? { atLeast: [] } : dotsIn(over, line);
  return { kind, key, dot, context };
}

function dotsIn(value: Plain | undefined, line: number): readonly string[] {
  if (Array.isArray(value) && value.every((dot) => typeof dot === 'string')) return value;
  throw fault(line, 'it has no vector of dots where one is to be');
}

function bare(value: Plain | undefined): string {
  return typeof value === 'string' ? value.replace(/^:/, '') : '';
}

function fault(line: number, what: string): HistoryFault {
  return new HistoryFault(`line ${line}: Cannot read the operation: ${what}`);
}
