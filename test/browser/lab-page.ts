/** What a page of the test of experiments can be asked. */

import { formatResult } from '../../src/lab/index.ts';
import { runSmall } from '../lab/experiment/small-result.ts';

const result = async (): Promise<string> => formatResult(await runSmall());

export const page = { result };

Object.assign(globalThis, { page });
