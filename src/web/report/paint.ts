/**
 * Draws the part of a run that a window shows: lanes, faults as shaded bands, messages as slanted lines, exchanges as double
 * links, operations and reads on their lanes, anomalies with their word on top. Gives back where each mark lies.
 */

import type { Brush } from './brush.ts';
import type { Drawn, Layout } from './layout.ts';
import { paintExchange, paintFault, paintMessage } from './paint-links.ts';
import { paintAnomalies, paintNumbers, paintOperation, paintRead, paintTidied } from './paint-points.ts';
import type { Palette } from './palette.ts';
import type { AnomalyMark, Mark, OperationMark, Run } from './run-model.ts';
import { timeTicks } from './scale.ts';
import type { TimeWindow } from './time-window.ts';

export type Scene = {
  readonly run: Run;
  /** The marks that are not left out, in order of time. */
  readonly shown: readonly Mark[];
  readonly window: TimeWindow;
  readonly layout: Layout;
  readonly selected: Mark | undefined;
  /** The operations that are lit: the chosen one and its causal past. */
  readonly lit: ReadonlyMap<number, OperationMark>;
};

/** Beyond so many messages, lines get fainter. */
const MESSAGES_CLEAR = 250;
const ASIDE = 0.42;
/** An arc over its own lane rises no higher, px. */
const BOW_MOST = 40;

/** Paints a scene; where its marks lie, those on top last. */
export function paint(c: CanvasRenderingContext2D, palette: Palette, scene: Scene): readonly Drawn[] {
  const { layout, run, shown, window, lit, selected } = scene;
  const brush = { c, palette, layout };
  const drawn: Drawn[] = [];
  c.clearRect(0, 0, layout.width, layout.height);
  c.lineCap = 'round';
  c.save();
  c.beginPath();
  c.rect(layout.left - 8, 0, layout.width - layout.left + 8, layout.height);
  c.clip();
  const visible = shown.filter((mark) => isWithin(mark, window));
  for (const mark of visible) if (mark.kind === 'fault') drawn.push(paintFault(brush, run, mark));
  paintLanes(brush, run);
  const messages = visible.filter((mark) => mark.kind === 'message');
  const clear = Math.max(0.25, Math.min(1, MESSAGES_CLEAR / Math.max(1, messages.length)));
  const isAside = lit.size > 0 || selected !== undefined;
  const shade = (mark: Mark): number => (isAside && mark !== selected && !isLit(mark, lit) ? ASIDE : 1);
  for (const mark of messages) {
    c.globalAlpha = (mark === selected ? 1 : clear) * shade(mark);
    drawn.push(paintMessage(brush, mark, messages.length < MESSAGES_CLEAR * 2, mark === selected));
  }
  for (const mark of visible) {
    if (mark.kind !== 'exchange') continue;
    c.globalAlpha = shade(mark) * (mark.records > 0 ? 0.9 : 0.4);
    drawn.push(paintExchange(brush, mark, mark === selected));
  }
  c.globalAlpha = 1;
  paintPast(brush, lit);
  for (const mark of visible) {
    c.globalAlpha = shade(mark);
    if (mark.kind === 'read') drawn.push(paintRead(brush, mark));
    else if (mark.kind === 'tidied') drawn.push(paintTidied(brush, mark));
  }
  const operations = visible.filter((mark) => mark.kind === 'operation');
  for (const mark of operations) {
    c.globalAlpha = shade(mark);
    drawn.push(paintOperation(brush, mark, lit.has(mark.number)));
  }
  paintNumbers(brush, operations, lit);
  if (selected?.kind === 'anomaly') paintFate(brush, selected, run);
  const anomalies = visible.filter((mark) => mark.kind === 'anomaly');
  drawn.push(...paintAnomalies(brush, anomalies, { selected, shade }));
  c.globalAlpha = 1;
  c.restore();
  paintNames(brush, run);
  paintAxis(brush, window);
  return drawn;
}

