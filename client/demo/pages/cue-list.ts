import type { CueReading } from '@veriframe/protocol';
import { make } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';
import { cueName, signed, weightOf, whyUnmeasured } from './readings.ts';

interface Entry {
  readonly item: HTMLElement;
  readonly bar: HTMLElement;
  readonly value: HTMLElement;
}

/** Cues as bars. A bar to the right speaks for the person, a bar to the left against. An unmeasured cue shows why. */
export class CueList {
  readonly #place: Element;
  readonly #entries = new Map<string, Entry>();

  constructor(place: Element) {
    this.#place = place;
  }

  show(cues: Readonly<Record<string, CueReading>>, required: readonly string[]): void {
    for (const [cue, entry] of this.#entries) {
      if (cue in cues) continue;
      entry.item.remove();
      this.#entries.delete(cue);
    }
    for (const [cue, reading] of Object.entries(cues)) {
      const { item, bar, value } = this.#entries.get(cue) ?? this.#add(cue);
      item.classList.toggle('unmeasured', !reading.measured);
      item.classList.toggle('required', required.includes(cue));
      item.classList.toggle('against', reading.measured && reading.logLikelihoodRatio < 0);
      bar.style.setProperty('--weight', String(Math.abs(weightOf(reading))));
      const text = reading.measured
        ? signed(reading.logLikelihoodRatio)
        : `${operatorStrings.reading.notMeasured} · ${whyUnmeasured(reading.why)}`;
      if (value.textContent !== text) value.textContent = text;
    }
  }

  #add(cue: string): Entry {
    const bar = make('i');
    const value = make('span', { class: 'cue-value' });
    const item = make(
      'li',
      { class: 'cue' },
      make(
        'span',
        { class: 'cue-name' },
        cueName(cue),
        make('small', {}, ` ${operatorStrings.reading.required}`),
      ),
      value,
      make('span', { class: 'cue-bar', 'aria-hidden': 'true' }, bar),
    );
    this.#place.append(item);
    const entry = { item, bar, value };
    this.#entries.set(cue, entry);
    return entry;
  }
}
