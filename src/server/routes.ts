/** All that can be asked, and how a path is found: by comparison, the most frequent first. */

import { CARE_ROUTES } from './care-routes.ts';
import { CHANGES_ROUTE } from './changes-stream.ts';
import { KEY_ROUTE } from './key-routes.ts';
import { BATCH_ROUTE, CONFLICTS_ROUTE, LIST_ROUTE, READ_ROUTE } from './many-routes.ts';
import type { Route } from './operation.ts';

/** Every route there is; what the description describes. */
export const ROUTES: readonly Route[] = [
  ...[KEY_ROUTE, LIST_ROUTE, READ_ROUTE, BATCH_ROUTE, CHANGES_ROUTE, CONFLICTS_ROUTE],
  ...CARE_ROUTES,
];

/** A route, and the part of the path that names something. */
export type Found = { readonly route: Route; readonly rest: string };

const KEY_PATH = '/v1/kv/';
const LINK_PATH = '/v1/links/';
const exact: ReadonlyMap<string, Route> = new Map(ROUTES.map((route) => [route.path, route]));

/** The route of a path; undefined when there is none. */
export function findRoute(path: string): Found | undefined {
  if (path.startsWith(KEY_PATH)) return { route: KEY_ROUTE, rest: path.slice(KEY_PATH.length) };
  if (path.startsWith(LINK_PATH)) {
    const end = path.indexOf('/', LINK_PATH.length);
    const route = end === -1 ? undefined : exact.get(`${LINK_PATH}{peer}${path.slice(end)}`);
    return route === undefined ? undefined : { route, rest: path.slice(LINK_PATH.length, end) };
  }
  const route = exact.get(path);
  return route === undefined || route.path.includes('{') ? undefined : { route, rest: '' };
}
