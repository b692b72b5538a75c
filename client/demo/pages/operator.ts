import { goTo } from './site.ts';
import type { LiveMessage } from '@veriframe/protocol';
import { ApiError, ask } from './api.ts';
import { find } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';
import { type LiveTicket, openLiveLink } from './live-link.ts';
import { SessionDetail } from './operator-detail.ts';
import { Figures } from './operator-figures.ts';
import { decisionRecords } from './operator-records.ts';
import { SessionRows } from './operator-rows.ts';
import { SubjectsPanel } from './operator-subjects.ts';

const RETRY_MS = [1000, 2000, 5000, 10_000] as const;
/** After this time a new feed has named every running session. */
const SETTLED_MS = 3000;
const THEME = 'veriframe.operator.theme';
const say = operatorStrings.operator;

const empty = find('#panel-live .empty', HTMLElement);
const linkState = find('.link-state', HTMLElement);
const figures = new Figures();
const rows = new SessionRows({
  place: find('#panel-live .sessions', HTMLElement),
  onOpen(trace) {
    const isOpen = detail.sessionId === trace.latest.sessionId;
    if (isOpen) return closeDetail();
    detail.open(trace);
    document.body.classList.add('has-detail');
    rows.mark(trace.latest.sessionId);
  },
});
const detail = new SessionDetail(find('.detail', HTMLElement), closeDetail);

function closeDetail(): void {
  const opener = document.querySelector<HTMLElement>('.session.open .opener');
  detail.close();
  document.body.classList.remove('has-detail');
  rows.mark(null);
  opener?.focus();
}

function onMessage(message: LiveMessage): void {
  switch (message.type) {
    case 'welcome':
      failures = 0;
      showLink('live', say.link.live);
      rows.startOver();
      setTimeout(() => rows.forgetUnknown(), SETTLED_MS);
      break;
    case 'sessions':
      rows.update(message.sessions);
      empty.hidden = rows.count > 0;
      if (message.sessions.some(({ sessionId }) => sessionId === detail.sessionId)) detail.update();
      break;
    case 'service':
      figures.show(message.figures);
      break;
    case 'look':
    case 'error':
      break;
  }
}

function showLink(state: 'live' | 'lost', words: string): void {
  linkState.dataset['state'] = state;
  linkState.textContent = words;
}

let failures = 0;

/**
 * Subscribes to the live feed for as long as the page is open. It reconnects when the feed ends or cannot be opened.
 */
async function listen(): Promise<void> {
  try {
    const ticket = await ask<LiveTicket>('POST', '/api/operator/live');
    openLiveLink(ticket, { onMessage, onEnd: (isDone) => reconnect(isDone) });
  } catch (error) {
    const code = error instanceof ApiError ? error.code : '';
    if (code === 'operator.required') return goTo('/operator/sign-in');
    reconnect(false, code === 'service.refused' ? say.link.refused : undefined);
  }
}

function reconnect(isDone: boolean, words = say.link.lost): void {
  if (isDone) return void listen();
  showLink('lost', words);
  const waitMs = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  setTimeout(() => void listen(), waitMs);
}

function setTheme(theme: string): void {
  document.documentElement.dataset['theme'] = theme;
  find('[name=theme]', HTMLElement).textContent = theme === 'dark' ? say.toLight : say.toDark;
  figures.redraw();
  rows.redraw();
  detail.update();
}

function chooseTab(tab: HTMLElement): void {
  for (const one of document.querySelectorAll<HTMLElement>('[role=tab]')) {
    const isChosen = one === tab;
    one.setAttribute('aria-selected', String(isChosen));
    one.tabIndex = isChosen ? 0 : -1;
    find(`#${one.getAttribute('aria-controls') ?? ''}`, HTMLElement).hidden = !isChosen;
  }
  if (tab.id !== 'tab-live') closeDetail();
  if (tab.id === 'tab-decisions') void decisions.open();
  if (tab.id === 'tab-subjects') void subjects.open();
}

const decisions = decisionRecords(find('#panel-decisions', HTMLElement));
const subjects = new SubjectsPanel(find('#panel-subjects', HTMLElement));
const tabs = [...document.querySelectorAll<HTMLElement>('[role=tab]')];
for (const [at, tab] of tabs.entries()) {
  tab.addEventListener('click', () => chooseTab(tab));
  tab.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const next = step === undefined ? undefined : tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    next.focus();
    chooseTab(next);
  });
}
addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') closeDetail();
});
find('[name=theme]', HTMLElement).addEventListener('click', () => {
  const theme = document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark';
  localStorage.setItem(THEME, theme);
  setTheme(theme);
});
find('[name=sign-out]', HTMLElement).addEventListener('click', () => {
  void ask('POST', '/api/operator/sign-out').finally(() => goTo('/operator/sign-in'));
});
setTheme(localStorage.getItem(THEME) ?? 'dark');
void listen();
