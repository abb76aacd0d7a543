/** Hands and keys on the diagram: drag and swipe, wheel and pinch, clicks, and every key it answers to. */

import type { Diagram } from './diagram.ts';
import { h } from './dom.ts';
import { titleOf } from './story.ts';

type Place = { readonly x: number; readonly y: number };

/** A press that moves less than this is a click, px. */
const STILL = 5;
const REACH_MOUSE = 11;
const REACH_TOUCH = 22;
const ZOOM_KEY = 1.5;

/** Lets a diagram be handled. `onOpen`: somebody wants to read what a mark says. */
export function handle(diagram: Diagram, onOpen: () => void): void {
  handlePointers(diagram);
  handleWheel(diagram);
  handleKeys(diagram, onOpen);
}

function handlePointers(diagram: Diagram): void {
  const { element } = diagram;
  const tip = h('div', { class: 'tip', hidden: true, 'aria-hidden': 'true' });
  element.append(tip);
  const fingers = new Map<number, Place>();
  let moved = 0;
  const placeOf = (event: PointerEvent): Place => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const isOn = (event: Event): boolean => event.target === diagram.canvas || event.target === element;
  element.addEventListener('pointerdown', (event) => {
    if (!isOn(event) || event.button !== 0) return;
    if (fingers.size === 0) moved = 0;
    fingers.set(event.pointerId, placeOf(event));
    element.setPointerCapture(event.pointerId);
    tip.hidden = true;
  });
  element.addEventListener('pointermove', (event) => {
    const place = placeOf(event);
    const before = fingers.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType === 'mouse') hover(diagram, tip, place);
      return;
    }
    const { left, right, timeAt } = diagram.layout;
    const width = right - left;
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    const [other] = others;
    fingers.set(event.pointerId, place);
    moved += Math.hypot(place.x - before.x, place.y - before.y);
    if (other !== undefined) {
      const [was, is] = [Math.abs(before.x - other.x), Math.abs(place.x - other.x)];
      if (was > 8 && is > 8) diagram.zoom(was / is, ((place.x + other.x) / 2 - left) / width);
    } else if (moved > STILL) {
      element.classList.add('dragged');
      const by = timeAt(before.x) - timeAt(place.x);
      diagram.look({ from: diagram.window.from + by, to: diagram.window.to + by });
    }
  });
  const lift = (event: PointerEvent, isClick: boolean): void => {
    const place = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    element.classList.remove('dragged');
    if (place === undefined || !isClick || moved > STILL || fingers.size > 0) return;
    const reach = event.pointerType === 'mouse' ? REACH_MOUSE : REACH_TOUCH;
    diagram.select(diagram.markAt(place.x, place.y, reach));
  };
  element.addEventListener('pointerup', (event) => lift(event, true));
  element.addEventListener('pointercancel', (event) => lift(event, false));
  element.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
}

function hover(diagram: Diagram, tip: HTMLElement, { x, y }: Place): void {
  const mark = diagram.markAt(x, y, REACH_MOUSE);
  diagram.element.classList.toggle('over', mark !== undefined);
  tip.hidden = mark === undefined;
  if (mark === undefined) return;
  tip.textContent = titleOf(diagram.run, mark);
  const isRight = x > diagram.layout.width * 0.6;
  tip.style.left = isRight ? '' : `${x + 14}px`;
  tip.style.right = isRight ? `${diagram.layout.width - x + 14}px` : '';
  tip.style.top = `${y + 14}px`;
}

/** The wheel scrolls the page until the diagram has the focus; with Ctrl or sideways it is always the diagram's. */
function handleWheel(diagram: Diagram): void {
  const { element } = diagram;
  element.addEventListener(
    'wheel',
    (event) => {
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      if (!isSideways && !event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      const { left, right } = diagram.layout;
      const step = (isSideways ? event.deltaX || event.deltaY : event.deltaY) * (event.deltaMode === 1 ? 16 : 1);
      if (isSideways) diagram.pan(step / (right - left));
      else diagram.zoom(1.0016 ** step, (event.clientX - element.getBoundingClientRect().left - left) / (right - left));
    },
    { passive: false },
  );
}

function handleKeys(diagram: Diagram, onOpen: () => void): void {
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => diagram.step(1),
    ArrowLeft: () => diagram.step(-1),
    ArrowUp: () => diagram.stepLane(-1),
    ArrowDown: () => diagram.stepLane(1),
    'Shift+ArrowRight': () => diagram.pan(0.2),
    'Shift+ArrowLeft': () => diagram.pan(-0.2),
    PageDown: () => diagram.pan(0.9),
    PageUp: () => diagram.pan(-0.9),
    Home: () => diagram.look({ from: 0, to: diagram.window.to - diagram.window.from }),
    End: () => diagram.pan(1e9),
    '+': () => diagram.zoom(1 / ZOOM_KEY),
    '=': () => diagram.zoom(1 / ZOOM_KEY),
    '-': () => diagram.zoom(ZOOM_KEY),
    '0': () => diagram.fit(),
    n: () => diagram.stepAnomaly(1),
    p: () => diagram.stepAnomaly(-1),
    f: () => diagram.showFirstLoss(),
    Enter: onOpen,
    ' ': onOpen,
    Escape: () => diagram.select(undefined),
  };
  diagram.element.addEventListener('keydown', (event) => {
    if (event.target !== diagram.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const isArrow = event.key.startsWith('Arrow');
    const run = keys[event.shiftKey && isArrow ? `Shift+${event.key}` : event.key];
    if (run === undefined) return;
    event.preventDefault();
    run();
  });
}
