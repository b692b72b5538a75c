import { goTo } from './site.ts';
import type { AccountView } from '../account-view.ts';
import { ask, wordsOf } from './api.ts';
import {
  button,
  find,
  keepAddress,
  onSubmit,
  showStep,
  showProblem,
  textOf,
  watchConnection,
} from './dom.ts';
import { showFaceStep } from './face-step.ts';
import { hasKeyHere } from './known-device.ts';
import { words } from './words.ts';

/** The page after the sign-in. Only addresses that the account page itself requests are allowed. */
const THEN: Readonly<Record<string, string>> = {
  face: '/account#face',
  key: '/account#key',
  delete: '/account#delete',
};
const purpose = new URLSearchParams(location.search).get('confirm') ?? '';
const next = THEN[purpose] ?? '/account';

const form = find('form', HTMLFormElement);
const username = find('[name=username]', HTMLInputElement);
const password = find('[name=password]', HTMLInputElement);
const go = find('[name=go] span', HTMLElement);
const other = find('[name=other]', HTMLButtonElement);
let isByPassword = false;

function choose(byPassword: boolean): void {
  isByPassword = byPassword;
  find('.password', HTMLElement).hidden = !byPassword;
  password.required = byPassword;
  form.classList.toggle('by-password', byPassword);
  go.textContent = byPassword ? words.nav.signIn : words.signIn.byFace;
  other.textContent = byPassword ? words.signIn.useFaceInstead : words.signIn.usePasswordInstead;
  showProblem(form, null);
}

function backToForm(problem: string | null, byPassword: boolean): void {
  find('.stage-place', HTMLElement).replaceChildren();
  showStep('name');
  choose(byPassword);
  showProblem(form, problem);
  (byPassword ? password : username).focus();
}

function faceStep(name: string): void {
  showStep('face');
  showFaceStep(find('.stage-place', HTMLElement), {
    mode: 'verify',
    ticketPath: '/api/face/sign-in',
    ticketBody: { username: name },
    username: name,
    possession: hasKeyHere(name),
    onDone: () => goTo(next),
    onProblem: (error) => backToForm(wordsOf(error), false),
    alternative: button('plain', words.signIn.usePassword, () => backToForm(null, true)),
  });
}

/** Fills in the username of a signed-in user who comes here to confirm their identity. */
async function prefill(): Promise<void> {
  const account = await ask<AccountView>('GET', '/api/account').catch(() => null);
  if (account === null) return;
  find('h1', HTMLElement).textContent = words.signIn.confirm;
  username.value = account.username;
  username.readOnly = true;
}

other.addEventListener('click', () => {
  choose(!isByPassword);
  (isByPassword && username.value !== '' ? password : username).focus();
});
onSubmit(form, async (entries) => {
  showProblem(form, null);
  const name = textOf(entries, 'username').trim();
  if (!isByPassword) return faceStep(name);
  try {
    await ask('POST', '/api/password/sign-in', { username: name, password: textOf(entries, 'password') });
    goTo(next);
  } catch (error) {
    showProblem(form, wordsOf(error));
    password.select();
  }
});
watchConnection();
keepAddress();
showStep('name');
if (purpose in THEN) void prefill();
