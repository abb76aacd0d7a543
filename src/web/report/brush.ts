/** What every painter of the diagram is handed, and how a word is written so that it can be read on any ground. */

import type { Layout } from './layout.ts';
import type { Palette } from './palette.ts';

export type Brush = { readonly c: CanvasRenderingContext2D; readonly palette: Palette; readonly layout: Layout };

/** A word around a place, with an edge in the colour of the paper. */
export function paintWord(
  { c, palette }: Brush,
  text: string,
  x: number,
  y: number,
  colour: string,
  font: string,
): void {
  c.font = `${font} ${palette.font}`;
  c.textAlign = 'center';
  c.textBaseline = 'middle';
  c.lineWidth = 3.5;
  c.lineJoin = 'round';
  c.strokeStyle = palette.paper;
  c.strokeText(text, x, y);
  c.fillStyle = colour;
  c.fillText(text, x, y);
}
