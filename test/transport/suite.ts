/** Runs the laws of the transport port under vitest. */

import { test } from 'vitest';
import { type MakeTransport, transportLaws } from '../../src/testkit/transport-suite.ts';

/** A test for every law of the port. */
export function testTransportLaws(make: MakeTransport): void {
  for (const { name, run } of transportLaws) test(name, () => run(make));
}
