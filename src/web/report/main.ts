/** The script of a report: reads the data of the page and fills its sections. */

import type { PageData } from '../../lab/report/page-data.ts';
import { button, find } from './dom.ts';
import { openContext } from './page-context.ts';
import { showPlots } from './plots.ts';
import { showRuns } from './runs.ts';
import { showTable } from './table.ts';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const data = JSON.parse(find('#data').textContent ?? '') as PageData; // as: written by reportHtml for this very script
const context = openContext(data);
for (const name of document.querySelectorAll<HTMLElement>('.verdict .of')) {
  const look = context.looks[Number(name.dataset['strategy'])];
  if (look !== undefined) name.dataset['colour'] = String(look.colour);
}
showTable(find('#compare'), context);
showPlots(find('#plots'), context);
const recolour = showRuns(find('#runs'), find('#anomalies'), context);
find('.kicker').append(themeButton(recolour));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
document.documentElement.dataset['ready'] = 'true';

/** Light, dark, or as the system says. */
function themeButton(onChange: () => void): HTMLButtonElement {
  let theme: Theme = 'auto';
  const words = (): string => `Theme: ${theme}`;
  const made = button(words(), { class: 'quiet theme' }, () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    made.textContent = words();
    onChange();
  });
  return made;
}
