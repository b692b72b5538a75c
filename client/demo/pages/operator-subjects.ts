import { ApiError, ask } from './api.ts';
import { fill } from '../words/words.ts';
import { button, make, onSubmit, textOf } from './dom.ts';
import { cell, Records, subjectRecords, timeOf } from './operator-records.ts';
import { operatorStrings } from './operator-strings.ts';

const say = operatorStrings.operator.people;

interface Person {
  readonly subject: string;
  readonly label: string | null;
  readonly consent: { readonly by: string; readonly atMs: number; readonly textVersion: string } | null;
  readonly suspendedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly references: number;
  readonly lastEnrolledAtMs: number;
  readonly lastAcceptedAtMs: number | null;
}

interface DetailedPerson extends Person {
  readonly lockedUntilMs: number | null;
  readonly held: readonly {
    readonly id: string;
    readonly createdAtMs: number;
    readonly models: readonly string[];
    readonly photos: number | null;
  }[];
}

const post = <T>(action: string, body: object) => ask<T>('POST', `/api/operator/subjects/${action}`, body);

/** The subjects of the service: found by label, and what is kept of one of them. */
export class SubjectsPanel {
  readonly #place: HTMLElement;
  readonly #form: HTMLElement;
  readonly #list = make('div', { class: 'subject-list' });
  readonly #detail = make('section', { class: 'subject', tabindex: '-1', 'aria-live': 'polite' });
  readonly #records: Records<Person>;

  constructor(place: HTMLElement) {
    this.#place = place;
    const label = make('input', {
      name: 'label',
      maxlength: '200',
      autocomplete: 'off',
      placeholder: say.label,
    });
    label.setAttribute('aria-label', say.label);
    const suspended = make(
      'label',
      {},
      make('input', { name: 'suspended', type: 'checkbox' }),
      say.onlySuspended,
    );
    this.#form = make(
      'form',
      { class: 'subject-search', role: 'search' },
      label,
      suspended,
      submit(say.find),
    );
    this.#records = new Records(
      this.#list,
      (page) => this.#search(page),
      (one) => this.#row(one),
      say,
    );
    if (this.#form instanceof HTMLFormElement) onSubmit(this.#form, () => this.open());
  }

  /** Searches anew. Where the site's API key may not see who is enrolled, subjects are listed by hash. */
  async open(): Promise<void> {
    this.#place.replaceChildren(this.#form, this.#list, this.#detail);
    this.#detail.replaceChildren();
    const first = this.#search(null);
    try {
      await first;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'service.refused')
        return await subjectRecords(this.#place).open();
    }
    await this.#records.open(first);
  }

  async #search(page: string | null) {
    const entries = this.#form instanceof HTMLFormElement ? new FormData(this.#form) : new FormData();
    const filter = { label: textOf(entries, 'label'), suspended: entries.has('suspended'), page };
    const found = await post<{ subjects: Person[]; next: string | null; total: number }>('search', filter);
    return { items: found.subjects, next: found.next, total: found.total };
  }

  #row(one: Person): HTMLElement {
    const opener = button('quiet', one.subject, () => void this.#show(one.subject));
    return make(
      'tr',
      {},
      make('td', { class: 'id' }, opener),
      cell(one.label ?? '–'),
      cell(stateOf(one)),
      cell(String(one.references), 'number'),
      cell(timeOf(one.lastEnrolledAtMs), 'number'),
      cell(one.lastAcceptedAtMs === null ? '–' : timeOf(one.lastAcceptedAtMs), 'number'),
    );
  }

  async #show(subject: string): Promise<void> {
    const person = await post<DetailedPerson>('record', { subject }).catch(() => null);
    if (person === null) return this.#say(say.failed);
    const act = (action: string, body: object = {}) => this.#act(subject, action, body);
    const change = (changes: object) => act('change', changes);
    const isSuspended = person.suspendedAtMs !== null;
    this.#detail.replaceChildren(
      make('h2', {}, subject, ' ', make('small', {}, stateOf(person))),
      editor([field('label', say.label, person.label ?? '')], (entries) =>
        change({ label: textOf(entries, 'label').trim() || null }),
      ),
      make('p', {}, consentOf(person)),
      editor([field('by', say.consent.by, ''), field('textVersion', say.consent.text, '')], (entries) =>
        change({ consent: { by: textOf(entries, 'by'), textVersion: textOf(entries, 'textVersion') } }),
      ),
      editor([field('expires', say.expires, dayOf(person.expiresAtMs), 'date')], (entries) =>
        change({ expiresAtMs: Date.parse(textOf(entries, 'expires')) || null }),
      ),
      make('ul', { class: 'held' }, ...person.held.map((one) => this.#reference(person, one))),
      make(
        'p',
        { class: 'acts' },
        button('', isSuspended ? say.act.resume : say.act.suspend, () => change({ suspended: !isSuspended })),
        person.lockedUntilMs === null ? null : button('', say.act.unlock, () => act('unlock')),
        button('', say.act.export, () => void download(subject).catch(() => this.#say(say.failed))),
        button('', say.act.erase, () => {
          if (confirm(fill(say.reallyErase, { subject }))) act('erase');
        }),
      ),
      make('p', { class: 'said', role: 'status' }),
    );
    this.#detail.focus();
  }

  #reference(
    person: DetailedPerson,
    { id, createdAtMs, photos }: DetailedPerson['held'][number],
  ): HTMLElement {
    const origin = photos === null ? say.session : fill(say.photos, { count: String(photos) });
    const remove = button('quiet', say.act.remove, () =>
      this.#act(person.subject, 'remove-reference', { reference: id }),
    );
    return make('li', {}, `${timeOf(createdAtMs)} · ${origin} `, person.held.length > 1 ? remove : null);
  }

  #act(subject: string, action: string, body: object): void {
    void post(action, { subject, ...body }).then(
      async () => {
        await this.#records.open();
        if (action === 'erase') this.#detail.replaceChildren();
        else await this.#show(subject);
      },
      () => this.#say(say.failed),
    );
  }

  #say(words: string): void {
    const said = this.#detail.querySelector('.said');
    if (said === null) this.#detail.replaceChildren(make('p', { class: 'said', role: 'status' }, words));
    else said.textContent = words;
  }
}

