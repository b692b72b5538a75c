/** `required`: the server does not start when workers cannot be fenced. */
export const FENCE_CHOICES = ['auto', 'required', 'off'] as const;
export type FenceChoice = (typeof FENCE_CHOICES)[number];

/** What a worker may read, and what it must not, even when it lies within the former. */
export interface FencedPaths {
  /** Absolute paths of code, packages and networks. */
  readonly readable: readonly string[];
  /** Absolute paths of secrets and of data about people. */
  readonly hidden: readonly string[];
}

/** What separates a worker process from the rest of the machine. */
export type Fence =
  | {
      /** Mount, network and IPC namespaces: it sees the readable paths, the system libraries and itself. */
      readonly kind: 'namespaces';
      /**
       * Each worker has a user id of its own, counted from here. Null: all have the server's, in a user namespace that
       * has no capability outside.
       */
      readonly firstUserId: number | null;
      readonly paths: FencedPaths;
    }
  /** Each worker has a user id of its own, counted from here. It can use the network. */
  | { readonly kind: 'user'; readonly firstUserId: number }
  /** A worker may do what the server may do. */
  | { readonly kind: 'none' };

export const NO_FENCE: Fence = { kind: 'none' };

/** The fence of the workers, and why no better one was possible. */
export interface FenceReport {
  readonly fence: Fence['kind'];
  /** Whether they run as users of their own. */
  readonly hasOwnUser: boolean;
  /** Better fences that were tried, in words, and what was wrong with each. */
  readonly refused: readonly { readonly fence: string; readonly why: string }[];
}

/** The name of a fence in logs. */
export function nameOf(fence: Fence): string {
  switch (fence.kind) {
    case 'namespaces':
      return fence.firstUserId === null
        ? 'user and mount namespaces'
        : 'mount namespaces and users of their own';
    case 'user':
      return 'users of their own';
    case 'none':
      return 'none';
  }
}

/** One line for the start-up notice. */
export function describeFence({ fence, hasOwnUser, refused }: FenceReport): string {
  const why = refused.map((one) => `${one.fence}: ${one.why}`).join('; ');
  switch (fence) {
    case 'namespaces':
      return `fenced: no network, no files but code and models${hasOwnUser ? ', users of their own' : ''}`;
    case 'user':
      return `fenced by users of their own; the network stays open to them (${why})`;
    case 'none': {
      const danger = 'UNFENCED: a picture that takes one over can read the keys';
      return why === ''
        ? `${danger} (VERIFRAME_FENCE is off)`
        : `${danger} (${why}). Allow user namespaces, or start as root, which gives workers users of their own: ` +
            'see SECURITY.md';
    }
  }
}
