import { goTo } from './site.ts';
import type { AccountView } from '../account-view.ts';
import { accountContent, failureContent } from './account-content.ts';
import { ApiError, ask, isToConfirm, wordsOf } from './api.ts';
import { find, showProblem, watchConnection } from './dom.ts';
import { showFaceStep } from './face-step.ts';
import { hasKeyHere } from './known-device.ts';

const content = find('.content', HTMLElement);
const faceView = find('.face-view', HTMLElement);
const dialog = find('dialog', HTMLDialogElement);
const remove = find('[name=delete]', HTMLButtonElement, dialog);

async function load(): Promise<void> {
  content.setAttribute('aria-busy', 'true');
  try {
    const account = await ask<AccountView>('GET', '/api/account');
    const actions = {
      onFace: () => (account.isConfirmed ? showFace(account, 'enrol') : confirm('face')),
      onAddKey: () => (account.isConfirmed ? showFace(account, 'key') : confirm('key')),
      onRemoveKey: (id: string) => (account.isConfirmed ? void removeKey(id) : confirm('key')),
      onDelete: () => (account.isConfirmed ? dialog.showModal() : confirm('delete')),
      onSignOutDevice: (id: string) => void signOutDevice(id),
    };
    content.replaceChildren(...accountContent(account, actions, new Date()));
    afterConfirming(actions);
  } catch (error) {
    if (needsSignIn(error)) return goTo('/sign-in');
    content.replaceChildren(...failureContent(wordsOf(error), () => void load()));
  } finally {
    content.removeAttribute('aria-busy');
  }
}

/** Continues the action for which the user had to confirm their identity. */
function afterConfirming({
  onFace,
  onAddKey,
  onDelete,
}: Record<'onFace' | 'onAddKey' | 'onDelete', () => void>): void {
  const { hash } = location;
  if (hash === '') return;
  history.replaceState(null, '', location.pathname);
  if (hash === '#face') onFace();
  if (hash === '#key') onAddKey();
  if (hash === '#delete') onDelete();
}

function confirm(purpose: 'face' | 'key' | 'delete'): void {
  goTo(`/sign-in?confirm=${purpose}`);
}

/** Enrols the face again, or adds a key of this device, which the face confirms. */
function showFace({ username, faceSetUpAtMs }: AccountView, purpose: 'enrol' | 'key'): void {
  showProblem(faceView, null);
  content.hidden = true;
  faceView.hidden = false;
  document.body.dataset['step'] = 'face';
  showFaceStep(find('.stage-place', HTMLElement, faceView), {
    mode: purpose === 'enrol' ? 'enrol' : 'verify',
    ticketPath: `/api/face/${purpose}`,
    username,
    possession: purpose === 'key' || faceSetUpAtMs === null || hasKeyHere(username),
    onDone: hideFace,
    onProblem: (error) => {
      if (isToConfirm(error)) confirm(purpose === 'enrol' ? 'face' : 'key');
      else showProblem(faceView, wordsOf(error));
    },
  });
}

function hideFace(): void {
  find('.stage-place', HTMLElement, faceView).replaceChildren();
  faceView.hidden = true;
  content.hidden = false;
  delete document.body.dataset['step'];
  void load();
}

async function signOutDevice(id: string): Promise<void> {
  await ask('POST', '/api/devices/sign-out', { id }).catch(() => null);
  await load();
}

async function removeKey(id: string): Promise<void> {
  await ask('POST', '/api/keys/remove', { id }).catch(() => null);
  await load();
}

async function deleteEverything(): Promise<void> {
  showProblem(dialog, null);
  remove.disabled = true;
  try {
    await ask('DELETE', '/api/account');
    goTo('/');
  } catch (error) {
    if (isToConfirm(error)) confirm('delete');
    else showProblem(dialog, wordsOf(error));
  } finally {
    remove.disabled = false;
  }
}

async function signOut(): Promise<void> {
  try {
    await ask('POST', '/api/sign-out');
    goTo('/');
  } catch (error) {
    if (needsSignIn(error)) goTo('/');
    else content.replaceChildren(...failureContent(wordsOf(error), () => void load()));
  }
}

const needsSignIn = (error: unknown) => error instanceof ApiError && error.code === 'sign_in.required';

remove.addEventListener('click', () => void deleteEverything());
find('[name=keep]', HTMLButtonElement).addEventListener('click', () => dialog.close());
find('[name=back]', HTMLButtonElement).addEventListener('click', hideFace);
find('[name=sign-out]', HTMLButtonElement).addEventListener('click', () => void signOut());
// A page from the browser's back/forward cache may show an account that is signed out.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) void load();
});
watchConnection();
void load();
