import { OPERATOR_STRINGS } from '../words/operator/index.ts';
import { isLanguage, LANGUAGES, type Words } from '../words/index.ts';
import { sealDrawing, stageDrawing } from './drawings.ts';
import { iconMarkup } from './icons.ts';
import { OPERATOR_DOCUMENTS } from './operator-documents.ts';
import { document, navigation, type Page, problem } from './shell.ts';

const fact = (icon: Parameters<typeof iconMarkup>[0], { title, text }: Words['welcome']['quick']) =>
  `<li>${iconMarkup(icon)}<div><h2>${title}</h2><p>${text}</p></div></li>`;

const field = (label: string, attributes: string, hint = '') =>
  `<label class="field"><span>${label}</span><input ${attributes}>${hint === '' ? '' : `<small>${hint}</small>`}</label>`;

function welcome(words: Words): Page {
  const { promise, lead, quick, kept, yours } = words.welcome;
  return {
    title: 'veriframe',
    name: 'welcome',
    aside: navigation(words, `<a class="quiet" href="/sign-in">${words.nav.signIn}</a>`),
    scripts: ['welcome.js'],
    main: `<div class="hero">
<div class="promise">
<h1>${promise}</h1>
<p class="lead">${lead}</p>
<div class="actions">
<a class="button main" href="/register">${words.nav.register}</a>
<a class="button" href="/sign-in">${words.nav.signIn}</a>
</div>
</div>
<div class="show">${stageDrawing()}</div>
</div>
<ul class="facts">
${fact('time', quick)}
${fact('lock', kept)}
${fact('trash', yours)}
</ul>`,
  };
}

function register(words: Words): Page {
  const { field: label, register: say } = words;
  return {
    title: `${words.nav.register} · veriframe`,
    name: 'register',
    aside: navigation(words, `<a class="quiet" href="/sign-in">${words.nav.signIn}</a>`),
    scripts: ['element.js', 'register.js'],
    main: `<ol class="steps" aria-label="${say.steps}">
<li aria-current="step"><span>${say.name}</span></li><li><span>${say.face}</span></li><li><span>${say.done}</span></li>
</ol>
<section data-step="name">
<h1>${words.nav.register}</h1>
<form novalidate>
${field(
  label.username,
  'name="username" dir="ltr" autocomplete="username" autocapitalize="none" spellcheck="false" required minlength="2" maxlength="32" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*"',
  label.usernameForm,
)}
${field(label.email, 'name="email" type="email" dir="ltr" autocomplete="email" required maxlength="254"')}
<details class="more"><summary>${label.addPassword}</summary>
${field(
  `${label.password} <em>${label.optional}</em>`,
  'name="password" type="password" dir="ltr" autocomplete="new-password" minlength="10" maxlength="128"',
  label.passwordForm,
)}
</details>
${problem}
<button class="button main">${say.next}</button>
<p class="note">${iconMarkup('lock')}<span>${say.note}</span></p>
</form>
</section>
<section data-step="face" hidden>
<h1 class="unseen">${say.setUp}</h1>
<div class="stage-place"></div>
${problem}
</section>
<section data-step="done" hidden>
${sealDrawing(iconMarkup('check'))}
<h1 tabindex="-1">${say.allSet}</h1>
<p class="lead">${say.fromNowOn}</p>
<div class="actions"><a class="button main" href="/account">${say.toAccount}</a></div>
</section>`,
  };
}

function signIn(words: Words): Page {
  const { field: label, signIn: say } = words;
  return {
    title: `${words.nav.signIn} · veriframe`,
    name: 'sign-in',
    aside: navigation(words, `<a class="quiet" href="/register">${words.nav.register}</a>`),
    scripts: ['element.js', 'sign-in.js'],
    main: `<section data-step="name">
<h1>${words.nav.signIn}</h1>
<form novalidate>
${field(label.username, 'name="username" dir="ltr" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64"')}
<div class="password" hidden>
${field(label.password, 'name="password" type="password" dir="ltr" autocomplete="current-password" maxlength="128"')}
</div>
${problem}
<button class="button main" name="go">${iconMarkup('face')}<span>${say.byFace}</span></button>
<button class="button plain" type="button" name="other">${say.usePasswordInstead}</button>
</form>
</section>
<section data-step="face" hidden>
<h1 class="unseen">${say.byFaceTitle}</h1>
<div class="stage-place"></div>
</section>`,
  };
}

function account(words: Words): Page {
  const { account: say, kept } = words;
  return {
    title: `${say.title} · veriframe`,
    name: 'account',
    aside: navigation(
      words,
      `<button class="quiet" type="button" name="sign-out">${words.nav.signOut}</button>`,
    ),
    scripts: ['element.js', 'account.js'],
    main: `<div class="content" aria-busy="true">
<h1 class="wait">${say.wait}</h1>
<div class="bones" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
</div>
<section class="face-view" hidden>
<button class="button plain" type="button" name="back">${iconMarkup('back')}<span>${say.back}</span></button>
<h1 class="unseen">${say.updateFace}</h1>
<div class="stage-place"></div>
${problem}
</section>
<dialog aria-labelledby="delete-title">
<h2 id="delete-title">${kept.removeAsk}</h2>
<p>${kept.removeText}</p>
${problem}
<div class="actions">
<button class="button danger" type="button" name="delete">${iconMarkup('trash')}<span>${kept.remove}</span></button>
<button class="button" type="button" name="keep">${kept.keep}</button>
</div>
</dialog>`,
  };
}

function notFound({ notFound: { title, text, toStart } }: Words): Page {
  return {
    title: `${title} · veriframe`,
    name: 'not-found',
    aside: '',
    scripts: ['welcome.js'],
    main: `<h1>${title}</h1>
<p class="lead">${text}</p>
<div class="actions"><a class="button main" href="/">${toStart}</a></div>`,
  };
}

const languages = Object.keys(LANGUAGES).filter(isLanguage);
const PAGES = { welcome, register, 'sign-in': signIn, account, 'not-found': notFound };

/** The documents of all pages in all languages, by file name such as `welcome.en.html`. */
export const DOCUMENTS: Readonly<Record<string, string>> = Object.fromEntries(
  languages.flatMap((language) => [
    ...Object.entries(PAGES).map(([name, page]) => [
      `${name}.${language}.html`,
      document(page(LANGUAGES[language]), language),
    ]),
    ...Object.entries(OPERATOR_DOCUMENTS).map(([name, page]) => [
      `${name}.${language}.html`,
      document(page(LANGUAGES[language], OPERATOR_STRINGS[language]), language),
    ]),
  ]),
);
