/** A program of Node's to be run where every look-up is counted. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * `caller` is kept until it asks for a name, and is then killed; the time that it took is the least that those after
   * it are kept for. `worker` is told to stop once it has printed `done`; `server` once it has served a session.
   */
  readonly role: 'caller' | 'worker' | 'server';
  /** File of a picture with a face, for the session. */
  readonly picture: string;
}

export interface Observed {
  readonly name: string;
  readonly exitCode: number | null;
  /** All that it printed. */
  readonly output: string;
  /** Whether the session was told where the face is. */
  readonly sawFace: boolean;
  /** Names looked up while it ran. */
  readonly asked: readonly string[];
  /** Packets for another machine while it ran. */
  readonly unreachable: number;
  /** Files left in its home folder and its folder for temporary files, both empty at its start. */
  readonly written: readonly string[];
  /** Files in its data folder. */
  readonly data: readonly string[];
}

export interface Report {
  /** What was counted of a process that looks up a name and calls an address: neither may be nothing. */
  readonly control: { readonly asked: readonly string[]; readonly unreachable: number };
  readonly programs: readonly Observed[];
}
