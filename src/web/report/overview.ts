/** The whole run in a strip: when much was written, what befell it, what went wrong; and the slider that moves the window. */

import type { Diagram } from './diagram.ts';
import { h } from './dom.ts';
import { formatTime } from './format.ts';
import { readPalette } from './palette.ts';

const HEIGHT = 44;
const BINS = 160;
const THUMB_LEAST = 14;
const STEPS = 10_000;

/** The strip of a diagram. */
export function overviewOf(diagram: Diagram): { readonly element: HTMLElement; readonly redraw: () => void } {
  const canvas = h('canvas', { 'aria-hidden': 'true' });
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: STEPS,
    'aria-label': 'Time: where the window is',
    class: 'slider',
  });
  const element = h('div', { class: 'overview' }, canvas, slider);
  slider.addEventListener('input', () => {
    const { from, to } = diagram.window;
    const start = (Number(slider.value) / STEPS) * Math.max(0, diagram.run.packed.endAt - (to - from));
    diagram.look({ from: start, to: start + to - from });
  });
  const place = (): void => {
    const { from, to } = diagram.window;
    const { endAt } = diagram.run.packed;
    const rest = endAt - (to - from);
    slider.value = String(rest <= 0 ? 0 : Math.round((from / rest) * STEPS));
    slider.step = String(Math.max(1, Math.round(((to - from) / Math.max(1, rest)) * STEPS * 0.1)));
    slider.setAttribute('aria-valuetext', `${formatTime(from)} to ${formatTime(to)}`);
    const width = Math.max(THUMB_LEAST, element.clientWidth * Math.min(1, (to - from) / endAt));
    slider.style.setProperty('--thumb', `${width.toFixed(1)}px`);
  };
  const redraw = (): void => {
    draw(canvas, element, diagram);
    place();
  };
  diagram.listen({ onDraw: place, onKey: () => requestAnimationFrame(redraw) });
  new ResizeObserver(redraw).observe(element);
  return { element, redraw };
}

function draw(canvas: HTMLCanvasElement, element: HTMLElement, { run, shown }: Diagram): void {
  const c = canvas.getContext('2d');
  const width = element.clientWidth;
  if (c === null || width === 0) return;
  const palette = readPalette(element);
  const scale = Math.min(3, Math.max(window.devicePixelRatio, 1));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(HEIGHT * scale);
  c.setTransform(scale, 0, 0, scale, 0, 0);
  const { endAt } = run.packed;
  const xAt = (at: number): number => (at / endAt) * width;
  for (const { at, untilAt } of run.faults) {
    c.fillStyle = palette.band;
    c.fillRect(xAt(at), 0, Math.max(1, xAt(untilAt ?? at) - xAt(at)), HEIGHT);
  }
  const counts = Array.from({ length: BINS }, () => 0);
  for (const mark of shown) {
    if (mark.kind !== 'operation') continue;
    const bin = Math.min(BINS - 1, Math.floor((mark.at / endAt) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  c.fillStyle = palette.soft;
  for (const [bin, count] of counts.entries()) {
    const height = (count / most) * (HEIGHT - 16);
    c.fillRect((bin / BINS) * width, HEIGHT - height, width / BINS - 0.5, height);
  }
  c.fillStyle = palette.bad;
  for (const mark of shown)
    if (mark.kind === 'anomaly') c.fillRect(xAt(mark.at) - 0.75, 2, 1.5, mark.what === 'lost' ? 10 : 6);
}
