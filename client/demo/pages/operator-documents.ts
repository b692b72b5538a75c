import type { Words } from '../words/index.ts';
import type { OperatorStrings } from '../words/operator/words.ts';
import { iconMarkup } from './icons.ts';
import { navigation, type Page, problem } from './shell.ts';

const operatorSignIn = ({ nav }: Words, { operator: say }: OperatorStrings): Page => ({
  title: `${say.title} · veriframe`,
  name: 'operator-sign-in',
  wide: { theme: 'dark' },
  aside: '',
  scripts: ['operator-sign-in.js'],
  main: `<section>
<h1>${say.title}</h1>
<form novalidate>
<label class="field"><span>${say.secret}</span><input name="secret" type="password" dir="ltr" autocomplete="current-password" required maxlength="256"><small>${say.secretPlace}</small></label>
${problem}
<button class="button main">${nav.signIn}</button>
</form>
</section>`,
});

const COLUMNS = [
  'phase',
  'session',
  'hint',
  'time',
  'challenges',
  'eyes',
  'head',
  'evidence',
  'cues',
] as const;

const figure = (name: string, label: string, chart: boolean) =>
  `<div class="figure ${name}"><dt>${label}</dt><dd><span class="value">–</span>${chart ? '<span class="chart" aria-hidden="true"></span>' : ''}</dd></div>`;

const operator = ({ nav }: Words, { operator: say }: OperatorStrings): Page => ({
  title: `${say.title} · veriframe`,
  name: 'operator',
  wide: { theme: 'dark' },
  aside: `<nav aria-label="${say.title}">
<span class="link-state" role="status"></span>
<button class="quiet" type="button" name="theme">${say.toLight}</button>
<button class="quiet" type="button" name="sign-out">${nav.signOut}</button>
</nav>`,
  scripts: ['operator.js'],
  main: `<h1 class="unseen">${say.title}</h1>
<section aria-label="${say.service}">
<dl class="figures">
${figure('sessions', say.figure.sessions, false)}
${figure('rate', say.figure.rate, true)}
${figure('latency', say.figure.latency, true)}
${figure('queue', say.figure.queue, true)}
${figure('decisions', say.figure.decisions, false)}
${figure('machine', say.figure.machine, false)}
</dl>
</section>
<div class="tabs" role="tablist" aria-label="${say.views}">
<button type="button" role="tab" id="tab-live" aria-controls="panel-live" aria-selected="true">${say.view.live}</button>
<button type="button" role="tab" id="tab-decisions" aria-controls="panel-decisions" aria-selected="false" tabindex="-1">${say.view.decisions}</button>
<button type="button" role="tab" id="tab-subjects" aria-controls="panel-subjects" aria-selected="false" tabindex="-1">${say.view.subjects}</button>
</div>
<div class="workbench">
<section class="panel" role="tabpanel" id="panel-live" aria-labelledby="tab-live">
<div class="columns" aria-hidden="true">${COLUMNS.map((name) => `<span>${say.column[name]}</span>`).join('')}</div>
<ul class="sessions"></ul>
<p class="empty">${say.empty}</p>
</section>
<section class="panel" role="tabpanel" id="panel-decisions" aria-labelledby="tab-decisions" hidden></section>
<section class="panel" role="tabpanel" id="panel-subjects" aria-labelledby="tab-subjects" hidden></section>
<aside class="detail" id="detail" aria-labelledby="detail-title" hidden></aside>
</div>`,
});

const see = (words: Words, { see: say, reading }: OperatorStrings): Page => ({
  title: `${words.account.see} · veriframe`,
  name: 'see',
  wide: { theme: null },
  aside: navigation(words, `<a class="quiet" href="/account">${words.account.title}</a>`),
  scripts: ['see.js'],
  main: `<h1 class="unseen">${words.account.see}</h1>
<div class="seen">
<section class="view" aria-label="${say.picture}">
<div class="scope">
<video muted playsinline aria-hidden="true"></video>
<canvas class="picture" width="640" height="480" role="img" aria-label="${say.pictureAlt}"></canvas>
<div class="readings" hidden>
<dl class="pose"><div><dt>${reading.yaw}</dt><dd class="yaw">–</dd></div><div><dt>${reading.pitch}</dt><dd class="pitch">–</dd></div><div><dt>${reading.roll}</dt><dd class="roll">–</dd></div></dl>
<dl class="pace"><div><dt>${say.frame}</dt><dd class="seq">–</dd></div><div><dt>${say.rate}</dt><dd class="rate">–</dd></div><div><dt>${say.delay}</dt><dd class="delay">–</dd></div></dl>
</div>
<div class="curtain">
<p class="curtain-title">${words.account.see}</p>
<p class="curtain-text">${say.lead}</p>
<button class="button main" type="button" name="start">${iconMarkup('face')}<span>${say.start}</span></button>
</div>
</div>
<p class="instruction" role="status"></p>
<div class="traces">
<figure><figcaption><span>${reading.eyes}</span><small>${reading.aspectRatio}</small></figcaption><div class="plot eyes" role="img" aria-label="${say.eyesTrace}"></div></figure>
<figure><figcaption><span>${reading.head}</span><small><i class="key yaw-key"></i>${reading.yaw}<i class="key pitch-key"></i>${reading.pitch}</small></figcaption><div class="plot head" role="img" aria-label="${say.headTrace}"></div></figure>
</div>
</section>
<section class="weighing" aria-label="${reading.evidence}">
<div class="verdict">
<div class="verdict-line"><p class="verdict-label">${say.notStarted}</p><p class="probability-of"><small>${say.probability}</small><b class="probability">–</b></p></div>
<div class="decided" hidden><p class="decided-title">${say.decided}</p><ul class="reasons"></ul><p class="rule" hidden>${say.rule}</p></div>
</div>
<div class="scale" aria-hidden="true"><span>${say.against}</span><span>${say.for}</span></div>
<ul class="cues"></ul>
<p class="legend">${say.legend}</p>
</section>
</div>`,
});

/** The operator's pages and the view of one's own session, by name. */
export const OPERATOR_DOCUMENTS = { operator, 'operator-sign-in': operatorSignIn, see };
