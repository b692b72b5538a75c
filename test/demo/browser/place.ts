import type { Presenter, ShownStatus } from '../../../simulator/presenter.ts';

/** The place before a camera, which one person may take after another. */
export class Place implements Presenter {
  #present: Presenter;
  /** Challenges that the running session has shown so far. */
  challenges = 0;

  constructor(first: Presenter) {
    this.#present = first;
  }

  /** Somebody else is there from now on, who has seen only what is shown from now on. */
  takes(presenter: Presenter): void {
    this.#present = presenter;
  }

  async frameAt(atMs: number): Promise<Buffer> {
    return await this.#present.frameAt(atMs);
  }

  onStatus(status: ShownStatus, atMs: number): void {
    this.challenges = status.challenge?.number ?? (status.phase === 'positioning' ? 0 : this.challenges);
    this.#present.onStatus?.(status, atMs);
  }
}
