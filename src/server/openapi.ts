/** The OpenAPI 3.1 description of the HTTP interface; docs/openapi.json is a copy that `npm run docs:openapi` writes. */

import { CAIRN_VERSION } from '../version.ts';
import { HEADERS, PARAMETERS, PATHS } from './openapi-paths.ts';
import { ref, SCHEMAS } from './openapi-schemas.ts';

type Json = { readonly [field: string]: unknown };

export const OPENAPI: Json = {
  openapi: '3.1.0',
  info: {
    title: 'Cairn',
    version: CAIRN_VERSION,
    summary: 'A causal key-value store: deletes that stay deleted, conflicts that are never lost.',
    description:
      'Answers are statuses: 200 live, 300 in conflict, 404 absent, 410 deleted. Contexts and sessions are headers. What goes wrong is a problem with a stable code and an outcome.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  security: [{ bearer: [] }, {}],
  tags: [],
  paths: PATHS,
  components: {
    securitySchemes: {
      bearer: {
        ...{ type: 'http', scheme: 'bearer' },
        description:
          'With scopes read, write, admin, and perhaps for keys of one prefix. A server without tokens asks for none.',
      },
    },
    parameters: PARAMETERS,
    headers: HEADERS,
    responses: {
      Problem: {
        description: 'What went wrong, and whether it may have happened all the same.',
        headers: {
          'Retry-After': { $ref: '#/components/headers/Retry-After' },
          'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' },
        },
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    },
    schemas: SCHEMAS,
  },
};

/** As it is served. */
export const OPENAPI_JSON: string = JSON.stringify(OPENAPI);
