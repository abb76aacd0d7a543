import { describe, expect, it } from 'vitest';
import { writtenJson, writtenText } from '../../src/server/answer-json.ts';

describe('writtenText', () => {
  it('writtenText is the JSON of writtenJson, whatever keys and names are called, and of the session', () => {
    for (const name of ['berlin', '', '"', '\\', 'a"b\\c', '\n\u0000', 'ü\u2028', '__proto__', '💡']) {
      for (const places of [[], [name], ['berlin', name]]) {
        const written = {
          ...{ dot: { id: name, counter: 2 ** 53 - 1 }, context: 'AQ-_', session: 'AQE' },
          ...{ durableAt: places, hintedAt: [...places].reverse() },
        };
        const told = writtenJson(name, written);
        expect(JSON.parse(writtenText(name, written, 'AQ-_', undefined))).toEqual(told);
        expect(JSON.parse(writtenText(name, written, 'AQ-_', 'AQE'))).toEqual({ ...told, session: 'AQE' });
      }
    }
  });
});
