/** What lies on lanes: writes, deletes, reads, reaping, and anomalies with their word. */

import { type Brush, paintWord } from './brush.ts';
import type { Drawn } from './layout.ts';
import type { AnomalyMark, Mark, OperationMark, ReadMark, TidiedMark } from './run-model.ts';
import { ANOMALY_WORDS } from './story.ts';

const RADIUS = 5;
/** How far a delete's cross reaches from the middle of its circle. */
const CROSS = 3.2;

/** A write is filled, a delete hollow and crossed; the bar reaches to its acknowledgement, dotted if none came. */
export function paintOperation({ c, palette, layout }: Brush, mark: OperationMark, isLit: boolean): Drawn {
  const [x, y] = [layout.timeX(mark.at), layout.laneY(mark.lane)];
  const colour = isLit ? palette.past : palette.ink;
  if (mark.doneAt !== undefined) {
    c.strokeStyle = mark.isAcknowledged ? colour : palette.bad;
    c.lineWidth = 3;
    c.setLineDash(mark.isAcknowledged ? [] : [1, 5]);
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(layout.timeX(mark.doneAt), y);
    c.stroke();
    c.setLineDash([]);
  }
  c.beginPath();
  c.arc(x, y, RADIUS, 0, 2 * Math.PI);
  c.fillStyle = mark.isDelete ? palette.paper : colour;
  c.strokeStyle = palette.paper;
  c.lineWidth = 4;
  c.stroke();
  c.fill();
  c.strokeStyle = colour;
  c.lineWidth = 1.75;
  c.stroke();
  if (mark.isDelete) {
    c.beginPath();
    for (const side of [-1, 1]) {
      c.moveTo(x - CROSS, y - CROSS * side);
      c.lineTo(x + CROSS, y + CROSS * side);
    }
    c.stroke();
  }
  return { mark, x, y };
}

/** The numbers of operations beneath them, where there is room; those that are lit come first. */
export function paintNumbers(brush: Brush, marks: readonly OperationMark[], lit: ReadonlyMap<number, unknown>): void {
  const { palette, layout, c } = brush;
  const taken = new Map<number, number[]>();
  const inOrder = [...marks].sort((one, other) => Number(lit.has(other.number)) - Number(lit.has(one.number)));
  const isAside = lit.size > 0;
  for (const { number, at, lane } of inOrder) {
    const x = layout.timeX(at);
    const places = taken.get(lane) ?? [];
    const room = 7 * String(number).length + 5;
    if (places.some((place) => Math.abs(place - x) < room)) continue;
    taken.set(lane, [...places, x]);
    c.globalAlpha = isAside && !lit.has(number) ? 0.6 : 1;
    paintWord(brush, String(number), x, layout.laneY(lane) + 20, lit.has(number) ? palette.past : palette.soft, '11px');
  }
  c.globalAlpha = 1;
}

/** A small stroke beneath the lane. */
export function paintRead({ c, palette, layout }: Brush, mark: ReadMark): Drawn {
  const [x, y] = [layout.timeX(mark.at), layout.laneY(mark.lane)];
  c.strokeStyle = palette.soft;
  c.lineWidth = 1.5;
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x, y + 8);
  c.stroke();
  return { mark, x, y: y + 5 };
}

/** A small triangle that hangs from the lane. */
export function paintTidied({ c, palette, layout }: Brush, mark: TidiedMark): Drawn {
  const [x, y] = [layout.timeX(mark.at), layout.laneY(mark.lane)];
  c.fillStyle = palette.reap;
  c.beginPath();
  c.moveTo(x - 5, y + 3);
  c.lineTo(x + 5, y + 3);
  c.lineTo(x, y + 11);
  c.fill();
  return { mark, x, y: y + 6 };
}

/** Rings with their word above; words that would cover one another are left out, losses come first. */
export function paintAnomalies(
  brush: Brush,
  marks: readonly AnomalyMark[],
  { selected, shade }: { readonly selected: Mark | undefined; readonly shade: (mark: Mark) => number },
): readonly Drawn[] {
  const { c, palette, layout } = brush;
  const taken: (readonly [lane: number, from: number, to: number])[] = [];
  const weight = (mark: AnomalyMark): number => (mark === selected ? 2 : mark.what === 'lost' ? 1 : 0);
  const words: (() => void)[] = [];
  const isDense = marks.length > (layout.right - layout.left) / 12;
  const radius = isDense ? RADIUS + 1.5 : RADIUS + 4;
  const drawn = marks.map((mark): Drawn => {
    const [x, y] = [layout.timeX(mark.at), layout.laneY(mark.lane)];
    const isLost = mark.what === 'lost';
    c.globalAlpha = shade(mark);
    c.strokeStyle = palette.bad;
    c.lineWidth = mark === selected ? 3 : isDense ? 1.5 : 2.25;
    c.beginPath();
    c.arc(x, y, radius, 0, 2 * Math.PI);
    c.stroke();
    if (isLost) {
      c.beginPath();
      c.moveTo(x - radius * 0.72, y + radius * 0.72);
      c.lineTo(x + radius * 0.72, y - radius * 0.72);
      c.stroke();
    }
    return { mark, x, y };
  });
  c.font = `600 12px ${palette.font}`;
  for (const mark of [...marks].sort((one, other) => weight(other) - weight(one))) {
    const x = layout.timeX(mark.at);
    const half = c.measureText(ANOMALY_WORDS[mark.what]).width / 2 + 4;
    const isTaken = taken.some(([lane, from, to]) => lane === mark.lane && x - half < to && x + half > from);
    if (isTaken) continue;
    taken.push([mark.lane, x - half, x + half]);
    const place = Math.min(Math.max(x, layout.left + half - 8), layout.right - half + 8);
    words.push(() => {
      c.globalAlpha = shade(mark);
      paintWord(brush, ANOMALY_WORDS[mark.what], place, layout.laneY(mark.lane) - 22, palette.bad, '600 12px');
    });
  }
  for (const word of words) word();
  return drawn;
}
