import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/cli/command.ts';
import { eventLogger, logReport } from '../../../src/cli/serve/event-log.ts';
import { createLog, errorFields, type Level } from '../../../src/cli/serve/log.ts';
import { CausalError } from '../../../src/errors.ts';

/** A log into a list, at a time that stands still. */
function logged(level: Level, isTTY = false) {
  const lines: string[] = [];
  const stream = { isTTY, write: (text: string) => lines.push(text) };
  return { lines, log: createLog(level, stream, () => 0) };
}

describe('createLog', () => {
  it('createLog writes a JSON object a line, of its level and above', () => {
    const { lines, log } = logged('info');
    log.debug('hidden');
    log.info('ready', { port: 4040, name: undefined });
    expect(lines).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"ready","port":4040}\n']);
  });

  it('createLog writes for people where a terminal looks, and never what a stranger would have it do', () => {
    const { lines, log } = logged('debug', true);
    log.warn('peer-refused', { peer: 'berlin', why: 'a line\n\u001b[2J' });
    const text = lines[0]!.replace(/\u001b\[[\d;]*m/g, '');
    expect(text).toMatch(/^\d\d:\d\d:00 warn {2}peer-refused peer=berlin why="a line\\n\\u001b\[2J"\n$/);
  });

  it('createLog writes none of the controls and line ends for people that JSON lets through', () => {
    const { lines, log } = logged('debug', true);
    log.warn('peer-refused', {
      peer: 'x\u007f\u009b31m\u009d0;title\u009c',
      why: 'one\u2028two\u2029',
      names: ['a\u0085'],
    });
    expect(lines[0]).not.toMatch(/[\u007f-\u009f\u2028\u2029]/);
    expect(lines[0]).toContain(String.raw`"x\u007f\u009b31m\u009d0;title\u009c"`);
    expect(lines[0]).toContain(String.raw`"one\u2028two\u2029"`);
    expect(lines[0]).toContain(String.raw`["a\u0085"]`);
  });

  it('errorFields shows the stack of what nobody foresaw only', () => {
    expect(errorFields(new CausalError('LINK_FAILED', 'Cannot link', {}, new Error('gone')))).toEqual({
      code: 'LINK_FAILED',
      why: 'Cannot link',
      cause: 'gone',
      stack: undefined,
    });
    expect(errorFields(new RangeError('odd')).stack).toContain('RangeError: odd');
    const refusal = new CommandError('Cannot serve: it does not fit');
    expect(errorFields(refusal)).toEqual({ why: 'Cannot serve: it does not fit' });
    expect(errorFields('text')).toEqual({ why: 'text' });
  });
});

describe('eventLogger', () => {
  it('eventLogger warns once of an address that goes on failing, and again after a link', () => {
    const { lines, log } = logged('info');
    const tell = eventLogger(log);
    const failed = { kind: 'dial-failed', address: 'ws://a:1', why: 'no', againInMs: 1 } as const;
    for (const event of [failed, failed] as const) tell(event);
    tell({ kind: 'peer-connected', peer: 'a', address: 'ws://a:1', isOutgoing: true });
    tell(failed);
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['dial-failed', 'peer-connected', 'dial-failed']);
  });

  it('eventLogger and logReport tell failures, damage, renewals and collisions by their level', () => {
    const { lines, log } = logged('warn');
    const tell = eventLogger(log);
    tell({ kind: 'listening', address: 'ws://a:1' });
    tell({ kind: 'reaped', reaped: 1, waiting: 0 });
    tell({ kind: 'failed', what: 'reaping', cause: new Error('disk') });
    tell({ kind: 'peer-refused', peer: 'x', code: 'UNAUTHENTICATED', why: 'it shows no token' });
    logReport(log, { kind: 'damage', dots: [{ id: 'a', counter: 1 }], keys: ['k'] });
    logReport(log, { kind: 'damage', dots: [{ id: 'a', counter: 1 }] });
    logReport(log, { kind: 'renewed', id: 'a~2', why: 'it is a copy' });
    logReport(log, { kind: 'collision', key: 'k', dots: [{ id: 'a', counter: 1 }] });
    logReport(log, { kind: 'listener-failed', cause: new Error('theirs') });
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'error failed',
      'warn peer-refused',
      'error damage',
      'warn renewed',
      'error collision',
      'error listener-failed',
    ]);
    expect(entries[2]).toMatchObject({ versions: 1, keys: ['k'], keysInAll: 1 });
  });
});