function stateOf({ suspendedAtMs, ...one }: Person & { readonly lockedUntilMs?: number | null }): string {
  if (suspendedAtMs !== null) return say.state.suspended;
  return (one.lockedUntilMs ?? null) === null ? say.state.good : say.state.locked;
}

function consentOf({ consent }: Person): string {
  if (consent === null) return say.consent.none;
  return `${say.consent.title}: ${consent.by} · ${consent.textVersion} · ${timeOf(consent.atMs)}`;
}

function submit(words: string): HTMLElement {
  return make('button', { class: 'button', type: 'submit' }, make('span', {}, words));
}

function field(name: string, label: string, value: string, type = 'text'): HTMLElement {
  const input = make('input', { name, type, value, maxlength: '200', autocomplete: 'off' });
  return make('label', {}, make('span', {}, label), input);
}

/** A line of fields that is saved by itself. */
function editor(fields: readonly HTMLElement[], save: (entries: FormData) => void): HTMLElement {
  const form = make('form', { class: 'line' }, ...fields, submit(say.act.save));
  if (form instanceof HTMLFormElement) onSubmit(form, async (entries) => save(entries));
  return form;
}

const dayOf = (atMs: number | null) => (atMs === null ? '' : new Date(atMs).toISOString().slice(0, 10));

/** Gives the operator a file with everything that is held of the subject. */
async function download(subject: string): Promise<void> {
  const held = await post<object>('export', { subject });
  const address = URL.createObjectURL(
    new Blob([JSON.stringify(held, null, 2)], { type: 'application/json' }),
  );
  const link = make('a', { href: address, download: `${subject}.json` });
  link.click();
  URL.revokeObjectURL(address);
}
