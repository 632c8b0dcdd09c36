/** The report page: takes the run out of the page it stands in, and shows it. */

import { unpackReport } from '../report-data.ts';
import { RunView } from '../run-view.ts';
import { Detail } from './detail.ts';
import { byId, element, seconds } from './dom.ts';
import { List } from './list.ts';
import { Overview } from './overview.ts';
import { Plots } from './plots.ts';
import { PageState } from './state.ts';
import { Story } from './story-panel.ts';
import { Summary } from './summary.ts';
import { Timeline } from './timeline.ts';

const FILTER_HELP =
  'Filter: words, or fields such as tcp.port == 80, ip.addr == 192.168.4.1, host == server, task == main, call == recv, ' +
  'errno == ECONNRESET, frame > 60, lost, fault, log, dns, dhcp; joined by && and ||, negated by !, grouped by parentheses.';

const KEYS: readonly (readonly [string, string])[] = [
  ['↓ j', 'next line'],
  ['↑ k', 'previous line'],
  ['Page Down, Page Up', 'twenty lines'],
  ['Home, End', 'first and last line'],
  ['← →', 'pan'],
  ['+ −', 'zoom, on what is selected'],
  ['0', 'the whole run'],
  ['n p', 'next and previous trouble: a failed call, one that never returned, a lost frame, a reboot, a finding'],
  ['b', 'back to what was selected before'],
  ['1 2 3 4', 'summary, detail, story, connections'],
  ['/', 'filter'],
  ['Esc', 'leave the filter, select nothing'],
  ['?', 'this help'],
];

const MANY_ITEMS = 5000;

const view = new RunView(unpackReport(await inflate(byId('data').textContent ?? '')));
const state = new PageState(view);
const timeline = new Timeline(state);
new Overview(state);
const list = new List(state);
new Detail(state);
const plots = new Plots(state);
const story = new Story(state);
const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role=tab]')];
showHeading();
listenToTabs();
listenToSelection();
listenToControls();
listenToKeys();
listenToPrinter();
timeline.draw();
// In a large run, to find out why every call failed takes longer than to draw it all.
if (view.items.length < MANY_ITEMS) new Summary(state);
else setTimeout(() => new Summary(state), 50);
document.body.dataset.ready = 'yes';

/** The bytes behind a base64 text of deflated ones. */
async function inflate(base64: string): Promise<Uint8Array> {
  const chars = atob(base64);
  const deflated = new Uint8Array(chars.length);
  for (let i = 0; i < chars.length; i++) deflated[i] = chars.charCodeAt(i);
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function showHeading(): void {
  const { title, outcome, seed, version } = view.data;
  document.title = title;
  byId('title').textContent = title;
  const seeded = seed === undefined ? '' : `seed ${seed}, `;
  const counts = `${view.frameLines.length} frames, ${view.data.calls.length} calls`;
  byId('summary').textContent =
    `${outcome} ${seconds(view.endUs)} s of virtual time, ${counts}; ${seeded}lwip-twin ${version}`;
}

function listenToTabs(): void {
  for (const [i, tab] of tabs.entries()) tab.addEventListener('click', () => openTab(i));
}

function openTab(index: number): void {
  for (const [i, tab] of tabs.entries()) {
    tab.setAttribute('aria-selected', String(i === index));
    byId(tab.dataset.panel!).hidden = i !== index;
  }
  plots.open();
  story.draw();
}

/** Whoever selects something in the summary wants to see it. */
function listenToSelection(): void {
  const back = byId('back') as HTMLButtonElement;
  state.onSelect(() => {
    if (state.selected === undefined) openTab(0);
    else if (!byId('marks').hidden) openTab(1);
    back.disabled = !state.canGoBack;
  });
  back.addEventListener('click', () => state.back());
}

function listenToControls(): void {
  const filter = byId('filter') as HTMLInputElement;
  filter.addEventListener('input', () => {
    state.setFilter(filter.value);
    const isWrong = state.filterError !== '';
    filter.classList.toggle('failed', isWrong);
    byId('filter-note').classList.toggle('failed', isWrong);
    tell(state.filterError || (filter.value === '' ? '' : `${state.shown.length} of ${view.items.length}`));
  });
  byId('fit').addEventListener('click', () => state.axis.fit());
  const quiet = byId('quiet') as HTMLInputElement;
  quiet.checked = state.axis.skipsQuiet;
  quiet.addEventListener('change', () => {
    state.axis.skipsQuiet = quiet.checked;
    plots.draw();
  });
  byId('scheme').addEventListener('click', () => setScheme(isDark() ? 'light' : 'dark'));
  const help = byId('help') as HTMLDialogElement;
  byId('help-button').addEventListener('click', () => help.showModal());
  help.append(
    ...KEYS.map(([keys, what]) => element('p', '', [element('kbd', '', [keys]), what])),
    element('p', 'faint', [FILTER_HELP]),
  );
}

/** Beside the filter, where there is room for a sentence. */
function tell(text: string): void {
  byId('filter-note').textContent = text;
}

function isDark(): boolean {
  return getComputedStyle(document.documentElement).colorScheme === 'dark';
}

function setScheme(scheme: string): void {
  document.documentElement.dataset.scheme = scheme;
  plots.draw();
  state.axis.view(state.axis.from, state.axis.to);
}

/** Paper is white, and has all lines. */
function listenToPrinter(): void {
  let before = '';
  addEventListener('beforeprint', () => {
    before = isDark() ? 'dark' : 'light';
    setScheme('light');
    timeline.drawNow();
    list.drawForPrint();
  });
  addEventListener('afterprint', () => {
    setScheme(before);
    list.draw();
  });
}

function listenToKeys(): void {
  const actions: Readonly<Record<string, () => void>> = {
    ArrowDown: () => state.move(1),
    j: () => state.move(1),
    ArrowUp: () => state.move(-1),
    k: () => state.move(-1),
    PageDown: () => state.move(20),
    PageUp: () => state.move(-20),
    Home: () => state.move(Number.NEGATIVE_INFINITY),
    End: () => state.move(Number.MAX_SAFE_INTEGER),
    ArrowLeft: () => state.axis.pan(-0.2),
    ArrowRight: () => state.axis.pan(0.2),
    '+': () => state.zoom(0.7),
    '=': () => state.zoom(0.7),
    '-': () => state.zoom(1.4),
    '0': () => state.axis.fit(),
    n: () => tell(state.moveToTrouble(1)),
    p: () => tell(state.moveToTrouble(-1)),
    b: () => state.back(),
    '1': () => openTab(0),
    '2': () => openTab(1),
    '3': () => openTab(2),
    '4': () => openTab(3),
    '/': () => byId('filter').focus(),
    '?': () => (byId('help') as HTMLDialogElement).showModal(),
    Escape: () => state.select(undefined),
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target instanceof HTMLInputElement && target.type !== 'checkbox') {
      if (event.key === 'Escape') target.blur();
      return;
    }
    if (target instanceof HTMLSelectElement || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]!();
  });
}
