/** What a terminal can show: colours and a line that rewrites itself, only where somebody watches. */

type Colour = (text: string) => string;
export type Paint = { readonly bold: Colour; readonly dim: Colour; readonly good: Colour; readonly bad: Colour };

/** The part of an output stream that a progress line needs. */
export type ProgressStream = { readonly isTTY?: boolean; readonly write: (text: string) => unknown };

/** Colours for a terminal; none when the output is no terminal or NO_COLOR is set. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const isColoured = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  const code =
    (on: number, off: number) =>
    (text: string): string =>
      isColoured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39) };
}

/** How far a long task is, on stderr: in place on a terminal, else one line a task. */
export class Progress {
  readonly #stream: ProgressStream;
  #task = '';
  #shownAtMs = 0;

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream;
  }

  /**
   * A total of 0 is one nobody knows; then only a terminal is told. `note` is for a terminal too. Cost: one comparison,
   * unless 0.1 s have passed.
   */
  update(task: string, done: number, total: number, note = ''): void {
    const nowMs = Date.now();
    const isNew = task !== this.#task;
    if (!isNew && (done < total || total === 0) && nowMs - this.#shownAtMs < 100) return;
    this.#task = task;
    this.#shownAtMs = nowMs;
    const of = total === 0 ? '' : ` of ${count(total)}`;
    if (this.#stream.isTTY)
      this.#stream.write(`\r\u001b[K${task}: ${count(done)}${of}${note === '' ? '' : `, ${note}`}`);
    else if (isNew && total > 0) this.#stream.write(`${task}: ${count(total)}\n`);
  }

  /** Leaves the line empty for what comes next. */
  end(): void {
    if (this.#stream.isTTY && this.#task !== '') this.#stream.write('\r\u001b[K');
    this.#task = '';
  }
}

/** How much longer it takes if it goes on as it went: `about 2 min left`; empty before that can be told, and at the end. */
export function timeLeft(elapsedMs: number, done: number, total: number): string {
  if (done === 0 || done >= total || elapsedMs < 1_000) return '';
  const seconds = Math.ceil(((elapsedMs / done) * (total - done)) / 1_000);
  if (seconds < 90) return `about ${seconds} s left`;
  return seconds < 5_400 ? `about ${Math.round(seconds / 60)} min left` : `about ${Math.round(seconds / 3_600)} h left`;
}

/** 1234567 as 1,234,567. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}
