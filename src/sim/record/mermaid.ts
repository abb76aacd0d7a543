/**
 * A part of a trace as a sequence diagram for Mermaid: an arrow where a frame arrives, a crossed one where it is lost, a
 * note for what happens at one process. A diagram of more than some dozens of events can be read by nobody.
 */

import type { TraceEvent } from '../recorder.ts';
import { windowOf } from './window.ts';

export type MermaidOptions = {
  /** How many events, at most. Default 60. */
  readonly events?: number;
  /** The last moment shown, as that of a violation. Default: the end. */
  readonly untilMs?: number;
  /** A note over all, at the end. */
  readonly end?: string;
};

type Frame = { readonly from: string; readonly to: string; readonly text: string; readonly at: number };

const EVENTS = 60;
/** Notes are one line, and no longer than this. */
const NOTE_CHARACTERS = 90;

/** The diagram of the last events up to a moment. */
export function toMermaid(events: readonly TraceEvent[], options: MermaidOptions = {}): string {
  const frames = new Map<number, Frame>();
  for (const event of events) noteFrame(frames, event);
  const shown = windowOf(events.filter(isDrawn), options.events ?? EVENTS, options.untilMs);
  const names = new Set<string>();
  const lines = shown.map((event) => lineOf(event, frames, names));
  const [first = ''] = names;
  const last = [...names].at(-1) ?? first;
  const over = first === last ? first : `${first},${last}`;
  const all = lines.map((line) => line.replace(ALL, over));
  if (options.end !== undefined && first !== '') all.push(`Note over ${over}: ${text(options.end)}`);
  return ['sequenceDiagram', ...[...names].map((name) => `participant ${name}`), ...all].join('\n  ').concat('\n');
}

const ALL = '(all)';

/** A frame is drawn where it arrives, with how long that took. */
function isDrawn({ what }: TraceEvent): boolean {
  return what !== 'send';
}

function noteFrame(frames: Map<number, Frame>, { at, process, what, detail, message }: TraceEvent): void {
  if (what !== 'send' || message === undefined) return;
  const kind = `${detail['kind']} ${detail['bytes']} B`;
  frames.set(message, { from: process, to: String(detail['to']), text: `${kind}, frame ${message}`, at });
}

function lineOf(event: TraceEvent, frames: ReadonlyMap<number, Frame>, names: Set<string>): string {
  const { at, process, what, detail, message } = event;
  const frame = message === undefined ? undefined : frames.get(message);
  if (frame !== undefined && what === 'receive') {
    names.add(frame.from).add(process);
    return `${frame.from}->>${process}: ${text(`${frame.text}, after ${(at - frame.at).toFixed(1)} ms`)}`;
  }
  if (frame !== undefined && what === 'lost') {
    names.add(frame.from).add(frame.to);
    return `${frame.from}-x${frame.to}: ${text(`${frame.text} lost: ${detail['why']}`)}`;
  }
  const told = Object.entries(detail).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const note = text(`${at.toFixed(1)} ms ${what} ${told.join(' ')}`.trimEnd());
  if (process === 'all' || process === 'network') return `Note over ${ALL}: ${note}`;
  names.add(process);
  return `Note over ${process}: ${note}`;
}

/** Characters that Mermaid would read as its own are told by their number. */
function text(said: string): string {
  const characters = [...said];
  const short = characters.length > NOTE_CHARACTERS ? `${characters.slice(0, NOTE_CHARACTERS).join('')}…` : said;
  return short.replace(/[#;<>{}\n]/gu, (character) => `#${character.codePointAt(0)};`);
}
