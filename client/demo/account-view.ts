/** The answer of `GET /api/account`: the whole content of the account page. Times are in milliseconds since 1970. */
export interface AccountView {
  readonly username: string;
  readonly email: string;
  readonly hasPassword: boolean;
  /** Null before the first enrolment. */
  readonly faceSetUpAtMs: number | null;
  readonly createdAtMs: number;
  /** Whether the user has confirmed their identity recently enough to change the ways to sign in. */
  readonly isConfirmed: boolean;
  readonly isServiceUp: boolean;
  /** Keys of the user's devices, in the order in which they were added. */
  readonly keys: readonly KeyView[];
  /** Latest first. */
  readonly signIns: readonly SignInView[];
  readonly devices: readonly DeviceView[];
}

export interface SignInView {
  readonly atMs: number;
  readonly method: 'face' | 'password';
  readonly result: 'accepted' | 'refused';
  /** For example `Firefox on Windows`. */
  readonly device: string;
  /** The network from which the sign-in came. */
  readonly place: string;
}

export interface DeviceView {
  readonly id: string;
  readonly device: string;
  readonly place: string;
  readonly lastSeenAtMs: number;
  readonly isThis: boolean;
}

export interface KeyView {
  readonly id: string;
  readonly addedAtMs: number;
}
