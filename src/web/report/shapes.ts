/** The shape of each strategy's points, beside its colour: nobody needs to tell colours apart. */

import { s } from './dom.ts';

/** By the number of the colour. Each is drawn around 0, 0 with a radius of about 5. */
const SHAPES: readonly string[] = [
  'M-5 0A5 5 0 1 1 5 0A5 5 0 1 1-5 0Z',
  'M-4.4-4.4H4.4V4.4H-4.4Z',
  'M0-5.6L5.4 4.2H-5.4Z',
  'M0-6L6 0L0 6L-6 0Z',
  'M0 5.6L5.4-4.2H-5.4Z',
  'M-1.8-5.2H1.8V-1.8H5.2V1.8H1.8V5.2H-1.8V1.8H-5.2V-1.8H-1.8Z',
  'M0-5.6L5.3-1.7L3.3 4.5H-3.3L-5.3-1.7Z',
  'M-5.6 0L-2.8-4.9H2.8L5.6 0L2.8 4.9H-2.8Z',
  'M-5 3.4H5V-3.4H-5Z',
];

/** The point of a strategy at a place of a plot. */
export function pointShape(colour: number, x: number, y: number, title?: string): SVGPathElement {
  const path = s('path', {
    ...{ d: SHAPES[colour % SHAPES.length], class: 'point', 'data-colour': colour },
    transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
  });
  if (title !== undefined) path.append(s('title', {}, title));
  return path;
}

/** The same as a small picture beside a name. */
export function swatch(colour: number): SVGSVGElement {
  return s(
    'svg',
    { class: 'swatch', viewBox: '-7 -7 14 14', 'aria-hidden': 'true', 'data-colour': colour },
    pointShape(colour, 0, 0),
  );
}
