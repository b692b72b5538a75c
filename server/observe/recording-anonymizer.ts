import { randomBytes } from 'node:crypto';
import { EMBEDDING_MODELS } from '../../models/ids.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Reference } from '../matching/reference.ts';
import type { Embeddings } from '../vision/analysis.ts';

/** How many times random signs and a Walsh–Hadamard transform are applied. */
const ROUNDS = 3;

/**
 * Anonymises a session's events for a recording: it removes subject ids and the time of day, and rotates embeddings.
 * Each embedding is multiplied by a random orthogonal matrix, which is not stored. A session has one matrix, so its
 * cosines stay as they were. Another session has another matrix, so embeddings of two sessions cannot be compared. The
 * matrix is H·D3·H·D2·H·D1 with random signs D and the normalised Hadamard matrix H (Yu et al., Orthogonal Random
 * Features, NIPS 2016). Embeddings are first padded with zeros to a power of two.
 */
export class RecordingAnonymizer {
  readonly #startMs: number;
  readonly #signs = new Map<number, readonly Uint8Array[]>();
  readonly #nameById = new Map<string, string>();

  /** @param startMs server time from which the recording counts its times */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  anonymize(event: SessionEvent): SessionEvent {
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
          ? { ...event, atMs, reference: this.#namesOf(event.reference) }
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
      case 'possession':
      case 'signed':
      case 'chain-broken':
      case 'attested':
      case 'deadline':
      case 'bye':
      case 'disconnected':
        return { ...event, atMs };
    }
  }

  #reference({ embeddings, ...identity }: Reference): Reference {
    return { ...this.#namesOf(identity), embeddings: this.#embeddings(embeddings) };
  }

  #namesOf({ subject, referenceId }: Omit<Reference, 'embeddings'>): Omit<Reference, 'embeddings'> {
    return { subject: this.#nameOf(subject), referenceId: this.#nameOf(referenceId) };
  }

  #analysis(analysis: Extract<SessionEvent, { type: 'analyzed' }>['analysis']): typeof analysis {
    const { face } = analysis;
    if (!face.found || face.value.embeddings === undefined) return analysis;
    const embeddings = this.#embeddings(face.value.embeddings);
    return { ...analysis, face: { found: true, value: { ...face.value, embeddings } } };
  }

  #embeddings(embeddings: Embeddings): Embeddings {
    const rotated: Partial<Record<keyof Embeddings, Float32Array>> = {};
    for (const model of EMBEDDING_MODELS) {
      const embedding = embeddings[model];
      if (embedding !== undefined) rotated[model] = this.#rotated(embedding);
    }
    return rotated;
  }

  #rotated(embedding: Float32Array): Float32Array {
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
    const known = this.#nameById.get(name) ?? `name ${this.#nameById.size + 1}`;
    this.#nameById.set(name, known);
    return known;
  }
}

/** The fast Walsh–Hadamard transform in place, scaled so that it is orthogonal. The length is a power of two. */
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
