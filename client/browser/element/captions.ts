import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { Mode } from '@veriframe/protocol';
import type { CameraDevice } from '../sdk/camera.ts';
import { icon, type IconName } from './icons.ts';
import type { StreamingView, View } from './view.ts';
import type { Words } from './words/index.ts';

/** What a caption needs in addition to the view. */
interface CaptionContext {
  readonly words: Words;
  readonly mode: Mode;
  readonly line: { readonly shown: string; readonly leaving: string | null };
  readonly cameras: readonly CameraDevice[];
  readonly cameraId: string | null;
  readonly onStart: () => void;
  readonly onCancel: () => void;
  readonly onSkip: () => void;
  readonly onCamera: (deviceId: string) => void;
  /** Whether the browser may ask the person for a key. */
  readonly asksForKey: boolean;
  /** Whether the person leaves the colours out. Null: the session shows no colours. */
  readonly colours: { readonly leftOut: boolean; readonly onLeaveOut: (leftOut: boolean) => void } | null;
}

interface ScreenText {
  readonly title: string;
  readonly text: string;
}

/** Title and text of a screen, or null for a screen that shows a single line. */
export function screenText(view: View, words: Words, mode: Mode): ScreenText | null {
  switch (view.screen) {
    case 'start':
      return { title: words.start[mode], text: '' };
    case 'permission':
      return words.permission;
    case 'connecting':
    case 'streaming':
      return null;
    case 'passed':
      return words.passed[mode];
    case 'failed': {
      if (view.cause === 'possession' || view.cause === 'capture') return words.missing[view.cause];
      if (view.cause !== null) return words.slow[view.cause];
      if (mode === 'enrol') return view.retryable ? words.enrolFailed : words.enrolRefused;
      const { title, text } = words.failed[view.outcome];
      return { title, text: view.retryable ? text : words.otherWay };
    }
    case 'denied':
      return words.denied;
    case 'offline':
      return words.offline;
    case 'error':
      if (!view.retryable) return words.error.final;
      if (view.code.startsWith('camera.')) return words.error.camera;
      return words.error[view.code === 'server.busy' || view.code === 'server.draining' ? 'busy' : 'other'];
  }
}

/** The words and buttons under the stage. */
export function captionTemplate(view: View, context: CaptionContext): TemplateResult {
  switch (view.screen) {
    case 'start':
      return startCaption(context);
    case 'connecting':
      return lineCaption(context, null);
    case 'streaming':
      return lineCaption(context, view);
    case 'permission':
      return html`${headed(view, context)}
        <div class="actions">${quietButton(context.words.cancel, context.onCancel)}</div>`;
    case 'passed':
      return html`${headed(view, context)}<slot name="passed"></slot>`;
    case 'failed':
    case 'error':
      return endCaption(view, context, view.retryable);
    case 'denied':
    case 'offline':
      return endCaption(view, context, true);
  }
}

function startCaption(context: CaptionContext): TemplateResult {
  const { words, mode } = context;
  const fact = (name: IconName, text: unknown) => html`<li>${icon(name)}<span>${text}</span></li>`;
  return html`
    <h2 class="title" part="title" tabindex="-1">${words.start[mode]}</h2>
    <ul class="facts" part="facts">
      ${fact('face', words.start.what)} ${fact('time', words.start.howLong)}
      ${fact('lock', html`<slot name="retention">${words.start.retention}</slot>`)}
      ${context.asksForKey ? fact('key', words.start.key) : nothing}
      ${context.colours === null ? nothing : fact('colours', words.start.colours)}
    </ul>
    ${colourChoice(context)}
    ${cameraChoice(context)}
    <div class="actions">
      ${mainButton(words.start.button, context.onStart)}
      <slot name="alternative"></slot>
    </div>
  `;
}

/** The choice is on the start screen, because changing light can harm some people. They choose before any is shown. */
function colourChoice({ words, colours }: CaptionContext): unknown {
  if (colours === null) return nothing;
  const choose = ({ target }: Event) => {
    if (target instanceof HTMLInputElement) colours.onLeaveOut(target.checked);
  };
  return html`<label class="choice" part="colour-choice">
    <input type="checkbox" .checked=${colours.leftOut} @change=${choose} />
    <span>${words.start.withoutColours}</span>
  </label>`;
}

function cameraChoice({ words, cameras, cameraId, onCamera }: CaptionContext): unknown {
  if (cameras.length < 2 || cameras.some(({ label }) => label === '')) return nothing;
  const choose = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement) onCamera(target.value);
  };
  return html`<label class="camera">
    <span>${words.start.camera}</span>
    <select part="camera" @change=${choose}>
      ${cameras.map(
        ({ deviceId, label }) =>
          html`<option value=${deviceId} ?selected=${deviceId === cameraId}>${label}</option>`,
      )}
    </select>
  </label>`;
}

function lineCaption(
  { words, line, onCancel, onSkip }: CaptionContext,
  view: StreamingView | null,
): TemplateResult {
  const isSkippable = view?.challenge?.skippable === true;
  return html`
    <div class="lines" part="hint">
      ${
        line.leaving === null
          ? nothing
          : keyed(`- ${line.leaving}`, html`<p class="line leaving" aria-hidden="true">${line.leaving}</p>`)
      }
      ${keyed(line.shown, html`<p class="line">${line.shown}</p>`)}
    </div>
    <div class="actions row">
      ${isSkippable ? quietButton(words.skip, onSkip) : nothing} ${quietButton(words.cancel, onCancel)}
    </div>
  `;
}

function endCaption(view: View, context: CaptionContext, isRetryable: boolean): TemplateResult {
  return html`${headed(view, context)}
    <div class="actions">
      ${isRetryable ? mainButton(context.words.retry, context.onStart) : nothing}
      <slot name="alternative"></slot>
    </div>`;
}

function headed(view: View, { words, mode }: CaptionContext): TemplateResult {
  const said = screenText(view, words, mode);
  return html`<h2 class="title" part="title" tabindex="-1">${said?.title}</h2>
    <p class="text" part="text">${said?.text}</p>`;
}

function mainButton(label: string, onClick: () => void): TemplateResult {
  return html`<button class="main" part="button" type="button" @click=${onClick}>${label}</button>`;
}

function quietButton(label: string, onClick: () => void): TemplateResult {
  return html`<button class="quiet" part="quiet-button" type="button" @click=${onClick}>${label}</button>`;
}
