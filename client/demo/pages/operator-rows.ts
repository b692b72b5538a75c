import type { LiveSession } from '@veriframe/protocol';
import { type Chart, sparkline } from './charts.ts';
import { fill } from '../words/words.ts';
import { make } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';
import {
  challengeName,
  cueName,
  endName,
  fixed,
  instruction,
  modeName,
  phaseName,
  plainWords,
  reasonName,
  signed,
  weightOf,
} from './readings.ts';
import { SessionTrace } from './session-trace.ts';

/** How long ended sessions stay in the list, and how many at most. */
const KEPT_MS = 5 * 60_000;
const MOST_KEPT = 40;

interface Row {
  readonly trace: SessionTrace;
  readonly item: HTMLElement;
  readonly opener: HTMLElement;
  readonly cells: Readonly<Record<'phase' | 'hint' | 'time' | 'challenges', HTMLElement>>;
  readonly cues: HTMLElement;
  charts: readonly Chart[];
  /** End of the session on the clock of this page. Null while it runs. */
  endedAtMs: number | null;
  /** Whether the present feed has named the session. */
  isKnown: boolean;
}

interface SessionRowsOptions {
  readonly place: Element;
  readonly onOpen: (trace: SessionTrace) => void;
}

/** The live sessions as rows, latest first. */
export class SessionRows {
  readonly #options: SessionRowsOptions;
  readonly #rows = new Map<string, Row>();

  constructor(options: SessionRowsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#rows.size;
  }

  find(sessionId: string): SessionTrace | null {
    return this.#rows.get(sessionId)?.trace ?? null;
  }

  /** Marks the row whose details are shown. Null marks none. */
  mark(sessionId: string | null): void {
    for (const [id, { item, opener }] of this.#rows) {
      item.classList.toggle('open', id === sessionId);
      opener.setAttribute('aria-expanded', String(id === sessionId));
    }
  }

  update(sessions: readonly LiveSession[]): void {
    for (const session of sessions) {
      const known = this.#rows.get(session.sessionId);
      if (known === undefined) this.#add(session);
      else {
        known.trace.add(session);
        known.isKnown = true;
        this.#show(known);
      }
    }
    this.#forget();
  }

