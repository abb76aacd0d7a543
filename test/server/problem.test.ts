import { describe, expect, it } from 'vitest';
import { ERROR_MEANINGS } from '../../src/error-meanings.ts';
import { CausalError, type ErrorCode } from '../../src/errors.ts';
import { HttpError, problemOf, problemResponse, STATUS_OF } from '../../src/server/problem.ts';
import { serveNode } from './serving.ts';

describe('STATUS_OF', () => {
  it('STATUS_OF has a status for every code there is, in order, and none of success', () => {
    const codes = Object.keys(STATUS_OF);
    expect(codes).toEqual([...codes].sort());
    expect(Object.keys(ERROR_MEANINGS).filter((code) => !codes.includes(code))).toEqual([]);
    for (const status of Object.values(STATUS_OF)) expect(status >= 400 && status < 600).toBe(true);
  });

  it.each([
    ['LIMIT_EXCEEDED', 413],
    ['OVERLOADED', 429],
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['CONFLICT', 409],
    ['PRECONDITION_FAILED', 412],
  ] as const)('STATUS_OF %s is %i', (code, status) => {
    expect(STATUS_OF[code]).toBe(status);
  });
});

describe('problemOf', () => {
  it('problemOf tells code, outcome and details, and neither cause nor siblings', () => {
    const details = { needed: 2, answered: ['a'], big: 7n, siblings: ['secret'], cause: new Error('secret') };
    const error = new CausalError('QUORUM_NOT_MET', 'Cannot write', details, new Error('secret'));
    const problem = problemOf(error);
    expect(problem).toEqual({
      ...{ type: 'urn:cairn:error:QUORUM_NOT_MET', title: 'quorum not met', status: 503, detail: 'Cannot write' },
      ...{ code: 'QUORUM_NOT_MET', outcome: 'unknown' },
      details: { needed: 2, answered: ['a'], big: { $bigint: '7' } },
    });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('problemOf tells nothing of what nobody foresaw, and takes misuse for a bad request', () => {
    for (const error of [new TypeError("Cannot read properties of undefined (reading 'x')"), 'text', undefined]) {
      expect(problemOf(error)).toMatchObject({ code: 'INTERNAL', status: 500, outcome: 'unknown' });
      expect(JSON.stringify(problemOf(error))).not.toContain('reading');
    }
    expect(problemOf(new RangeError('Cannot use "9" as a quorum: it is too many'))).toMatchObject({
      code: 'BAD_REQUEST',
    });
    expect(problemOf(new TypeError("Cannot use 'in' operator to search for 'x' in y")).code).toBe('INTERNAL');
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(problemOf(new CausalError('BEHIND', 'Cannot', { circle })).details).toEqual({});
  });

  it('problemOf gives 431 to what is too long in headers', () => {
    const error = new CausalError('LIMIT_EXCEEDED', 'Cannot read', { in: 'headers' });
    expect(problemResponse(error).status).toBe(431);
  });

  it('problemOf is told to whoever logs when nobody foresaw it', async () => {
    const errors: unknown[] = [];
    const { ask, replica } = await serveNode({ onError: (error) => errors.push(error) });
    const defect = new Error('a defect');
    replica.store.entries = () => {
      throw defect;
    };
    const answer = await ask('/v1/kv');
    expect([answer.status, errors]).toEqual([500, [defect]]);
    expect(await answer.text()).not.toContain('a defect');
  });

  it('problemOf carries codes of HTTP too', () => {
    expect(problemOf(new HttpError('NOT_FOUND', 'Cannot find'))).toMatchObject({ status: 404, outcome: 'not-done' });
    const every = Object.keys(STATUS_OF) as (ErrorCode & 'BAD_REQUEST')[];
    for (const code of every) expect(problemResponse(new CausalError(code, 'Cannot')).headers.length % 2).toBe(0);
  });
});
