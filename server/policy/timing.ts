/** When each part of a session runs out. All values are milliseconds of server time. */
export interface TimingPolicy {
  readonly helloMs: number;
  /** How long the session waits, before anything else, for the client to answer for the subject's key. */
  readonly possessionMs: number;
  readonly positioningMs: number;
  /** The matching phase: time to collect what is still missing after the last challenge. */
  readonly matchingMs: number;
  readonly sessionMs: number;
  /** How long to wait for a gallery search, or for a reference to be stored. */
  readonly storageMs: number;
}

/** Starting values: enough time to act without haste, too little for an attacker to wait for a lucky draw. */
export const timing: TimingPolicy = {
  helloMs: 10_000,
  possessionMs: 45_000,
  positioningMs: 15_000,
  matchingMs: 6_000,
  sessionMs: 60_000,
  storageMs: 10_000,
};

/** How often a frame gets the expensive analyses. */
export interface SamplingPolicy {
  readonly embedEveryMs: number;
  /** The interval that applies once `enoughProbes` are pooled. */
  readonly embedSeldomEveryMs: number;
  readonly enoughProbes: number;
  readonly padEveryMs: number;
  readonly countFacesEveryMs: number;
}

/** On one core an embedding costs about 5 to 25 ms, a PAD score 9 ms, and a followed frame 14 ms. */
export const sampling: SamplingPolicy = {
  embedEveryMs: 200,
  embedSeldomEveryMs: 500,
  enoughProbes: 12,
  padEveryMs: 300,
  countFacesEveryMs: 1_000,
};
