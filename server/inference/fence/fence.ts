/** `required`: rather no service than workers without a fence. */
export const FENCE_CHOICES = ['auto', 'required', 'off'] as const;
export type FenceChoice = (typeof FENCE_CHOICES)[number];

/** Files and folders that a worker needs, and those that it must not have even where they lie among them. */
export interface FencedPaths {
  /** Absolute paths of what a worker reads: code, packages, networks. */
  readonly readable: readonly string[];
  /** Absolute paths of what holds secrets or data of people. */
  readonly hidden: readonly string[];
}

/** What stands between a worker process and the rest of the machine. */
export type Fence =
  | {
      /** Mount, network and IPC namespaces: it sees the readable paths, system libraries and itself. */
      readonly kind: 'namespaces';
      /**
       * Each worker has a user of its own, counted from here. Null: the server's user, within a user namespace that
       * holds no capability outside.
       */
      readonly firstUserId: number | null;
      readonly paths: FencedPaths;
    }
  /** A user of its own for each worker, counted from here. The network stays open. */
  | { readonly kind: 'user'; readonly firstUserId: number }
  /** It may do what the server may do. */
  | { readonly kind: 'none' };

export const NO_FENCE: Fence = { kind: 'none' };

/** How workers are kept apart, and why not better. */
export interface FenceReport {
  readonly fence: Fence['kind'];
  /** Whether they run as users of their own. */
  readonly hasOwnUser: boolean;
  /** Fences that were tried before this one, in words, with what was wrong with each. */
  readonly refused: readonly { readonly fence: string; readonly why: string }[];
}

/** In words, for logs. */
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

/** One line for whoever starts the server. */
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
        : `${danger} (${why}). Allow user namespaces, or start as root, which gives workers users of their own: see SECURITY.md`;
    }
  }
}
