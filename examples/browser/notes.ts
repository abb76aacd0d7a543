/**
 * A page that is a full replica: it keeps its notes in IndexedDB, works without a network for as long as it likes, and
 * meets the other replicas over a WebSocket. `npm run example:browser` serves it; open it in two windows.
 */

import { type Answer, openStore } from 'cairndb';
import { indexedDb } from 'cairndb/indexeddb';
import { openReplica, type Replica } from 'cairndb/replica';
import { webSocketTransport } from 'cairndb/websocket';

type Note = { readonly text: string };

/** Each window is a replica of its own, and keeps its name and its notes when it is opened again. */
const name = sessionStorage.getItem('name') ?? `page-${Math.random().toString(36).slice(2, 8)}`;
sessionStorage.setItem('name', name);

const store = await openStore<Note>({ name, members: ['home', name], storage: indexedDb(`notes-${name}`) });
// From now on everybody keeps a delete until this window has seen it too, so that it can be shown beside an edit made here.
await store.join(name);
const home = { name: 'home', address: `ws://${location.host}/v1/replicate` };
const replica: Replica<Note> = await open();
let isAlone = false;

function open(): Promise<Replica<Note>> {
  return openReplica<Note>({ store, transports: [webSocketTransport()], peers: [home], onEvent: () => void show() });
}

const [list, state, button] = [find('ul'), find('#state'), find('#link')];

store.subscribe(() => void show());
find('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const text = String(new FormData(form).get('text'));
  form.reset();
  void store.put(`note/${Date.now()}-${name}`, { text });
});
button.addEventListener('click', () => {
  isAlone = !isAlone;
  button.textContent = isAlone ? 'Go online' : 'Go offline';
  if (isAlone) replica.cut(home.name);
  else replica.heal(home.name);
  void show();
});
await show();

async function show(): Promise<void> {
  const items: HTMLElement[] = [];
  for await (const [key, answer] of store.entries({ prefix: 'note/' })) items.push(item(key, answer));
  list.replaceChildren(...items);
  const peer = (await replica.status()).peers.find((one) => one.name === home.name);
  const lag = peer === undefined || peer.lag === 0 ? 'nothing is waiting' : `${peer.lag} changes are waiting`;
  state.textContent = `${name} · ${peer?.state === 'connected' ? 'linked' : 'on its own'} · ${lag}`;
}

/** One note; where others wrote or deleted at the same time, all of it, to choose from. */
function item(key: string, answer: Answer<Note>): HTMLElement {
  const element = document.createElement('li');
  if (answer.status === 'live') {
    element.append(
      text(answer.value.text),
      action('Edit', () => edit(key, answer)),
      action('Delete', () => store.delete(key, { context: answer.context })),
    );
    return element;
  }
  element.className = 'conflict';
  const why = text('Changed in two places at once. Keep which?');
  why.className = 'why';
  element.append(why);
  for (const sibling of answer.siblings) {
    const decide = (): Promise<unknown> =>
      sibling.tombstone
        ? store.delete(key, { context: answer.context })
        : store.put(key, sibling.value, { context: answer.context });
    element.append(action(sibling.tombstone ? 'Deleted' : sibling.value.text, decide));
  }
  return element;
}

async function edit(key: string, answer: Answer<Note>): Promise<void> {
  const next = prompt('The note', answer.status === 'live' ? answer.value.text : '');
  if (next !== null) await store.put(key, { text: next }, { context: answer.context });
}

function text(content: string): HTMLElement {
  const span = document.createElement('span');
  span.textContent = content;
  return span;
}

function action(label: string, run: () => Promise<unknown>): HTMLElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  made.addEventListener('click', () => void run());
  return made;
}

function find(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`The page has no ${selector}.`);
  return found;
}
