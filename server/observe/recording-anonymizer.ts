import { randomBytes } from 'node:crypto';
import { EMBEDDING_MODELS } from '../../models/ids.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Reference } from '../matching/reference.ts';
import type { Embeddings } from '../vision/analysis.ts';

/** Signs drawn anew and a Walsh–Hadamard transform, this many times. */
const ROUNDS = 3;

/**
 * What makes a session's events fit to be kept: no subject, no time of day, and no embedding as it was. Every embedding
 * is multiplied by an orthogonal matrix of chance that nobody keeps, the same one within a session and another in each,
 * so that all cosines in a session stay what they were, and embeddings of two sessions say nothing of each other. The
 * matrix is H·D3·H·D2·H·D1 with random signs D and the normalised Hadamard matrix H (Yu et al., Orthogonal Random
 * Features, NIPS 2016), after padding with zeros to a power of two.
 */
export class Disguise {
  readonly #startMs: number;
  readonly #signs = new Map<number, readonly Uint8Array[]>();
  readonly #names = new Map<string, string>();

  /** `startMs`: server time at which the session's time starts. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  event(event: SessionEvent): SessionEvent {
    const atMs = event.atMs - this.#startMs;
    switch (event.type) {
      case 'references':
        return {
          ...event,
          atMs,
          references: event.references.map((reference) => this.#reference(reference)),
        };
      case 'candidates':
        return {
          ...event,
          atMs,
          candidates: event.candidates.map((candidate) => this.#reference(candidate)),
        };
      case 'enrolled':
        return event.result === 'stored'
          ? { ...event, atMs, reference: this.#place(event.reference) }
          : { ...event, atMs };
      case 'frame':
        return { ...event, atMs, capturedAtMs: event.capturedAtMs - this.#startMs };
      case 'analyzed':
        return { ...event, atMs, analysis: this.#analysis(event.analysis) };
      case 'hello':
      case 'turn':
      case 'analysis-failed':
      case 'skip':
      case 'accept-recorded':
      case 'deadline':
      case 'bye':
      case 'disconnected':
        return { ...event, atMs };
    }
  }

  #reference({ embeddings, ...place }: Reference): Reference {
    return { ...this.#place(place), embeddings: this.#embeddings(embeddings) };
  }

  #place({ subject, referenceId }: Omit<Reference, 'embeddings'>): Omit<Reference, 'embeddings'> {
    return { subject: this.#nameOf(subject), referenceId: this.#nameOf(referenceId) };
  }

  #analysis(analysis: Extract<SessionEvent, { type: 'analyzed' }>['analysis']): typeof analysis {
    const { face } = analysis;
    if (!face.found || face.value.embeddings === undefined) return analysis;
    const embeddings = this.#embeddings(face.value.embeddings);
    return { ...analysis, face: { found: true, value: { ...face.value, embeddings } } };
  }

  #embeddings(embeddings: Embeddings): Embeddings {
    const turned: Partial<Record<keyof Embeddings, Float32Array>> = {};
    for (const model of EMBEDDING_MODELS) {
      const embedding = embeddings[model];
      if (embedding !== undefined) turned[model] = this.#turned(embedding);
    }
    return turned;
  }

  #turned(embedding: Float32Array): Float32Array {
    const size = 2 ** Math.ceil(Math.log2(embedding.length));
    const values = new Float64Array(size);
    values.set(embedding);
    for (const signs of this.#signsOf(size)) {
      for (let i = 0; i < size; i++) if (signs[i] & 1) values[i] = -values[i];
      hadamard(values);
    }
    return Float32Array.from(values);
  }

  #signsOf(size: number): readonly Uint8Array[] {
    let signs = this.#signs.get(size);
    if (signs === undefined) {
      signs = Array.from({ length: ROUNDS }, () => new Uint8Array(randomBytes(size)));
      this.#signs.set(size, signs);
    }
    return signs;
  }

  #nameOf(name: string): string {
    const known = this.#names.get(name) ?? `name ${this.#names.size + 1}`;
    this.#names.set(name, known);
    return known;
  }
}

/** The fast Walsh–Hadamard transform, scaled so that it is orthogonal. The length is a power of two. */
function hadamard(values: Float64Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [a, b] = [values[i], values[i + half]];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(values.length);
  for (let i = 0; i < values.length; i++) values[i] *= scale;
}
