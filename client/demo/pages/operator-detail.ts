import { type Chart, type Line, traceChart } from './charts.ts';
import { CueList } from './cue-list.ts';
import { fill } from '../words/words.ts';
import { button, find, make } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';
import { cueName, endName, instruction, modeName, phaseName } from './readings.ts';
import { reasonsOf } from './operator-rows.ts';
import type { SessionTrace } from './session-trace.ts';

const CUE_COLOURS = [1, 2, 3, 4, 5, 6, 7, 8].map((at) => `--trace-${at}`);
const { operator: say, reading } = operatorStrings;
const PLOTS = [
  { name: say.weight, height: 176 },
  { name: reading.eyes, height: 104 },
  { name: reading.head, height: 128 },
] as const;

/** The details of one session: its cues, and its traces over one time axis. */
export class SessionDetail {
  readonly #place: HTMLElement;
  readonly #onClose: () => void;
  #shown: { readonly trace: SessionTrace; readonly cues: CueList; charts: Chart[]; cueNames: string } | null =
    null;

  constructor(place: HTMLElement, onClose: () => void) {
    this.#place = place;
    this.#onClose = onClose;
  }

  get sessionId(): string | null {
    return this.#shown?.trace.latest.sessionId ?? null;
  }

  open(trace: SessionTrace): void {
    this.close();
    const { sessionId, mode, policy } = trace.latest;
    const close = button('plain', say.close, this.#onClose, 'refused');
    this.#place.replaceChildren(
      make(
        'header',
        {},
        make(
          'div',
          {},
          make(
            'h2',
            { id: 'detail-title', tabindex: '-1' },
            fill(say.session, { id: sessionId.slice(0, 8) }),
          ),
          make('p', { class: 'about' }, `${modeName(mode)} · ${policy}`),
        ),
        close,
      ),
      make('p', { class: 'state' }),
      ...PLOTS.map(({ name }, at) =>
        make(
          'figure',
          {},
          make('figcaption', {}, make('span', {}, name), make('span', { class: `keys keys-${at}` })),
          make('div', { class: `plot plot-${at}`, role: 'img', 'aria-label': fill(say.overTime, { name }) }),
        ),
      ),
      make('ul', { class: 'cues' }),
    );
    this.#place.hidden = false;
    this.#shown = {
      trace,
      cues: new CueList(find('.cues', HTMLElement, this.#place)),
      charts: [],
      cueNames: '',
    };
    this.update();
    find('h2', HTMLElement, this.#place).focus();
  }

  /** Redraws with the data that arrived since the last call. */
  update(): void {
    if (this.#shown === null) return;
    const { trace, cues } = this.#shown;
    const { latest } = trace;
    const state = find('.state', HTMLElement, this.#place);
    const ending = endName(latest);
    state.dataset['state'] = latest.end === null ? latest.phase : (latest.end.outcome ?? 'ended');
    state.textContent =
      ending === null
        ? `${phaseName(latest.phase)} · ${instruction(latest) ?? '–'}`
        : `${ending} · ${reasonsOf(latest)}`;
    cues.show(latest.cues, latest.requiredCues);
    const cueNames = measuredCues(trace).join();
    if (cueNames !== this.#shown.cueNames) {
      this.#shown.cueNames = cueNames;
      this.#build(trace);
    }
    for (const chart of this.#shown.charts) chart.draw();
  }

  close(): void {
    for (const chart of this.#shown?.charts ?? []) chart.remove();
    this.#shown = null;
    this.#place.hidden = true;
    this.#place.replaceChildren();
  }

  #build(trace: SessionTrace): void {
    if (this.#shown === null) return;
    for (const chart of this.#shown.charts) chart.remove();
    const cueLines = measuredCues(trace).map((cue, at) => ({
      name: cueName(cue),
      values: (one: SessionTrace) => one.cues.get(cue) ?? [],
      colour: CUE_COLOURS[at % CUE_COLOURS.length] ?? '--ink',
    }));
    const lines: readonly (readonly (Line & { readonly name: string })[])[] = [
      cueLines,
      [{ name: reading.aspectRatio, values: ({ eyes }) => eyes, colour: '--trace-1' }],
      [
        { name: reading.yaw, values: ({ yaw }) => yaw, colour: '--trace-2' },
        { name: reading.pitch, values: ({ pitch }) => pitch, colour: '--trace-3' },
      ],
    ];
    const ranges: readonly ((min: number | null, max: number | null) => [number, number])[] = [
      (min, max) => [Math.min(-4, min ?? 0) - 0.5, Math.max(4, max ?? 0) + 0.5],
      (_, max) => [0, Math.max(0.32, 1.1 * (max ?? 0))],
      (min, max) => [Math.min(-30, (min ?? 0) - 4), Math.max(30, (max ?? 0) + 4)],
    ];
    this.#shown.charts = PLOTS.map(({ height }, at) => {
      const keys = find(`.keys-${at}`, HTMLElement, this.#place);
      const own = lines[at] ?? [];
      keys.replaceChildren(
        ...own.map(({ name, colour }) => {
          const swatch = make('i');
          swatch.style.background = `var(${colour})`;
          return make('span', {}, swatch, name);
        }),
      );
      return traceChart(find(`.plot-${at}`, HTMLElement, this.#place), trace, own, {
        range: ranges[at] ?? ((min, max) => [min ?? 0, max ?? 1]),
        height,
        hasTimes: at === PLOTS.length - 1,
      });
    });
  }
}

/** Cues that were measured at least once. Others have no line to draw. */
function measuredCues({ cues }: SessionTrace): readonly string[] {
  return [...cues].filter(([, values]) => values.some((value) => value !== null)).map(([cue]) => cue);
}
