/** What a page of the simulator's test can be asked. */

import { traces } from '../sim/traces.ts';

export const page = { traces };

Object.assign(globalThis, { page });
