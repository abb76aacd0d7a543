/**
 * The space-time diagram: a run, what of it is shown, the window in time, and the chosen mark. It draws when something
 * changed, once a frame, and tells its listeners. Hands and keys are in gestures.ts, words in panel.ts.
 */

import { h } from './dom.ts';
import { type Drawn, heightOf, hitAt, type Layout, layoutOf } from './layout.ts';
import { paint } from './paint.ts';
import { type Palette, readPalette } from './palette.ts';
import {
  type AnomalyMark,
  causalPast,
  firstLoss,
  isShown,
  type Layer,
  type Mark,
  type OperationMark,
  type Run,
} from './run-model.ts';
import { around, clamped, panned, type TimeWindow, zoomed } from './time-window.ts';

export type DiagramListener = {
  readonly onSelect?: (mark: Mark | undefined) => void;
  readonly onDraw?: () => void;
  readonly onKey?: (key: number) => void;
};

/** When a mark is shown, at least so much of the time around it, ms. */
const AROUND_MS = 60;

/** One diagram; its element is to be put somewhere. */
export class Diagram {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #ring: HTMLElement;
  readonly #listeners: DiagramListener[] = [];
  #run: Run;
  #key = -1;
  #layers: ReadonlySet<Layer>;
  #window: TimeWindow;
  #selected: Mark | undefined;
  #lit: ReadonlyMap<number, OperationMark> = new Map<number, OperationMark>();
  #shown: readonly Mark[] = [];
  #drawn: readonly Drawn[] = [];
  #palette: Palette | undefined;
  #frame = 0;

  constructor(run: Run, layers: ReadonlySet<Layer>) {
    this.#run = run;
    this.#layers = layers;
    this.#window = { from: 0, to: run.packed.workedUntil };
    this.canvas = h('canvas', { 'aria-hidden': 'true' });
    this.#ring = h('div', { class: 'ring', hidden: true });
    this.element = h(
      'div',
      {
        ...{ class: 'diagram', tabindex: 0, role: 'application', 'aria-roledescription': 'space-time diagram' },
        ...{ 'aria-label': 'Space-time diagram of the run', 'aria-describedby': 'diagram-keys' },
      },
      this.canvas,
      this.#ring,
    );
    new ResizeObserver(() => this.changed()).observe(this.element);
    this.#sift();
  }

  get run(): Run {
    return this.#run;
  }

  get window(): TimeWindow {
    return this.#window;
  }

  get key(): number {
    return this.#key;
  }

  get layers(): ReadonlySet<Layer> {
    return this.#layers;
  }

  get selected(): Mark | undefined {
    return this.#selected;
  }

  /** Everything that is shown, in order of time, whether it lies in the window or not. */
  get shown(): readonly Mark[] {
    return this.#shown;
  }