function isWithin(mark: Mark, { from, to }: TimeWindow): boolean {
  const room = (to - from) * 0.02;
  if (mark.kind === 'message') return mark.at <= to && mark.endAt >= from - room;
  if (mark.kind === 'fault') return mark.at <= to && (mark.untilAt ?? mark.at) >= from;
  if (mark.kind === 'operation') return mark.at <= to + room && (mark.doneAt ?? mark.at) >= from - room;
  return mark.at >= from - room && mark.at <= to + room;
}

/** The lit operations, what went wrong with them, and the messages that told of them. */
function isLit(mark: Mark, lit: ReadonlyMap<number, OperationMark>): boolean {
  if (mark.kind === 'operation') return lit.has(mark.number);
  if (mark.kind === 'anomaly') return lit.has(mark.operation);
  if (mark.kind !== 'message' || mark.carries !== 'write') return false;
  for (const { at, lane, key } of lit.values())
    if (mark.at === at && mark.lane === lane && mark.key === key) return true;
  return false;
}

function paintLanes({ c, palette, layout }: Brush, { packed }: Run): void {
  c.strokeStyle = palette.line;
  c.lineWidth = 1.5;
  for (const lane of packed.lanes.keys()) {
    c.beginPath();
    c.moveTo(layout.left, layout.laneY(lane));
    c.lineTo(layout.right, layout.laneY(lane));
    c.stroke();
  }
}

/** From every lit operation to those it was directly based on. */
function paintPast({ c, palette, layout }: Brush, lit: ReadonlyMap<number, OperationMark>): void {
  c.strokeStyle = palette.past;
  c.lineWidth = 2;
  for (const operation of lit.values()) {
    for (const number of operation.basis) {
      const base = lit.get(number);
      if (base === undefined) continue;
      const [x1, y1] = [layout.timeX(base.at), layout.laneY(base.lane)];
      const [x2, y2] = [layout.timeX(operation.at), layout.laneY(operation.lane)];
      const bow = y1 === y2 ? -Math.min(layout.gap * 0.45, BOW_MOST) : 0;
      c.beginPath();
      c.moveTo(x1, y1);
      c.bezierCurveTo(x1 + (x2 - x1) * 0.5, y1 + bow, x1 + (x2 - x1) * 0.5, y2 + bow, x2, y2);
      c.stroke();
    }
  }
}

/** From an operation to where it went wrong. */
function paintFate(
  { c, palette, layout }: Brush,
  { operation: number, at, lane }: AnomalyMark,
  { operations }: Run,
): void {
  const operation = operations.get(number);
  if (operation === undefined) return;
  c.strokeStyle = palette.bad;
  c.lineWidth = 1.5;
  c.setLineDash([3, 4]);
  c.beginPath();
  c.moveTo(layout.timeX(operation.at), layout.laneY(operation.lane));
  c.lineTo(layout.timeX(at), layout.laneY(lane));
  c.stroke();
  c.setLineDash([]);
}

function paintNames({ c, palette, layout }: Brush, { packed }: Run): void {
  c.fillStyle = palette.ink;
  c.textAlign = 'left';
  c.textBaseline = 'middle';
  c.font = `500 13px ${palette.font}`;
  for (const [lane, name] of packed.lanes.entries()) {
    const short = name.replace(/^([a-z])[a-z]*-/, '$1');
    c.fillText(layout.isNarrow ? short : name, 4, layout.laneY(lane));
  }
}

function paintAxis({ c, palette, layout }: Brush, { from, to }: TimeWindow): void {
  const y = layout.height - 24;
  c.strokeStyle = palette.line;
  c.fillStyle = palette.soft;
  c.lineWidth = 1;
  c.textAlign = 'center';
  c.textBaseline = 'top';
  c.font = `12px ${palette.font}`;
  c.beginPath();
  c.moveTo(layout.left, y);
  c.lineTo(layout.right, y);
  for (const [at, text] of timeTicks(from, to, (layout.right - layout.left) / (layout.isNarrow ? 80 : 110))) {
    const x = layout.timeX(at);
    c.moveTo(x, y);
    c.lineTo(x, y + 4);
    const half = c.measureText(text).width / 2;
    c.fillText(text, Math.min(Math.max(x, layout.left + half - 4), layout.width - half - 2), y + 7);
  }
  c.stroke();
}
