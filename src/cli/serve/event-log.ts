/** What a replica and its store tell of themselves, as entries of the log: which level, and in which words. */

import type { ReplicaEvent } from '../../replica/replica-types.ts';
import type { Report } from '../../store/operations.ts';
import { errorFields, type Log } from './log.ts';

/** Of many keys the first say enough. */
const KEYS_SHOWN = 10;

/** Logs what happens to a replica. Of an address that goes on failing, the first failure is told and then the last one. */
export function eventLogger(log: Log): (event: ReplicaEvent) => void {
  const failing = new Set<string>();
  return (event) => {
    const { kind, ...fields } = event;
    switch (event.kind) {
      case 'listening':
        // Under which address is known only when the server listens; `ready` says it.
        return;
      case 'exchanged':
        log[event.records > 0 ? 'info' : 'debug'](kind, fields);
        return;
      case 'dial-failed':
        log[failing.has(event.address) ? 'debug' : 'warn'](kind, fields);
        failing.add(event.address);
        return;
      case 'peer-connected':
        failing.clear();
        log.info(kind, fields);
        return;
      case 'reaped':
        log.info(kind, fields);
        return;
      case 'failed':
        log.error(kind, { what: event.what, ...errorFields(event.cause) });
        return;
      default:
        log.warn(kind, fields);
    }
  };
}

/** Logs what a store reports. Damage is told when it is found, and when it was filled in again. */
export function logReport(log: Log, report: Report): void {
  switch (report.kind) {
    case 'damage': {
      const { keys, dots } = report;
      if (keys === undefined) log.info('damage-refilled', { versions: dots.length });
      else log.error('damage', { versions: dots.length, keys: keys.slice(0, KEYS_SHOWN), keysInAll: keys.length });
      return;
    }
    case 'renewed':
      log.warn('renewed', { id: report.id, why: report.why });
      return;
    case 'collision':
      log.error('collision', { key: report.key, dots: report.dots });
      return;
    case 'listener-failed':
      log.error('listener-failed', errorFields(report.cause));
  }
}
