import { Validator } from '@seriousme/openapi-schema-validator';
import { type AxiosResponse, type Document, type OpenAPIClient, OpenAPIClientAxios } from 'openapi-client-axios';
import { describe, expect, it } from 'vitest';
import { isOpenapiCurrent } from '../../scripts/docs-openapi.ts';
import { OPENAPI, OPENAPI_JSON } from '../../src/server/openapi.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { readText } from '../house/source.ts';
import { inConflict, serveNode } from './serving.ts';

type Parameter = { readonly $ref?: string; readonly name?: string; readonly in?: string };
type Method = {
  readonly parameters?: readonly Parameter[];
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
};
const paths = OPENAPI['paths'] as Readonly<Record<string, Readonly<Record<string, Method>>>>;
const { parameters, schemas } = OPENAPI['components'] as {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly schemas: Readonly<Record<string, unknown>>;
};
const METHODS = ['get', 'put', 'post', 'delete'];

describe('OPENAPI', () => {
  it('OPENAPI is a valid description, all of whose references lead somewhere', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(OPENAPI_JSON));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    for (const [, name = ''] of OPENAPI_JSON.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(schemas).toHaveProperty(name);
    for (const name of Object.keys(schemas)) expect(OPENAPI_JSON).toContain(`"#/components/schemas/${name}"`);
    for (const name of Object.keys(parameters)) expect(OPENAPI_JSON).toContain(`"#/components/parameters/${name}"`);
  });

  it('OPENAPI describes every route with every method, and no other', () => {
    const described = Object.entries(paths).map(([path, item]) => [
      path,
      Object.keys(item).filter((m) => METHODS.includes(m)),
    ]);
    const served = ROUTES.map(({ path, operations }) => [path, [...operations.keys()].map((m) => m.toLowerCase())]);
    const sorted = (routes: unknown[][]) => routes.map((route) => JSON.stringify(route)).sort();
    expect(sorted(described)).toEqual(sorted(served));
  });

  it('OPENAPI describes every option that is taken, and says what needs no token', () => {
    for (const { path, operations } of ROUTES) {
      for (const [method, { query, scope }] of operations) {
        const described = paths[path]?.[method.toLowerCase()];
        const named = (described?.parameters ?? []).map(({ $ref = '' }) => parameters[$ref.split('/').at(-1) ?? '']);
        const inQuery = named.filter((one) => one?.in === 'query').map((one) => one?.name);
        expect([path, method, [...inQuery].sort()]).toEqual([path, method, [...query].sort()]);
        expect([path, described?.security !== undefined]).toEqual([path, scope === 'none']);
      }
    }
  });

  it('OPENAPI is what docs/openapi.json says, of the version of the package; and it is served', async () => {
    expect(isOpenapiCurrent()).toBe(true);
    expect((OPENAPI['info'] as { version: string }).version).toBe(JSON.parse(readText('package.json')).version);
    const { ask } = await serveNode();
    expect(await (await ask('/openapi.json')).json()).toEqual(OPENAPI);
  });

  it('OPENAPI names every status that the tests of keys see', async () => {
    const { ask, replica } = await serveNode();
    await inConflict(replica, 'c', 'a', 'b');
    await replica.store.delete('d');
    const seen = await Promise.all([
      ask('/v1/kv/c'),
      ask('/v1/kv/d'),
      ask('/v1/kv/e'),
      ask('/v1/kv/%ff'),
      ask('/v1/kv/e?r=3'),
      ask('/v1/kv/e', { headers: { 'if-match': '*' } }),
    ]);
    const described = Object.keys(paths['/v1/kv/{key}']?.['get']?.responses ?? {});
    for (const { status } of seen) expect(described).toContain(String(status));
    expect(seen.map(({ status }) => status)).toEqual([300, 410, 404, 400, 503, 412]);
  });
});

describe('a client generated from OPENAPI', () => {
  type Call = (parameters?: unknown, data?: unknown, config?: unknown) => Promise<AxiosResponse>;
  type Generated = OpenAPIClient &
    Readonly<Record<'getKey' | 'putKey' | 'deleteKey' | 'writeBatch' | 'listKeys' | 'changeMembers', Call>>;

  async function generate(url: string): Promise<Generated> {
    const definition = JSON.parse(OPENAPI_JSON) as Document;
    const api = new OpenAPIClientAxios({
      definition,
      axiosConfigDefaults: { baseURL: url, validateStatus: () => true },
    });
    return api.init<Generated>();
  }

  it('a client generated from OPENAPI puts, gets, deletes and sees a conflict', async () => {
    const { url, replica } = await serveNode();
    const client = await generate(url);
    const config = { headers: { 'content-type': 'application/json' } };
    const put = await client.putKey({ key: 'a/b c' }, { name: 'red' }, config);
    expect([put.status, put.data]).toMatchObject([200, { key: 'a/b c', durableAt: ['berlin'] }]);
    const live = await client.getKey({ key: 'a/b c', 'Cairn-Session': put.data.session });
    expect([live.status, live.data]).toEqual([200, { name: 'red' }]);
    const stale = await client.putKey({ key: 'a/b c', 'If-Match': '"none"' }, 1, config);
    expect([stale.status, stale.data.code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await client.deleteKey({ key: 'a/b c' })).status).toBe(200);
    expect((await client.getKey({ key: 'a/b c' })).status).toBe(410);

    await inConflict(replica, 'colour', 'green', 'blue');
    const conflict = await client.getKey({ key: 'colour' });
    expect([conflict.status, conflict.data.siblings.length]).toEqual([300, 2]);
    const context = conflict.headers['cairn-context'];
    expect((await client.putKey({ key: 'colour', 'Cairn-Context': context }, '"violet"', config)).status).toBe(200);
    expect((await client.listKeys({ prefix: 'col', limit: 5 })).data.entries).toMatchObject([
      { key: 'colour', value: 'violet' },
    ]);
    expect((await client.writeBatch({}, { operations: [{ delete: 'colour' }] })).data.results.length).toBe(1);
    expect((await client.changeMembers({}, { join: 'lima' })).data.members).toEqual(['berlin', 'lima']);
  });
});
