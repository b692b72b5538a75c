import type { Mode, Outcome } from '@veriframe/protocol';
import { ask } from './api.ts';
import { fill } from '../words/words.ts';
import { button, make } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';
import { fixed, modeName, outcomeName, plainWords, reasonName } from './readings.ts';
import { words } from './words.ts';

const say = operatorStrings.operator;

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly total: number | null;
}

interface DecisionView {
  readonly sessionId: string;
  readonly subjectHash: string | null;
  readonly mode: Mode;
  /** Null when an error ended the attempt. */
  readonly outcome: Outcome | null;
  readonly code: string | null;
  readonly policy: string;
  readonly reasons: readonly string[];
  readonly tier: string | null;
  readonly capture: string | null;
  readonly possession: object | null;
  readonly startedAtMs: number;
  readonly decidedAtMs: number;
}

interface SubjectView {
  readonly subjectHash: string;
  readonly references: number;
  readonly firstEnrolledAtMs: number;
  readonly lastEnrolledAtMs: number;
}

interface RecordsWords {
  readonly column: Readonly<Record<string, string>>;
  readonly none: string;
  readonly caption: string;
  /** Text with `{count}` for the total number, where that is known. */
  readonly counted?: string;
}

/** A list that is loaded page by page. */
export class Records<T> {
  readonly #place: HTMLElement;
  readonly #load: (page: string | null) => Promise<Page<T>>;
  readonly #row: (item: T) => HTMLElement;
  readonly #about: RecordsWords;

  constructor(
    place: HTMLElement,
    load: (page: string | null) => Promise<Page<T>>,
    row: (item: T) => HTMLElement,
    about: RecordsWords,
  ) {
    this.#place = place;
    this.#load = load;
    this.#row = row;
    this.#about = about;
  }

  /** Shows the first page of the list: the one that is being loaded already, where that is given. */
  async open(loading: Promise<Page<T>> = this.#load(null)): Promise<void> {
    this.#place.replaceChildren(make('p', { class: 'empty' }, words.account.wait));
    try {
      const first = await loading;
      if (first.items.length === 0) {
        this.#place.replaceChildren(make('p', { class: 'empty' }, this.#about.none));
        return;
      }
      const body = make('tbody');
      const heads = Object.values(this.#about.column).map((column) => make('th', { scope: 'col' }, column));
      const { caption: name, counted } = this.#about;
      const caption =
        first.total === null || counted === undefined ? name : fill(counted, { count: String(first.total) });
      const table = make(
        'table',
        {},
        make('caption', {}, caption),
        make('thead', {}, make('tr', {}, ...heads)),
        body,
      );
      const region = { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': this.#about.caption };
      this.#place.replaceChildren(make('div', region, table));
      this.#append(body, first);
    } catch {
      this.#place.replaceChildren(
        make('p', { class: 'empty' }, say.notRead),
        button('', words.account.retry, () => void this.open()),
      );
    }
  }

  #append(body: HTMLElement, page: Page<T>): void {
    body.append(...page.items.map(this.#row));
    if (page.next === null) return;
    const more = button('', say.more, () => {
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
      cell(timeOf(one.decidedAtMs), 'number'),
      one.outcome === null
        ? make('td', { class: 'outcome' }, operatorStrings.reading.ended)
        : make('td', { class: `outcome ${one.outcome}` }, outcomeName(one.outcome)),
      cell(one.code === null ? one.reasons.map(reasonName).join(' · ') : plainWords(one.code), 'because'),
      cell(modeName(one.mode)),
      cell([one.policy, ...(one.tier === null ? [] : [one.tier]), ...proofsOf(one)].join(' · ')),
      cell(`${fixed((one.decidedAtMs - one.startedAtMs) / 1000, 1)} s`, 'number'),
      cell(one.sessionId.slice(0, 8), 'id'),
      cell(one.subjectHash?.slice(0, 12) ?? '–', 'id'),
    );
  return new Records(place, load, row, say.decisions);
}

/** What a decision rests on beside what the pictures show. */
function proofsOf({ capture, possession }: DecisionView): string[] {
  const { withKey, signedCamera, attestedCamera } = operatorStrings.reading;
  const camera: Readonly<Record<string, string>> = { 'kiosk-signed': signedCamera, attested: attestedCamera };
  return [capture === null ? undefined : camera[capture], possession === null ? undefined : withKey].filter(
    (one) => one !== undefined,
  );
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
      cell(timeOf(one.firstEnrolledAtMs), 'number'),
      cell(timeOf(one.lastEnrolledAtMs), 'number'),
    );
  return new Records(place, load, row, say.subjects);
}

/** For example `2026-11-21 05:39:12`: the Swedish locale writes dates in the form of ISO 8601. */
const moment = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
export const timeOf = (atMs: number) => moment.format(atMs);

export const cell = (text: string, look = '') => make('td', look === '' ? {} : { class: look }, text);

function paged(path: string, page: string | null): string {
  return page === null ? path : `${path}?${new URLSearchParams({ page }).toString()}`;
}
