import { mark, sealDrawing, stageDrawing } from './drawings.ts';
import { iconMarkup } from './icons.ts';

interface Page {
  readonly title: string;
  readonly name: string;
  /** What stands at the end of the header. */
  readonly aside: string;
  readonly main: string;
  /** Modules the page loads, by their names among the assets. */
  readonly scripts: readonly string[];
}

const LATIN = 'fonts/inter-latin-wght-normal.woff2';

function document({ title, name, aside, main, scripts }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f6f6f3" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#0b0e14" media="(prefers-color-scheme: dark)">
<title>${title}</title>
<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">
<link rel="preload" href="/assets/${LATIN}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/assets/inter.css">
<link rel="stylesheet" href="/assets/demo.css">
${scripts.map((script) => `<script type="module" src="/assets/${script}"></script>`).join('\n')}
</head>
<body class="${name}">
<header class="top">
<a class="brand" href="/">${mark()}<span>veriframe</span></a>
${aside}
</header>
<p class="offline" role="status" hidden>${iconMarkup('offline')}<span>You are offline. Nothing is lost; go on when you are back.</span></p>
<main>
${main}
</main>
</body>
</html>
`;
}

const fact = (icon: Parameters<typeof iconMarkup>[0], title: string, text: string) =>
  `<li>${iconMarkup(icon)}<div><h2>${title}</h2><p>${text}</p></div></li>`;

const welcome = document({
  title: 'veriframe',
  name: 'welcome',
  aside: '<nav aria-label="Account"><a class="quiet" href="/sign-in">Sign in</a></nav>',
  scripts: ['welcome.js'],
  main: `<div class="hero">
<div class="promise">
<h1>Proof that it’s you, and that you’re here.</h1>
<p class="lead">Look at the camera, follow a small movement, and you are in. It is decided while the pictures still arrive.</p>
<div class="actions">
<a class="button main" href="/register">Create an account</a>
<a class="button" href="/sign-in">Sign in</a>
</div>
</div>
<div class="show">${stageDrawing()}</div>
</div>
<ul class="facts">
${fact('time', 'About ten seconds', 'One look and a small movement or two, in an order nobody knows beforehand.')}
${fact('lock', 'No pictures kept', 'What stays is an encrypted template that only this service can read.')}
${fact('trash', 'Yours to delete', 'Export or erase everything with one button, at any time.')}
</ul>`,
});

const field = (label: string, attributes: string, hint = '') =>
  `<label class="field"><span>${label}</span><input ${attributes}>${hint === '' ? '' : `<small>${hint}</small>`}</label>`;

const steps = `<ol class="steps" aria-label="Steps">
<li aria-current="step"><span>Name</span></li><li><span>Face</span></li><li><span>Done</span></li>
</ol>`;

const problem = '<p class="problem" role="alert" hidden></p>';

const register = document({
  title: 'Create an account · veriframe',
  name: 'register',
  aside: '<nav aria-label="Account"><a class="quiet" href="/sign-in">Sign in</a></nav>',
  scripts: ['element.js', 'register.js'],
  main: `${steps}
<section data-step="name">
<h1>Create an account</h1>
<form novalidate>
${field(
  'Username',
  'name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required minlength="2" maxlength="32" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*"',
  'Letters, digits, dots and dashes.',
)}
${field('Email', 'name="email" type="email" autocomplete="email" required maxlength="254"')}
<details class="more"><summary>Add a password too</summary>
${field(
  'Password <em>optional</em>',
  'name="password" type="password" autocomplete="new-password" minlength="10" maxlength="128"',
  'Another way in, for when there is no camera. Ten characters or more.',
)}
</details>
${problem}
<button class="button main">Continue</button>
<p class="note">${iconMarkup('lock')}<span>Next you set up your face. An encrypted template is kept, no pictures, and you can delete it at any time.</span></p>
</form>
</section>
<section data-step="face" hidden>
<h1 class="unseen">Set up your face</h1>
<div class="stage-place"></div>
${problem}
</section>
<section data-step="done" hidden>
${sealDrawing(iconMarkup('check'))}
<h1 tabindex="-1">You’re all set</h1>
<p class="lead">From now on you sign in by looking at the camera.</p>
<div class="actions"><a class="button main" href="/account">Go to your account</a></div>
</section>`,
});

const signIn = document({
  title: 'Sign in · veriframe',
  name: 'sign-in',
  aside: '<nav aria-label="Account"><a class="quiet" href="/register">Create an account</a></nav>',
  scripts: ['element.js', 'sign-in.js'],
  main: `<section data-step="name">
<h1>Sign in</h1>
<form novalidate>
${field('Username', 'name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64"')}
<div class="password" hidden>
${field('Password', 'name="password" type="password" autocomplete="current-password" maxlength="128"')}
</div>
${problem}
<button class="button main" name="go">${iconMarkup('face')}<span>Continue with your face</span></button>
<button class="button plain" type="button" name="other">Use your password instead</button>
</form>
</section>
<section data-step="face" hidden>
<h1 class="unseen">Sign in with your face</h1>
<div class="stage-place"></div>
</section>`,
});

const account = document({
  title: 'Your account · veriframe',
  name: 'account',
  aside:
    '<nav aria-label="Account"><button class="quiet" type="button" name="sign-out">Sign out</button></nav>',
  scripts: ['element.js', 'account.js'],
  main: `<div class="content" aria-busy="true">
<h1 class="wait">One moment</h1>
<div class="bones" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
</div>
<section class="face-view" hidden>
<button class="button plain" type="button" name="back">${iconMarkup('back')}<span>Back to your account</span></button>
<h1 class="unseen">Update your face</h1>
<div class="stage-place"></div>
${problem}
</section>
<dialog aria-labelledby="delete-title">
<h2 id="delete-title">Delete everything?</h2>
<p>Your face template, your account and its history are erased at once. Nobody can bring them back, nor can we.</p>
${problem}
<div class="actions">
<button class="button danger" type="button" name="delete">${iconMarkup('trash')}<span>Delete everything</span></button>
<button class="button" type="button" name="keep">Keep my account</button>
</div>
</dialog>`,
});

const notFound = document({
  title: 'Not found · veriframe',
  name: 'not-found',
  aside: '',
  scripts: ['welcome.js'],
  main: `<h1>There is nothing here</h1>
<p class="lead">The address may be misspelt, or the page has moved.</p>
<div class="actions"><a class="button main" href="/">Go to the start</a></div>`,
});

/** Every page's document, by file name. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  'welcome.html': welcome,
  'register.html': register,
  'sign-in.html': signIn,
  'account.html': account,
  'not-found.html': notFound,
};
