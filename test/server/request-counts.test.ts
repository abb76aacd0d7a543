import { describe, expect, it } from 'vitest';
import { RequestCounts } from '../../src/server/request-counts.ts';

describe('RequestCounts', () => {
  it('RequestCounts counts by route, method and status, in order, and takes what is no method for one', () => {
    const counts = new RequestCounts();
    for (const [route, method, status] of [
      ['/b', 'PUT', 200],
      ['/b', 'BREW', 405],
      ['/a', 'PUT', 409],
      ['/b', 'GET', 404],
      ['/b', 'PUT', 200],
      ['/a', 'PUT', 200],
      ['/b', '__proto__', 405],
    ] as const)
      counts.add(route, method, status);
    expect(counts.all().map(({ route, method, status, count }) => `${method} ${route} ${status} ${count}`)).toEqual([
      'GET /b 404 1',
      'PUT /a 200 1',
      'PUT /a 409 1',
      'PUT /b 200 2',
      'other /b 405 2',
    ]);
  });
});
