import { goTo, siteUrl } from './site.ts';
import type { AccountView } from '../account-view.ts';
import { ask, isToConfirm, wordsOf } from './api.ts';
import { find, make, onSubmit, showStep, showProblem, textOf, watchConnection } from './dom.ts';
import { showFaceStep } from './face-step.ts';
import { words } from './words.ts';

const STEPS = ['name', 'face', 'done'];

function go(step: 'name' | 'face' | 'done'): void {
  showStep(step);
  const at = STEPS.indexOf(step);
  for (const [index, item] of document.querySelectorAll('.steps li').entries()) {
    item.classList.toggle('past', index < at);
    if (index === at) item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  }
  scrollTo(0, 0);
}

function faceStep(username: string): void {
  go('face');
  const section = find('[data-step=face]:not(body)', HTMLElement);
  showFaceStep(find('.stage-place', HTMLElement, section), {
    mode: 'enrol',
    ticketPath: '/api/face/enrol',
    username,
    possession: true,
    onDone: () => {
      go('done');
      find('[data-step=done] h1', HTMLElement).focus();
    },
    onProblem: (error) => {
      if (isToConfirm(error)) goTo('/sign-in?confirm=face');
      else showProblem(section, wordsOf(error));
    },
    alternative: make('a', { class: 'button plain', href: siteUrl('/account') }, words.register.later),
  });
}

/** A user who left between the steps continues at the same step. */
async function resume(): Promise<void> {
  const account = await ask<AccountView>('GET', '/api/account').catch(() => null);
  if (account !== null && account.faceSetUpAtMs === null) faceStep(account.username);
}

const form = find('form', HTMLFormElement);
const more = find('details', HTMLDetailsElement);
const password = find('[name=password]', HTMLInputElement);
more.addEventListener('toggle', () => {
  if (more.open) password.focus();
  else password.value = '';
});
onSubmit(form, async (entries) => {
  showProblem(form, null);
  const chosen = textOf(entries, 'password');
  try {
    await ask('POST', '/api/register', {
      username: textOf(entries, 'username').trim(),
      email: textOf(entries, 'email').trim(),
      ...(chosen === '' ? {} : { password: chosen }),
    });
    faceStep(textOf(entries, 'username').trim());
  } catch (error) {
    showProblem(form, wordsOf(error));
  }
});
watchConnection();
showStep('name');
void resume();
