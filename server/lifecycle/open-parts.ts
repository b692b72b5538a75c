/** A part that is open until it is closed. */
export interface Closable {
  close(): unknown;
}

/** The parts of a program that are open, in the order in which they were opened. */
export class OpenParts {
  readonly #open: Closable[] = [];
  #closed: Promise<void> | null = null;

  /** Remembers a part to close it, and returns it. */
  add<Part extends Closable>(part: Part): Part {
    this.#open.push(part);
    return part;
  }

  /**
   * Closes every part, the last one first, each after the one before has closed. Goes on when a part fails to close,
   * and then rejects with an `AggregateError` of all failures. A second call closes nothing and ends as the first does.
   */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let part = this.#open.pop(); part !== undefined; part = this.#open.pop()) {
      try {
        await part.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some parts did not close.');
  }
}