  /** Called when a new feed opens. The feed first names all running sessions. */
  startOver(): void {
    for (const row of this.#rows.values()) row.isKnown = row.endedAtMs !== null;
  }

  /** Removes the sessions that ended while no feed was open. */
  forgetUnknown(): void {
    for (const [id, row] of this.#rows) if (!row.isKnown) this.#remove(id, row);
  }

  /** Redraws every chart, for example after a change of colours. */
  redraw(): void {
    for (const { charts } of this.#rows.values()) for (const chart of charts) chart.draw();
  }

  #add(session: LiveSession): void {
    const trace = new SessionTrace(session);
    const cell = (name: string) => make('span', { class: name });
    const cells = {
      phase: cell('phase'),
      hint: cell('hint'),
      time: cell('time'),
      challenges: cell('challenges'),
    };
    const cues = make('span', { class: 'cue-strip', role: 'img' });
    const chart = (name: string) => make('span', { class: `spark ${name}`, 'aria-hidden': 'true' });
    const places = { eyes: chart('eyes'), head: chart('head'), evidence: chart('evidence') };
    const opener = make(
      'button',
      { type: 'button', class: 'opener', 'aria-expanded': 'false', 'aria-controls': 'detail' },
      session.sessionId.slice(0, 8),
    );
    opener.addEventListener('click', () => this.#options.onOpen(trace));
    const about = `${modeName(session.mode)} · ${session.policy}`;
    const item = make(
      'li',
      { class: 'session' },
      cells.phase,
      make('span', { class: 'who' }, opener, make('small', {}, about)),
      cells.hint,
      cells.time,
      cells.challenges,
      places.eyes,
      places.head,
      places.evidence,
      cues,
    );
    this.#options.place.prepend(item);
    const charts = [
      sparkline(places.eyes, trace, [{ values: ({ eyes }) => eyes, colour: '--trace-1' }], [0, 0.36]),
      sparkline(
        places.head,
        trace,
        [
          { values: ({ pitch }) => pitch, colour: '--trace-3' },
          { values: ({ yaw }) => yaw, colour: '--trace-2' },
        ],
        [-45, 45],
      ),
      sparkline(
        places.evidence,
        trace,
        [{ values: ({ probability }) => probability, colour: '--proven' }],
        [0, 1],
      ),
    ];
    const row: Row = { trace, item, opener, cells, cues, charts, endedAtMs: null, isKnown: true };
    this.#rows.set(session.sessionId, row);
    this.#show(row);
  }

  #show(row: Row): void {
    const { trace, item, cells, cues, charts } = row;
    const session = trace.latest;
    const ending = endName(session);
    item.dataset['state'] = session.end === null ? session.phase : (session.end.outcome ?? 'ended');
    cells.phase.textContent = ending ?? phaseName(session.phase);
    cells.hint.textContent = ending === null ? (instruction(session) ?? '–') : reasonsOf(session);
    cells.time.textContent = `${fixed((session.atMs - session.startedAtMs) / 1000, 1)} s`;
    cells.challenges.textContent = challengesOf(session);
    showCues(cues, session);
    for (const chart of charts) chart.draw();
    if (session.end !== null) row.endedAtMs ??= performance.now();
  }

  #forget(): void {
    const ended = [...this.#rows].filter(([, { endedAtMs }]) => endedAtMs !== null);
    const nowMs = performance.now();
    for (const [at, [id, row]] of ended.entries()) {
      const isOld = nowMs - (row.endedAtMs ?? nowMs) > KEPT_MS || ended.length - at > MOST_KEPT;
      if (!isOld || row.item.classList.contains('open')) continue;
      this.#remove(id, row);
    }
  }

  #remove(id: string, { charts, item }: Row): void {
    for (const chart of charts) chart.remove();
    item.remove();
    this.#rows.delete(id);
  }
}

export function reasonsOf({ end }: LiveSession): string {
  if (end === null) return '';
  return end.outcome === null
    ? end.code === null
      ? operatorStrings.reading.withoutDecision
      : plainWords(end.code)
    : end.reasons.map(reasonName).join(' · ');
}

/** The number of passed challenges, and the present one when the hint does not name it already. */
function challengesOf({ hint, challenges: { passed, of, current } }: LiveSession): string {
  if (of === 0 || of === null) return '–';
  const count = fill(operatorStrings.operator.challenges, { passed: String(passed.length), of: String(of) });
  return current === null || hint === 'do-challenge' ? count : `${count} · ${challengeName(current.kind)}`;
}

/** One small bar for each cue: up speaks for the person, down against. An unmeasured cue is a hollow dot. */
function showCues(place: HTMLElement, { cues }: LiveSession): void {
  const entries = Object.entries(cues);
  while (place.childElementCount > entries.length) place.lastElementChild?.remove();
  while (place.childElementCount < entries.length) place.append(make('i'));
  for (const [at, [cue, reading]] of entries.entries()) {
    const bar = place.children[at];
    if (!(bar instanceof HTMLElement)) continue;
    const weight = weightOf(reading);
    bar.className = !reading.measured ? 'unmeasured' : weight < 0 ? 'against' : 'for';
    bar.style.setProperty('--weight', String(Math.abs(weight)));
    bar.title = `${cueName(cue)}: ${reading.measured ? signed(reading.logLikelihoodRatio) : operatorStrings.reading.notMeasured}`;
  }
  place.setAttribute(
    'aria-label',
    entries
      .map(
        ([cue, reading]) =>
          `${cueName(cue)} ${reading.measured ? signed(reading.logLikelihoodRatio) : operatorStrings.reading.notMeasured}`,
      )
      .join(', '),
  );
}
