import type { AccountView, DeviceView, SignInView } from '../account-view.ts';
import { button, icon, make } from './dom.ts';
import type { IconName } from './icons.ts';
import { ago, dateOf, exactly, greeting } from './times.ts';

export interface AccountActions {
  readonly onFace: () => void;
  readonly onDelete: () => void;
  readonly onSignOutDevice: (id: string) => void;
}

/** The account page, drawn from what the backend says. */
export function accountContent(account: AccountView, actions: AccountActions, now: Date): readonly Node[] {
  const nowMs = now.getTime();
  return [
    make('h1', {}, `${greeting(now.getHours())}, ${account.username}`),
    account.isServiceUp
      ? null
      : notice('The face check is not available right now. Your password still works, if you have one.'),
    faceSection(account, actions),
    section(
      'Recent sign-ins',
      account.signIns.length === 0
        ? make('p', { class: 'empty' }, 'Nobody has signed in yet. What happens from now on stands here.')
        : make('ul', { class: 'rows' }, ...account.signIns.map((signIn) => signInRow(signIn, nowMs))),
    ),
    section(
      'Devices',
      make('ul', { class: 'rows' }, ...account.devices.map((device) => deviceRow(device, actions, nowMs))),
    ),
    keptSection(account, actions),
  ].filter((node) => node !== null);
}

/** What stands there when the account could not be loaded. */
export function failureContent(words: string, onRetry: () => void): readonly Node[] {
  return [
    make('h1', {}, 'Your account did not load'),
    make('p', { class: 'lead' }, words),
    make('div', { class: 'actions' }, button('main', 'Try again', onRetry)),
  ];
}

function section(title: string, ...content: (Node | null)[]): HTMLElement {
  return make('section', {}, make('h2', {}, title), ...content);
}

function notice(words: string): HTMLElement {
  return make('p', { class: 'notice' }, icon('alert'), make('span', {}, words));
}

function row(drawing: IconName, title: string, about: (Node | string)[], end: Node | null): HTMLElement {
  return make(
    'li',
    { class: 'row' },
    icon(drawing),
    make('div', {}, make('strong', {}, title), make('p', {}, ...about)),
    end,
  );
}

function faceSection({ faceSetUpAtMs, hasPassword }: AccountView, { onFace }: AccountActions): HTMLElement {
  if (faceSetUpAtMs === null)
    return section(
      'Your face',
      notice(
        hasPassword
          ? 'Your face is not set up yet. It takes about ten seconds.'
          : 'Your face is not set up yet. Without it there is no way back in once you sign out.',
      ),
      make('div', { class: 'actions' }, button('main', 'Set up your face', onFace, 'face')),
    );
  const since = `Set up on ${dateOf(faceSetUpAtMs)}`;
  return section(
    'Your face',
    make('ul', { class: 'rows' }, row('face', 'Face sign-in is on', [since], button('', 'Update', onFace))),
  );
}

function time(atMs: number, nowMs: number): HTMLElement {
  const attributes = { datetime: new Date(atMs).toISOString(), title: exactly(atMs) };
  return make('time', attributes, ago(atMs, nowMs));
}

function signInRow({ atMs, method, result, device, place }: SignInView, nowMs: number): HTMLElement {
  const isAccepted = result === 'accepted';
  return row(
    method === 'face' ? 'face' : 'key',
    `${method === 'face' ? 'Face' : 'Password'} · ${device}`,
    [time(atMs, nowMs), ` · ${place}`],
    make(
      'span',
      { class: `result ${result}` },
      icon(isAccepted ? 'check' : 'refused'),
      make('span', {}, isAccepted ? 'Signed in' : 'Refused'),
    ),
  );
}

function deviceRow(
  { id, device, place, lastSeenAtMs, isThis }: DeviceView,
  { onSignOutDevice }: AccountActions,
  nowMs: number,
): HTMLElement {
  const end = isThis
    ? make('span', { class: 'result' }, 'This device')
    : button('', 'Sign out', () => onSignOutDevice(id));
  const drawing = /iPhone|Android/.test(device) ? 'phone' : 'computer';
  return row(drawing, device, ['Seen ', time(lastSeenAtMs, nowMs), ` · ${place}`], end);
}

function keptSection(account: AccountView, { onDelete }: AccountActions): HTMLElement {
  const { username, email, hasPassword, faceSetUpAtMs, createdAtMs } = account;
  const kept: readonly (readonly [string, string])[] = [
    ['Account', `${username}, since ${dateOf(createdAtMs)}`],
    ['Email', email],
    ['Password', hasPassword ? 'Its hash, never the password' : 'None'],
    ['Face', faceSetUpAtMs === null ? 'Nothing' : 'An encrypted template. No pictures'],
    ['Sign-ins', 'The last 200: time, device and network'],
  ];
  const save = make(
    'a',
    { class: 'button', href: '/api/account/export', download: 'my-data.json' },
    icon('download'),
    make('span', {}, 'Export as JSON'),
  );
  return section(
    'What we keep about you',
    make(
      'dl',
      { class: 'kept' },
      ...kept.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
    ),
    make('div', { class: 'actions' }, save, button('danger', 'Delete everything', onDelete, 'trash')),
  );
}
