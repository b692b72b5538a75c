interface Titled {
  readonly title: string;
  readonly text: string;
}

/** Every text of the demo's pages. The texts of the face check are part of the element. */
export interface Words {
  readonly direction: 'ltr' | 'rtl';
  /** The name of the language in that language. */
  readonly name: string;
  readonly nav: {
    /** Name of the links at the top of a page. */
    readonly account: string;
    readonly languages: string;
    readonly register: string;
    readonly signIn: string;
    readonly signOut: string;
  };
  readonly offline: string;
  readonly welcome: {
    readonly promise: string;
    readonly lead: string;
    readonly quick: Titled;
    readonly kept: Titled;
    readonly yours: Titled;
  };
  readonly field: {
    readonly username: string;
    readonly usernameForm: string;
    readonly email: string;
    readonly password: string;
    readonly optional: string;
    readonly passwordForm: string;
    readonly addPassword: string;
  };
  readonly register: {
    readonly steps: string;
    readonly name: string;
    readonly face: string;
    readonly done: string;
    readonly next: string;
    readonly note: string;
    readonly setUp: string;
    readonly later: string;
    readonly allSet: string;
    readonly fromNowOn: string;
    readonly toAccount: string;
  };
  readonly signIn: {
    readonly confirm: string;
    readonly byFace: string;
    readonly byFaceTitle: string;
    readonly usePassword: string;
    readonly usePasswordInstead: string;
    readonly useFaceInstead: string;
  };
  readonly account: {
    readonly title: string;
    /** With `{name}`. */
    readonly greeting: Readonly<Record<'morning' | 'afternoon' | 'evening', string>>;
    readonly wait: string;
    readonly noService: string;
    readonly notLoaded: string;
    readonly retry: string;
    readonly back: string;
    readonly updateFace: string;
    readonly face: string;
    readonly faceIsOn: string;
    /** With `{date}`. */
    readonly setUpOn: string;
    readonly update: string;
    readonly see: string;
    readonly keys: string;
    readonly keysAbout: string;
    readonly noKeys: string;
    /** Said to a user who has a key and no password. */
    readonly noOtherWay: string;
    readonly key: string;
    /** With `{date}`. */
    readonly keyAdded: string;
    readonly removeKey: string;
    readonly addKey: string;
    readonly notSetUp: string;
    readonly notSetUpNoPassword: string;
    readonly signIns: string;
    readonly noSignIns: string;
    readonly byFace: string;
    readonly byPassword: string;
    readonly accepted: string;
    readonly refused: string;
    readonly devices: string;
    /** With `{time}`, how long ago. */
    readonly seen: string;
    readonly justNow: string;
    readonly thisDevice: string;
    /** With `{browser}` and `{system}`. */
    readonly device: string;
    readonly unknownDevice: string;
    readonly thisComputer: string;
    readonly unknownPlace: string;
  };
  readonly kept: {
    readonly title: string;
    readonly account: string;
    /** With `{name}` and `{date}`. */
    readonly since: string;
    readonly password: string;
    readonly hashOnly: string;
    readonly none: string;
    readonly face: string;
    readonly template: string;
    readonly nothing: string;
    readonly signIns: string;
    readonly lastOnes: string;
    readonly save: string;
    readonly remove: string;
    readonly removeAsk: string;
    readonly removeText: string;
    readonly keep: string;
  };
  readonly notFound: Titled & { readonly toStart: string };
  /**
   * Texts of errors, by the backend's code; `other` for all other codes. `face.locked` contains `{time}`, such as `in 5
   * minutes`.
   */
  readonly problem: Readonly<
    Record<
      | 'offline'
      | 'username.taken'
      | 'sign_in.failed'
      | 'face.refused'
      | 'face.locked'
      | 'attempts.too_many'
      | 'service.unavailable'
      | 'other',
      string
    >
  >;
}

/** `text` with each `{name}` replaced by its value. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
