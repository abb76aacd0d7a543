/** What lies between lanes: messages, exchanges, and the bands of faults. */

import type { MessageKind } from '../../lab/cluster/trace.ts';
import type { Brush } from './brush.ts';
import type { Drawn } from './layout.ts';
import type { Palette } from './palette.ts';
import type { ExchangeMark, FaultMark, MessageMark, Run } from './run-model.ts';
import { titleOf } from './story.ts';

/** The colour and the dashes of each kind of message: told apart without colour too. */
export const MESSAGE_LOOK: Readonly<Record<MessageKind, readonly [keyof Palette, readonly number[]]>> = {
  write: ['write', []],
  acknowledge: ['faint', []],
  request: ['faint', [1, 4]],
  response: ['faint', [4, 3]],
  'read repair': ['repair', [7, 3]],
  hint: ['hint', [2, 4]],
  reap: ['reap', [8, 3, 2, 3]],
};

/** A lost message gets this far. */
const LOST_AT = 0.38;
const LOST_MS_PX = 16;

/** A slanted line from where it was sent to where it arrived; a lost one ends on its way in a cross. */
export function paintMessage(
  { c, palette, layout }: Brush,
  mark: MessageMark,
  isArrowed: boolean,
  isStrong: boolean,
): Drawn {
  const [colour, dashes] = MESSAGE_LOOK[mark.carries];
  const [x1, y1] = [layout.timeX(mark.at), layout.laneY(mark.lane)];
  const toY = layout.laneY(mark.to);
  const x2 = mark.isLost ? x1 + LOST_MS_PX : layout.timeX(mark.endAt);
  const y2 = mark.isLost ? y1 + (toY - y1) * Math.min(LOST_AT, (layout.gap * 0.5) / Math.abs(toY - y1 || 1)) : toY;
  c.strokeStyle = palette[colour];
  c.fillStyle = palette[colour];
  c.lineWidth = isStrong ? 3 : 1.25;
  c.setLineDash([...dashes]);
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.stroke();
  c.setLineDash([]);
  if (mark.isLost) {
    c.lineWidth = 1.5;
    c.beginPath();
    for (const side of [-1, 1]) {
      c.moveTo(x2 - 3, y2 - 3 * side);
      c.lineTo(x2 + 3, y2 + 3 * side);
    }
    c.stroke();
  } else if (isArrowed && mark.carries !== 'request' && mark.carries !== 'response') {
    paintHead(c, x1, y1, x2, y2);
  }
  return { mark, x: x1, y: y1, end: [x2, y2] };
}

/** A double link between two lanes. */
export function paintExchange({ c, palette, layout }: Brush, mark: ExchangeMark, isStrong: boolean): Drawn {
  const x = layout.timeX(mark.at);
  const [y1, y2] = [layout.laneY(mark.lane), layout.laneY(mark.peer)];
  c.strokeStyle = palette.exchange;
  c.fillStyle = palette.exchange;
  c.lineWidth = isStrong ? 2.5 : 1.25;
  c.beginPath();
  for (const aside of [-2, 2]) {
    c.moveTo(x + aside, y1);
    c.lineTo(x + aside, y2);
  }
  c.stroke();
  for (const y of [y1, y2]) c.fillRect(x - 3.5, y - 2, 7, 4);
  return { mark, x, y: y1, end: [x, y2] };
}

/** A shaded band over the lanes it befalls for as long as it holds; what only strikes is a small flag. */
export function paintFault(brush: Brush, run: Run, mark: FaultMark): Drawn {
  const { c, palette, layout } = brush;
  const from = Math.max(layout.timeX(mark.at), layout.left - 8);
  const lanes = [...mark.replicas].sort((one, other) => one - other);
  const top = layout.laneY(lanes[0] ?? 0) - layout.gap / 2 + 3;
  const height = layout.gap - 6;
  const words = titleOf(run, mark);
  const text = layout.isNarrow ? words.replace(/replica-/g, 'r') : words;
  if (mark.untilAt === undefined) {
    const y = layout.laneY(lanes[0] ?? 0);
    c.strokeStyle = palette.soft;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(from, y);
    c.lineTo(from, y - layout.gap * 0.4);
    c.stroke();
    paintWords(brush, text, from + 4, top + 2, layout.right);
    return { mark, x: from, y: y - layout.gap * 0.4 };
  }
  const to = Math.min(layout.timeX(mark.untilAt), layout.right + 14);
  for (const lane of lanes) {
    const side = mark.sides.findIndex((members) => members.includes(lane));
    c.fillStyle = side % 2 === 1 ? palette.side : palette.band;
    const y = layout.laneY(lane) - layout.gap / 2 + 3;
    c.fillRect(from, y, to - from, height);
    if (mark.what !== 'cut') paintHatch(brush, from, y, to - from, height);
  }
  paintRifts(brush, mark, from, to);
  paintWords(brush, text, from + 6, top + 2, to);
  return { mark, x: from + 6, y: top + 8 };
}

/** Between neighbouring lanes of two sides, a thick dashed line: nothing gets across. */
function paintRifts({ c, palette, layout }: Brush, { sides }: FaultMark, from: number, to: number): void {
  const sideOf = (lane: number): number => sides.findIndex((members) => members.includes(lane));
  const lanes = sides.flat().sort((one, other) => one - other);
  c.strokeStyle = palette.soft;
  c.lineWidth = 2;
  c.setLineDash([6, 5]);
  for (const [at, lane] of lanes.entries()) {
    const next = lanes[at + 1];
    if (next === undefined || sideOf(lane) === sideOf(next)) continue;
    const y = (layout.laneY(lane) + layout.laneY(lane + 1)) / 2;
    c.beginPath();
    c.moveTo(from, y);
    c.lineTo(to, y);
    c.stroke();
  }
  c.setLineDash([]);
}

function paintHatch({ c, palette }: Brush, x: number, y: number, width: number, height: number): void {
  c.save();
  c.beginPath();
  c.rect(x, y, width, height);
  c.clip();
  c.strokeStyle = palette.line;
  c.lineWidth = 1;
  c.beginPath();
  const first = Math.floor((x - height) / 9) * 9;
  for (let at = first; at < x + width; at += 9) {
    c.moveTo(at, y + height);
    c.lineTo(at + height, y);
  }
  c.stroke();
  c.restore();
}

function paintWords({ c, palette }: Brush, text: string, x: number, y: number, until: number): void {
  c.font = `12px ${palette.font}`;
  c.textAlign = 'left';
  c.textBaseline = 'top';
  if (until - x < 24) return;
  c.lineWidth = 4;
  c.strokeStyle = palette.paper;
  c.fillStyle = palette.soft;
  c.save();
  c.beginPath();
  c.rect(x - 2, y - 2, until - x, 20);
  c.clip();
  c.strokeText(text, x, y);
  c.fillText(text, x, y);
  c.restore();
}

function paintHead(c: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  const turn = Math.atan2(y2 - y1, x2 - x1);
  c.save();
  c.translate(x2, y2);
  c.rotate(turn);
  c.beginPath();
  c.moveTo(-2, 0);
  c.lineTo(-8, -3);
  c.lineTo(-8, 3);
  c.fill();
  c.restore();
}
