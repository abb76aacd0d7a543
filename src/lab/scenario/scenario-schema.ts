/** The JSON Schema (2020-12) of a scenario, made from its form; `npm run docs:scenario` publishes it. */

import type { Schema } from './form.ts';
import { SCENARIO_VERSION } from './scenario.ts';
import { scenarioForm } from './scenario-form.ts';

/** The whole schema; docs/scenario.schema.json holds it. */
export function scenarioSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:cairndb:scenario:${SCENARIO_VERSION}`,
    title: 'A scenario of `cairn experiment`',
    description: 'A workload, faults, and the conflict strategies that meet them. Times are in ms.',
    ...scenarioForm.schema,
    $defs: scenarioForm.named,
  };
}
