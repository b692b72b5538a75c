import { siteUrl } from './site.ts';
import type { LiveMessage, LiveSession, SessionEnd } from '@veriframe/protocol';
import { type FaceSessionEvent, createFaceSession } from '@veriframe/browser';
import { ApiError, ask, isKnown } from './api.ts';
import { type Chart, traceChart } from './charts.ts';
import { CueList } from './cue-list.ts';
import { find, make } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';
import { type LiveTicket, openLiveLink } from './live-link.ts';
import {
  endName,
  fixed,
  instruction,
  KNOWN_CUES,
  phaseName,
  probabilityText,
  reasonName,
  signed,
} from './readings.ts';
import { SeenPicture } from './see-picture.ts';
import { SessionTrace } from './session-trace.ts';

interface Started {
  readonly ticket: string;
  readonly socketPath: string;
  readonly live: LiveTicket;
}

type Decided = Exclude<SessionEnd, { readonly outcome: null }>;

const scope = find('.scope', HTMLElement);
const video = find('video', HTMLVideoElement);
const curtain = find('.curtain', HTMLElement);
const curtainTitle = find('.curtain-title', HTMLElement);
const curtainText = find('.curtain-text', HTMLElement);
const start = find('[name=start]', HTMLButtonElement);
const startWords = find('span', HTMLElement, start);
const readings = find('.readings', HTMLElement);
const line = find('.instruction', HTMLElement);
const verdict = find('.verdict', HTMLElement);
const decided = find('.decided', HTMLElement);
const { see: say, reading } = operatorStrings;
const picture = new SeenPicture(find('.picture', HTMLCanvasElement));
const cues = new CueList(find('.cues', HTMLElement));
let trace: SessionTrace | null = null;
let charts: readonly Chart[] = [];

const text = (selector: string, words: string) => {
  const place = find(selector, HTMLElement);
  if (place.textContent !== words) place.textContent = words;
};

function begin(): void {
  for (const chart of charts) chart.remove();
  charts = [];
  trace = null;
  decided.hidden = true;
  curtain.hidden = true;
  readings.hidden = false;
  find('.seen', HTMLElement).classList.add('begun');
  scope.dataset['state'] = 'starting';
  line.textContent = say.waiting;
  let leave: () => void = () => {};
  const session = createFaceSession({
    url: siteUrl('/v1/stream'),
    video,
    ticket: async () => {
      const { ticket, live } = await ask<Started>('POST', '/api/see/session');
      leave = openLiveLink(live, { onMessage, onEnd: () => {} });
      return ticket;
    },
  });
  session.subscribe((event) => follow(event));
  void session.ended.then((end) => {
    picture.stop();
    if (end.type === 'decision') return;
    leave();
    finish(say.failed, failureWords(end));
  });
}

function follow(event: FaceSessionEvent): void {
  if (event.type === 'camera') picture.follow(video);
  if (event.type === 'connecting') line.textContent = say.connecting;
  // A page that embeds this one gets the same event as from the element.
  if (event.type === 'status') scope.dispatchEvent(new CustomEvent('status', { detail: event }));
}

function onMessage(message: LiveMessage): void {
  if (message.type === 'look') {
    const { session, seq, capturedAtMs } = message;
    picture.draw({ ...message, face: session.face });
    scope.dataset['state'] = 'seeing';
    text('.seq', String(seq));
    text('.delay', `${Math.round(performance.timeOrigin + performance.now() - capturedAtMs)} ms`);
    show(session);
  }
  if (message.type === 'sessions') for (const session of message.sessions) show(session);
}

function show(session: LiveSession): void {
  const { face, framesPerSecond, probability, requiredCues, end } = session;
  text('.rate', fixed(framesPerSecond, 1));
  text('.yaw', face === null ? '–' : `${signed(face.yawDeg, 0)}°`);
  text('.pitch', face === null ? '–' : `${signed(face.pitchDeg, 0)}°`);
  text('.roll', face === null ? '–' : `${signed(face.rollDeg, 0)}°`);
  cues.show(session.cues, requiredCues);
  text('.probability', probabilityText(probability));
  text('.verdict-label', endName(session) ?? phaseName(session.phase));
  verdict.dataset['state'] = end === null ? 'open' : (end.outcome ?? 'ended');
  if (end === null) text('.instruction', instruction(session) ?? '');
  if (trace === null) {
    trace = new SessionTrace(session);
    charts = chartsOf(trace);
  } else trace.add(session);
  for (const chart of charts) chart.draw();
  if (end !== null && scope.dataset['state'] !== 'ended')
    finish(endName(session) ?? reading.ended, end.outcome === null ? '' : showReasons(end, probability));
}

/**
 * Shows the reasons of the decision and returns the most important one. A rule can refuse a session although the
 * probability speaks for the person; the page says so then.
 */
function showReasons({ outcome, reasons }: Decided, probability: number): string {
  const names = reasons.map(reasonName);
  find('.reasons', HTMLElement).replaceChildren(...names.map((name) => make('li', {}, name)));
  find('.rule', HTMLElement).hidden = outcome === 'accept' || probability < 0.5;
  decided.hidden = false;
  return names[0] ?? '';
}

function chartsOf(shown: SessionTrace): readonly Chart[] {
  return [
    traceChart(
      find('.plot.eyes', HTMLElement),
      shown,
      [{ values: ({ eyes }) => eyes, colour: '--trace-1' }],
      { range: (_, max) => [0, Math.max(0.3, 1.1 * (max ?? 0))], height: 140, hasTimes: true },
    ),
    traceChart(
      find('.plot.head', HTMLElement),
      shown,
      [
        { values: ({ yaw }) => yaw, colour: '--trace-2' },
        { values: ({ pitch }) => pitch, colour: '--trace-3' },
      ],
      {
        range: (min, max) => [Math.min(-30, (min ?? 0) - 4), Math.max(30, (max ?? 0) + 4)],
        height: 140,
        hasTimes: true,
      },
    ),
  ];
}

function finish(title: string, words: string): void {
  scope.dataset['state'] = 'ended';
  curtain.hidden = false;
  curtain.classList.add('after');
  curtainTitle.textContent = title;
  curtainText.textContent = words;
  startWords.textContent = say.again;
  line.textContent = title;
}

function failureWords(end: { readonly type: string; readonly error?: Error }): string {
  const { problem } = say;
  const cause: unknown = end.error?.cause;
  if (cause instanceof ApiError && isKnown(cause.code, problem)) return problem[cause.code];
  const code = end.error !== undefined && 'code' in end.error ? String(end.error.code) : '';
  return code.startsWith('camera.') ? problem.camera : problem.other;
}

cues.show(Object.fromEntries(KNOWN_CUES.map((cue) => [cue, { measured: false, why: 'not-started' }])), []);
start.addEventListener('click', begin);