  get layout(): Layout {
    const width = Math.max(200, this.element.clientWidth);
    return layoutOf(this.#run.packed.lanes.length, width, this.#window);
  }

  listen(listener: DiagramListener): void {
    this.#listeners.push(listener);
  }

  /** Shows another run, at the same time and for the same key if it has it. */
  setRun(run: Run): void {
    const name = this.#run.packed.keys[this.#key];
    this.#run = run;
    this.select(undefined);
    this.look(this.#window);
    this.setKey(name === undefined ? -1 : run.packed.keys.indexOf(name));
  }

  /** Shows one key only; -1: all. */
  setKey(key: number): void {
    this.#key = key;
    for (const { onKey } of this.#listeners) onKey?.(key);
    if (this.#selected !== undefined && !isShown(this.#selected, key, this.#layers)) this.select(undefined);
    this.#sift();
  }

  setLayers(layers: ReadonlySet<Layer>): void {
    this.#layers = layers;
    this.#sift();
  }

  /** Looks at a part of the run. */
  look(window: TimeWindow): void {
    this.#window = clamped(window, this.#run.packed.endAt);
    this.changed();
  }

  pan(share: number): void {
    this.look(panned(this.#window, share, this.#run.packed.endAt));
  }

  zoom(factor: number, share: number = 0.5): void {
    this.look(zoomed(this.#window, factor, share, this.#run.packed.endAt));
  }

  /** Looks at all that clients did; a second time, at the settling after it too. */
  fit(): void {
    const { workedUntil, endAt } = this.#run.packed;
    const isFit = this.#window.from === 0 && this.#window.to === workedUntil;
    this.look({ from: 0, to: isFit ? endAt : workedUntil });
  }

  /** Chooses a mark; with `isSought`, the window goes there if it lies outside. */
  select(mark: Mark | undefined, isSought: boolean = false): void {
    this.#selected = mark;
    this.#lit = litBy(this.#run, mark);
    if (mark !== undefined && isSought) {
      const { from, to } = this.#window;
      const room = (to - from) * 0.05;
      if (mark.at < from + room || mark.at > to - room) {
        const half = (to - from) / 2;
        this.look({ from: mark.at - half, to: mark.at + half });
      }
    }
    for (const { onSelect } of this.#listeners) onSelect?.(mark);
    this.changed();
  }

  /** Chooses an operation by its number, whatever key is shown. */
  selectOperation(number: number): void {
    const operation = this.#run.operations.get(number);
    if (operation === undefined) return;
    if (this.#key >= 0 && operation.key !== this.#key) this.setKey(operation.key);
    this.select(operation, true);
  }

  /** Shows an anomaly with its key alone, and enough of the time around it to see what led to it. */
  showAnomaly(mark: AnomalyMark): void {
    this.setKey(mark.key);
    const operation = this.#run.operations.get(mark.operation);
    const past = operation === undefined ? [] : [operation.at, ...operation.basis.map((base) => this.#timeOf(base))];
    const after = mark.instead.map((number) => this.#timeOf(number));
    const moments = [mark.at, ...past, ...after].filter((at) => Number.isFinite(at));
    this.look(around(moments, AROUND_MS, this.#run.packed.endAt));
    this.select(mark);
  }

  showFirstLoss(): void {
    const first = firstLoss(this.#run);
    if (first !== undefined) this.showAnomaly(first);
  }

  /** The next anomaly of the shown key in time, or the one before. */
  stepAnomaly(by: 1 | -1): void {
    const all = this.#shown.filter((mark) => mark.kind === 'anomaly');
    const from = this.#selected;
    const here = from === undefined ? -1 : all.findIndex(({ id }) => id === from.id);
    const middle = (this.#window.from + this.#window.to) / 2;
    const ahead =
      by === 1
        ? all.findIndex(({ at }) => at > (from?.at ?? middle))
        : all.findLastIndex(({ at }) => at < (from?.at ?? middle));
    const next = all[here >= 0 ? here + by : ahead];
    if (next !== undefined) this.select(next, true);
  }

  /** The next mark in time, or the one before: of those that lie in the window when none is chosen. */
  step(by: 1 | -1): void {
    const all = this.#shown;
    const here = this.#selected === undefined ? -1 : all.indexOf(this.#selected);
    const { from, to } = this.#window;
    const edge = by === 1 ? all.findIndex(({ at }) => at >= from) : all.findLastIndex(({ at }) => at <= to);
    const next = all[here >= 0 ? here + by : edge];
    if (next !== undefined) this.select(next, true);
  }

  /** The mark nearest in time on the lane above or below. */
  stepLane(by: 1 | -1): void {
    const from = this.#selected;
    if (from === undefined) {
      this.step(1);
      return;
    }
    const lanes = this.#run.packed.lanes.length;
    for (let lane = from.lane + by; lane >= 0 && lane < lanes; lane += by) {
      const there = this.#shown.filter((mark) => mark.lane === lane && mark.kind !== 'message');
      const [first] = there;
      if (first === undefined) continue;
      const nearest = there.reduce(
        (one, other) => (Math.abs(other.at - from.at) < Math.abs(one.at - from.at) ? other : one),
        first,
      );
      this.select(nearest, true);
      return;
    }
  }

  /** The mark at a place of the canvas. */
  markAt(x: number, y: number, reach: number): Mark | undefined {
    return hitAt(this.#drawn, x, y, reach);
  }

  /** The colours are others now. */
  recolour(): void {
    this.#palette = undefined;
    this.changed();
  }

  /** Draws at the next frame. */
  changed(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #sift(): void {
    this.#shown = this.#run.marks.filter((mark) => isShown(mark, this.#key, this.#layers));
    this.changed();
  }

  #timeOf(number: number): number {
    return this.#run.operations.get(number)?.at ?? Number.NaN;
  }

  #draw(): void {
    this.#frame = 0;
    const context = this.canvas.getContext('2d');
    if (context === null || this.element.clientWidth === 0) return;
    const { layout } = this;
    const scale = Math.min(3, Math.max(window.devicePixelRatio, 1));
    const height = heightOf(this.#run.packed.lanes.length, layout.width);
    this.canvas.width = Math.round(layout.width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.height = `${height}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#palette ??= readPalette(this.element);
    const scene = { run: this.#run, shown: this.#shown, window: this.#window, layout };
    this.#drawn = paint(context, this.#palette, { ...scene, selected: this.#selected, lit: this.#lit });
    this.#placeRing();
    for (const { onDraw } of this.#listeners) onDraw?.();
  }

  /** The ring around the chosen mark is an element, so that forced colours show it too. */
  #placeRing(): void {
    const place = this.#drawn.find(({ mark }) => mark === this.#selected);
    this.#ring.hidden = place === undefined;
    if (place === undefined) return;
    const [x, y] =
      place.end === undefined ? [place.x, place.y] : [(place.x + place.end[0]) / 2, (place.y + place.end[1]) / 2];
    this.#ring.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  }
}

/** The operation that a mark is about, and its causal past. */
function litBy(run: Run, mark: Mark | undefined): ReadonlyMap<number, OperationMark> {
  const number = mark?.kind === 'operation' ? mark.number : mark?.kind === 'anomaly' ? mark.operation : undefined;
  const operation = number === undefined ? undefined : run.operations.get(number);
  if (operation === undefined) return new Map();
  return new Map([operation, ...causalPast(run, operation.number)].map((one) => [one.number, one]));
}
