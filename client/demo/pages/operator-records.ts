import type { Outcome } from '../../../protocol/status.ts';
import { ask } from './api.ts';
import { button, make } from './dom.ts';
import { outcomeName, plainWords } from './readings.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: number | null;
}

interface DecisionView {
  readonly sessionId: string;
  readonly subjectHash: string | null;
  readonly mode: string;
  readonly outcome: Outcome;
  readonly policy: string;
  readonly reasons: readonly string[];
  readonly tier: string;
  readonly startedAtMs: number;
  readonly decidedAtMs: number;
}

interface SubjectView {
  readonly subjectHash: string;
  readonly references: number;
  readonly firstEnrolledAtMs: number;
  readonly lastEnrolledAtMs: number;
}

/** A list that is read page by page. */
export class Records<T> {
  readonly #place: HTMLElement;
  readonly #load: (page: string | null) => Promise<Page<T>>;
  readonly #row: (item: T) => HTMLElement;
  readonly #words: { readonly columns: readonly string[]; readonly none: string; readonly caption: string };

  constructor(
    place: HTMLElement,
    load: (page: string | null) => Promise<Page<T>>,
    row: (item: T) => HTMLElement,
    words: { readonly columns: readonly string[]; readonly none: string; readonly caption: string },
  ) {
    this.#place = place;
    this.#load = load;
    this.#row = row;
    this.#words = words;
  }

  /** Reads the list from its beginning. */
  async open(): Promise<void> {
    this.#place.replaceChildren(make('p', { class: 'empty' }, 'One moment'));
    try {
      const first = await this.#load(null);
      if (first.items.length === 0) {
        this.#place.replaceChildren(make('p', { class: 'empty' }, this.#words.none));
        return;
      }
      const body = make('tbody');
      const heads = this.#words.columns.map((column) => make('th', { scope: 'col' }, column));
      const caption = first.total === null ? this.#words.caption : `${first.total} ${this.#words.caption}`;
      const table = make(
        'table',
        {},
        make('caption', {}, caption),
        make('thead', {}, make('tr', {}, ...heads)),
        body,
      );
      const region = { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': this.#words.caption };
      this.#place.replaceChildren(make('div', region, table));
      this.#append(body, first);
    } catch {
      this.#place.replaceChildren(
        make('p', { class: 'empty' }, 'The list could not be read.'),
        button('', 'Try again', () => void this.open()),
      );
    }
  }

  #append(body: HTMLElement, page: Page<T>): void {
    body.append(...page.items.map(this.#row));
    if (page.next === null) return;
    const more = button('', 'Show more', () => {
      void this.#load(page.next).then(
        (next) => {
          more.remove();
          this.#append(body, next);
        },
        () => more.removeAttribute('disabled'),
      );
    });
    this.#place.append(more);
  }
}

export function decisionRecords(place: HTMLElement): Records<DecisionView> {
  const load = async (page: string | null) => {
    const { decisions, next } = await ask<{ decisions: DecisionView[]; next: string | null }>(
      'GET',
      paged('/api/operator/decisions', page),
    );
    return { items: decisions, next, total: null };
  };
  const row = (one: DecisionView) =>
    make(
      'tr',
      {},
      cell(timeOf(one.decidedAtMs)),
      make('td', { class: `outcome ${one.outcome}` }, outcomeName(one.outcome)),
      cell(one.reasons.map(plainWords).join(', ')),
      cell(plainWords(one.mode)),
      cell(`${one.policy} · ${one.tier}`),
      cell(`${((one.decidedAtMs - one.startedAtMs) / 1000).toFixed(1)} s`, 'number'),
      cell(one.sessionId.slice(0, 8), 'id'),
      cell(one.subjectHash?.slice(0, 12) ?? '–', 'id'),
    );
  return new Records(place, load, row, {
    columns: ['Decided', 'Outcome', 'Reasons', 'Mode', 'Policy', 'Took', 'Session', 'Subject'],
    none: 'Nothing has been decided yet.',
    caption: 'Decisions, the latest first',
  });
}

export function subjectRecords(place: HTMLElement): Records<SubjectView> {
  const load = async (page: string | null) => {
    const { subjects, next, total } = await ask<{
      subjects: SubjectView[];
      next: string | null;
      total: number;
    }>('GET', paged('/api/operator/subjects', page));
    return { items: subjects, next, total };
  };
  const row = (one: SubjectView) =>
    make(
      'tr',
      {},
      cell(one.subjectHash.slice(0, 16), 'id'),
      cell(String(one.references), 'number'),
      cell(timeOf(one.firstEnrolledAtMs)),
      cell(timeOf(one.lastEnrolledAtMs)),
    );
  return new Records(place, load, row, {
    columns: ['Subject, keyed hash', 'References', 'First enrolled', 'Last enrolled'],
    none: 'Nobody is enrolled yet.',
    caption: 'subjects, by keyed hash',
  });
}

/** For example `2026-11-21 05:39:12`, which Swedes write so. */
const moment = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
const timeOf = (atMs: number) => moment.format(atMs);

const cell = (text: string, look = '') => make('td', look === '' ? {} : { class: look }, text);

function paged(path: string, page: string | null): string {
  return page === null ? path : `${path}?${new URLSearchParams({ page }).toString()}`;
}
