import { describe, expect, it } from 'vitest';
import { type Line, readLines } from '../../src/cli/line-reader.ts';

async function read(chunks: readonly (string | Buffer)[], lineBytesMax = 8): Promise<Line[]> {
  const lines: Line[] = [];
  const input = async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  };
  for await (const arrived of readLines(input(), lineBytesMax)) lines.push(...arrived);
  return lines;
}

const text = (line: string): Line => ({ text: line });

describe('readLines', () => {
  it('readLines finds the same lines however the input is cut', async () => {
    const input = Buffer.from('ab\n\nä€\r\nlast');
    const whole = await read([input]);
    expect(whole).toEqual([text('ab'), text(''), text('ä€\r'), text('last')]);
    expect(await read([...input].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('readLines gives no line for no input, and one for a lone newline', async () => {
    expect(await read([])).toEqual([]);
    expect(await read(['\n'])).toEqual([text('')]);
  });

  it('readLines reads past a line over the limit, and goes on', async () => {
    const fault: Line = { fault: 'the line is over 8 bytes' };
    expect(await read(['12345678\n123456789\nok\n'])).toEqual([text('12345678'), fault, text('ok')]);
    expect(await read(['12345', '67', '89', '0'.repeat(1000), '\nok', '\n', '123456789'])).toEqual([
      fault,
      text('ok'),
      fault,
    ]);
  });

  it('readLines refuses what is not UTF-8', async () => {
    expect(await read([Buffer.from([0x61, 0xff, 0x0a, 0x62, 0x0a])])).toEqual([
      { fault: 'the line is not UTF-8' },
      text('b'),
    ]);
  });
});
