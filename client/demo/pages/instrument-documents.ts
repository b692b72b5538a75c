import { mark } from './drawings.ts';
import { iconMarkup } from './icons.ts';

interface Instrument {
  readonly title: string;
  readonly name: string;
  /** `dark` where a room is dark, whatever the system says. */
  readonly theme?: 'dark';
  readonly aside: string;
  readonly main: string;
  readonly script: string;
}

/** A page of the instrument: in English, and as wide as the window. */
function document({ title, name, theme, aside, main, script }: Instrument): string {
  return `<!doctype html>
<html lang="en"${theme === undefined ? '' : ` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${title} · veriframe</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="preload" href="/assets/fonts/inter-latin-wght-normal.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/assets/inter.css">
<link rel="stylesheet" href="/assets/demo.css">
<link rel="stylesheet" href="/assets/instrument.css">
<script type="module" src="/assets/${script}"></script>
</head>
<body class="instrument-page ${name}">
<header class="top">
<a class="brand" href="/">${mark()}<span>veriframe</span></a>
${aside}
</header>
<main>
${main}
</main>
</body>
</html>
`;
}

const problem = '<p class="problem" role="alert" hidden></p>';

const operatorSignIn = document({
  title: 'Operator',
  name: 'operator-sign-in',
  theme: 'dark',
  aside: '',
  script: 'operator-sign-in.js',
  main: `<section>
<h1>Operator</h1>
<form novalidate>
<label class="field"><span>Secret</span><input name="secret" type="password" autocomplete="current-password" required maxlength="256"><small>In the data folder, in the file demo-operator-secret.</small></label>
${problem}
<button class="button main">Sign in</button>
</form>
</section>`,
});

const figure = (name: string, label: string, chart: boolean) =>
  `<div class="figure ${name}"><dt>${label}</dt><dd><span class="value">–</span>${chart ? '<span class="chart" aria-hidden="true"></span>' : ''}</dd></div>`;

const operator = document({
  title: 'Operator',
  name: 'operator',
  theme: 'dark',
  aside: `<nav aria-label="Operator">
<span class="link-state" role="status"></span>
<button class="quiet" type="button" name="theme">Light theme</button>
<button class="quiet" type="button" name="sign-out">Sign out</button>
</nav>`,
  script: 'operator.js',
  main: `<h1 class="unseen">Operator</h1>
<section aria-label="Service">
<dl class="figures">
${figure('sessions', 'Sessions', false)}
${figure('rate', 'Frames a second', true)}
${figure('latency', 'Latency, ms', true)}
${figure('queue', 'Queue', true)}
${figure('decisions', 'Decisions', false)}
${figure('machine', 'Event loop · memory', false)}
</dl>
</section>
<div class="tabs" role="tablist" aria-label="Views">
<button type="button" role="tab" id="tab-live" aria-controls="panel-live" aria-selected="true">Live</button>
<button type="button" role="tab" id="tab-decisions" aria-controls="panel-decisions" aria-selected="false" tabindex="-1">Decisions</button>
<button type="button" role="tab" id="tab-subjects" aria-controls="panel-subjects" aria-selected="false" tabindex="-1">Subjects</button>
</div>
<div class="workbench">
<section class="panel" role="tabpanel" id="panel-live" aria-labelledby="tab-live">
<div class="columns" aria-hidden="true"><span>Phase</span><span>Session</span><span>Hint</span><span>Time</span><span>Challenges</span><span>Eyes</span><span>Head</span><span>Evidence</span><span>Cues</span></div>
<ul class="sessions"></ul>
<p class="empty">No session is running. One appears here the moment somebody stands before a camera.</p>
</section>
<section class="panel" role="tabpanel" id="panel-decisions" aria-labelledby="tab-decisions" hidden></section>
<section class="panel" role="tabpanel" id="panel-subjects" aria-labelledby="tab-subjects" hidden></section>
<aside class="detail" id="detail" aria-labelledby="detail-title" hidden></aside>
</div>`,
});

const see = document({
  title: 'What the server sees',
  name: 'see',
  aside: '<nav aria-label="Account"><a class="quiet" href="/account">Your account</a></nav>',
  script: 'see.js',
  main: `<h1 class="unseen">What the server sees</h1>
<div class="seen">
<section class="view" aria-label="Picture">
<div class="scope">
<video muted playsinline aria-hidden="true"></video>
<canvas class="picture" width="640" height="480" role="img" aria-label="Your picture as the server analysed it, with the points and axes it found"></canvas>
<div class="readings" hidden>
<dl class="pose"><div><dt>Yaw</dt><dd class="yaw">–</dd></div><div><dt>Pitch</dt><dd class="pitch">–</dd></div><div><dt>Roll</dt><dd class="roll">–</dd></div></dl>
<dl class="pace"><div><dt>Frame</dt><dd class="seq">–</dd></div><div><dt>A second</dt><dd class="rate">–</dd></div><div><dt>There and back</dt><dd class="delay">–</dd></div></dl>
</div>
<div class="curtain">
<p class="curtain-title">What the server sees</p>
<p>A real check against your own face, with everything the service measures drawn over it. Nothing opens by it, and no picture is kept.</p>
<button class="button main" type="button" name="start">${iconMarkup('face')}<span>Start</span></button>
</div>
</div>
<p class="instruction" role="status"></p>
<div class="traces">
<figure><figcaption><span>Eyes</span><small>aspect ratio</small></figcaption><div class="plot eyes" role="img" aria-label="Trace of the eye aspect ratio"></div></figure>
<figure><figcaption><span>Head</span><small><i class="key yaw-key"></i>yaw<i class="key pitch-key"></i>pitch</small></figcaption><div class="plot head" role="img" aria-label="Traces of yaw and pitch"></div></figure>
</div>
</section>
<section class="weighing" aria-label="Evidence">
<div class="verdict"><p class="verdict-label">Not started</p><p class="probability-of"><small>probability</small><b class="probability">–</b></p></div>
<div class="scale" aria-hidden="true"><span>against</span><span>for</span></div>
<ul class="cues"></ul>
<p class="legend">Each bar is a log-likelihood ratio: how much more probable what was seen is for the real person than for an attack or somebody else. A cue that was not measured says nothing, and is never counted as passed.</p>
</section>
</div>`,
});

/** The instrument's pages, by file name. */
export const INSTRUMENTS: Readonly<Record<string, string>> = {
  'operator.html': operator,
  'operator-sign-in.html': operatorSignIn,
  'see.html': see,
};
