import { siteUrl } from './site.ts';
import type { AccountView, DeviceView, SignInView } from '../account-view.ts';
import { button, icon, make } from './dom.ts';
import type { IconName } from './icons.ts';
import { fill } from '../words/words.ts';
import { ago, dateOf, exactly, greeting } from './times.ts';
import { words } from './words.ts';

const { account: say, kept: keptWords } = words;

interface AccountActions {
  readonly onFace: () => void;
  readonly onAddKey: () => void;
  readonly onRemoveKey: (id: string) => void;
  readonly onDelete: () => void;
  readonly onSignOutDevice: (id: string) => void;
}

/** The content of the account page. */
export function accountContent(account: AccountView, actions: AccountActions, now: Date): readonly Node[] {
  const nowMs = now.getTime();
  return [
    make('h1', {}, greeting(now.getHours(), account.username)),
    account.isServiceUp ? null : notice(say.noService),
    faceSection(account, actions),
    account.faceSetUpAtMs === null ? null : keysSection(account, actions),
    section(
      say.signIns,
      account.signIns.length === 0
        ? make('p', { class: 'empty' }, say.noSignIns)
        : make('ul', { class: 'rows' }, ...account.signIns.map((signIn) => signInRow(signIn, nowMs))),
    ),
    section(
      say.devices,
      make('ul', { class: 'rows' }, ...account.devices.map((device) => deviceRow(device, actions, nowMs))),
    ),
    keptSection(account, actions),
  ].filter((node) => node !== null);
}

/** The content of the account page when the account could not be loaded. */
export function failureContent(problem: string, onRetry: () => void): readonly Node[] {
  return [
    make('h1', {}, say.notLoaded),
    make('p', { class: 'lead' }, problem),
    make('div', { class: 'actions' }, button('main', say.retry, onRetry)),
  ];
}

function section(title: string, ...content: (Node | null)[]): HTMLElement {
  return make('section', {}, make('h2', {}, title), ...content);
}

function notice(text: string): HTMLElement {
  return make('p', { class: 'notice' }, icon('alert'), make('span', {}, text));
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
      say.face,
      notice(hasPassword ? say.notSetUp : say.notSetUpNoPassword),
      make('div', { class: 'actions' }, button('main', words.register.setUp, onFace, 'face')),
    );
  const since = fill(say.setUpOn, { date: dateOf(faceSetUpAtMs) });
  return section(
    say.face,
    make('ul', { class: 'rows' }, row('face', say.faceIsOn, [since], button('', say.update, onFace))),
    make(
      'div',
      { class: 'actions' },
      make('a', { class: 'button plain see-link', href: siteUrl('/see') }, say.see),
    ),
  );
}

function keysSection(
  { keys, hasPassword }: AccountView,
  { onAddKey, onRemoveKey }: AccountActions,
): HTMLElement {
  return section(
    say.keys,
    make('p', { class: 'empty' }, keys.length === 0 ? say.noKeys : say.keysAbout),
    keys.length > 0 && !hasPassword ? notice(say.noOtherWay) : null,
    make(
      'ul',
      { class: 'rows' },
      ...keys.map(({ id, addedAtMs }) => {
        const added = fill(say.keyAdded, { date: dateOf(addedAtMs) });
        return row(
          'key',
          say.key,
          [added],
          button('', say.removeKey, () => onRemoveKey(id)),
        );
      }),
    ),
    make('div', { class: 'actions' }, button('', say.addKey, onAddKey, 'key')),
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
    `${method === 'face' ? say.byFace : say.byPassword} · ${deviceName(device)}`,
    [time(atMs, nowMs), ` · ${placeName(place)}`],
    make(
      'span',
      { class: `result ${result}` },
      icon(isAccepted ? 'check' : 'refused'),
      make('span', {}, isAccepted ? say.accepted : say.refused),
    ),
  );
}

function deviceRow(
  { id, device, place, lastSeenAtMs, isThis }: DeviceView,
  { onSignOutDevice }: AccountActions,
  nowMs: number,
): HTMLElement {
  const end = isThis
    ? make('span', { class: 'result' }, say.thisDevice)
    : button('', words.nav.signOut, () => onSignOutDevice(id));
  const drawing = /iPhone|Android/.test(device) ? 'phone' : 'computer';
  const [before = '', after = ''] = say.seen.split('{time}');
  const seen = [before, time(lastSeenAtMs, nowMs), `${after} · ${placeName(place)}`];
  return row(drawing, deviceName(device), seen, end);
}

function keptSection(account: AccountView, { onDelete }: AccountActions): HTMLElement {
  const { username, email, hasPassword, faceSetUpAtMs, createdAtMs } = account;
  const kept: readonly (readonly [string, string])[] = [
    [keptWords.account, fill(keptWords.since, { name: username, date: dateOf(createdAtMs) })],
    [words.field.email, email],
    [keptWords.password, hasPassword ? keptWords.hashOnly : keptWords.none],
    [keptWords.face, faceSetUpAtMs === null ? keptWords.nothing : keptWords.template],
    [keptWords.signIns, keptWords.lastOnes],
  ];
  const save = make(
    'a',
    { class: 'button', href: siteUrl('/api/account/export'), download: 'my-data.json' },
    icon('download'),
    make('span', {}, keptWords.save),
  );
  return section(
    keptWords.title,
    make(
      'dl',
      { class: 'kept' },
      ...kept.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
    ),
    make('div', { class: 'actions' }, save, button('danger', keptWords.remove, onDelete, 'trash')),
  );
}

/** The backend names devices and places in English (`backend/visitor.ts`). */
function deviceName(device: string): string {
  if (device === 'Unknown device') return say.unknownDevice;
  const [browser = '', system] = device.split(' on ');
  return system === undefined ? device : fill(say.device, { browser, system });
}

function placeName(place: string): string {
  return { 'This computer': say.thisComputer, 'Unknown place': say.unknownPlace }[place] ?? place;
}
