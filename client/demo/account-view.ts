/** What `GET /api/account` answers: the account page's whole content. Times are ms since 1970. */
export interface AccountView {
  readonly username: string;
  readonly email: string;
  readonly hasPassword: boolean;
  /** Null before the first enrolment. */
  readonly faceSetUpAtMs: number | null;
  readonly createdAtMs: number;
  /** Whether the user proved who they are recently enough to change what opens the account. */
  readonly isConfirmed: boolean;
  readonly isServiceUp: boolean;
  /** The latest first. */
  readonly signIns: readonly SignInView[];
  readonly devices: readonly DeviceView[];
}

export interface SignInView {
  readonly atMs: number;
  readonly method: 'face' | 'password';
  readonly result: 'accepted' | 'refused';
  /** For example `Firefox on Windows`. */
  readonly device: string;
  /** The network it came from. */
  readonly place: string;
}

export interface DeviceView {
  readonly id: string;
  readonly device: string;
  readonly place: string;
  readonly lastSeenAtMs: number;
  readonly isThis: boolean;
}
