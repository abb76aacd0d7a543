/** How many requests were answered, by route, method and status. Bounded: what is no method of HTTP is counted as one. */

import type { RequestCount } from './metrics.ts';

const METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS'];

/** Counts of one server. */
export class RequestCounts {
  readonly #counts = new Map<string, Map<number, number>>();

  add(route: string, method: string, status: number): void {
    const name = `${METHODS.includes(method) ? method : 'other'} ${route}`;
    let byStatus = this.#counts.get(name);
    if (byStatus === undefined) {
      byStatus = new Map();
      this.#counts.set(name, byStatus);
    }
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  /** In the order of route, method and status. */
  all(): readonly RequestCount[] {
    return [...this.#counts.keys()].sort().flatMap((name) => {
      const [method = '', route = ''] = name.split(' ');
      const byStatus = [...(this.#counts.get(name) ?? [])].sort(([a], [b]) => a - b);
      return byStatus.map(([status, count]) => ({ route, method, status, count }));
    });
  }
}
