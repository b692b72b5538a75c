import Database from 'better-sqlite3';
import * as sqliteVec from 'sqlite-vec';
import { describe, expect, it } from 'vitest';
import type { EmbeddingModelId } from '../../models/ids.ts';
import { createGallery } from '../../server/subjects/gallery/gallery.ts';
import {
  BITS_FROM_COMPONENTS,
  EVERY_VECTOR_UP_TO,
  VectorIndex,
} from '../../server/subjects/gallery/vector-index.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { clusteredPeople } from './support.ts';

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) sum += a[axis] * b[axis];
  return sum;
}

function bruteForce(
  references: readonly { subject: string; embeddings: Embeddings }[],
  model: EmbeddingModelId,
  probe: Embeddings,
) {
  return references
    .map(({ subject, embeddings }) => ({ subject, score: dot(embeddings[model]!, probe[model]!) }))
    .toSorted((a, b) => b.score - a.score);
}

function emptyDatabase() {
  const database = new Database(':memory:');
  sqliteVec.load(database);
  return database;
}

describe('gallery recall against brute force', () => {
  it.each([
    ['every vector', 'dlib', 128, 200],
    ['float32', 'dlib', 128, 1500],
    ['float32', 'faceres', 1024, 600],
  ] as const)('is exact with %s (%s, %i dimensions, %i people)', async (_, model, dimensions, people) => {
    const { references, picture } = clusteredPeople(model, dimensions, people, 11);
    const gallery = createGallery();
    await gallery.load(references);
    for (let index = 0; index < people; index += people / 20) {
      const probe = picture(index);
      const expected = bruteForce(references, model, probe).slice(0, 5);
      const found = gallery.search('door', probe, 5);
      expect(found.map(({ subject }) => subject)).toEqual(expected.map(({ subject }) => subject));
      found.forEach(({ score }, rank) => expect(score).toBeCloseTo(expected[rank].score, 5));
    }
    gallery.close();
  });

  it('has recall@1 = 1 with bits, on noisy vectors far off centre, after the number of vectors doubled', async () => {
    const people = Math.ceil((2.2 * BITS_FROM_COMPONENTS) / 1024);
    const { references, picture } = clusteredPeople('faceres', 1024, people, 12, {
      offCentre: 8,
      noise: 1,
    });
    const gallery = createGallery();
    const half = people >> 1;
    await gallery.load(references.slice(0, half));
    await gallery.load(references.slice(half));
    for (let index = 0; index < people; index += Math.floor(people / 25)) {
      const probe = picture(index);
      const [expected] = bruteForce(references, 'faceres', probe);
      const [found] = gallery.search('door', probe, 5);
      expect(found.subject).toBe(expected.subject);
      expect(found.score).toBeCloseTo(expected.score, 5);
    }
    gallery.close();
  });

  it('changes its form as it grows, changes back only well below the limit, and finds vectors throughout', () => {
    const database = emptyDatabase();
    const { references } = clusteredPeople('dlib', 512, 4000, 13);
    const index = new VectorIndex(database, 'i', 512);
    const forms: string[] = [];
    const note = () => {
      if (forms.at(-1) !== index.form) forms.push(index.form);
    };
    const check = (at: number) => {
      const [found] = index.search(references[at].embeddings.dlib!, 1);
      expect(found.subject).toBe(references[at].subject);
      expect(found.score).toBeCloseTo(1, 6);
    };
    references.forEach(({ subject, embeddings }, id) => {
      index.add(id, subject, embeddings.dlib!);
      note();
      if (id % 500 === 0) check(id);
    });
    expect(forms).toEqual(['every-vector', 'float', 'bit']);
    const removeDownTo = (size: number) => {
      while (index.size > size) {
        index.remove(index.size - 1);
        note();
      }
      check(size >> 1);
      return index.form;
    };
    expect(removeDownTo(Math.ceil((0.75 * BITS_FROM_COMPONENTS) / 512))).toBe('bit');
    expect(removeDownTo(EVERY_VECTOR_UP_TO)).toBe('float');
    expect(removeDownTo(1)).toBe('every-vector');
    expect(forms).toEqual(['every-vector', 'float', 'bit', 'float', 'every-vector']);
    database.close();
  });

  it('fills a table in small steps, and subjects removed meanwhile are in neither table', () => {
    const database = emptyDatabase();
    const writes: number[] = [];
    const rowsWritten = () => database.prepare<[], number>('SELECT total_changes()').pluck().get() ?? 0;
    const people = Math.ceil(BITS_FROM_COMPONENTS / 1024);
    const { references } = clusteredPeople('faceres', 1024, people + 100, 15);
    const index = new VectorIndex(database, 'i', 1024);
    const add = (id: number, bulk = false) =>
      index.add(id, references[id].subject, references[id].embeddings.faceres!, bulk);
    for (let id = 0; id < people - 1; id++) add(id, true);
    index.finishBulk();
    const left = [0, 700, people - 2];
    for (let id = people - 1; index.form === 'float'; id++) {
      const before = rowsWritten();
      add(id);
      writes.push(rowsWritten() - before);
      if (id === people + 9) for (const one of left) index.remove(one);
      expect(index.search(references[id].embeddings.faceres!, 1)[0].subject).toBe(references[id].subject);
    }
    expect(writes.length).toBeGreaterThan(20);
    expect(Math.max(...writes)).toBeLessThan(2 * writes[0]);
    for (const one of left) {
      const found = index.search(references[one].embeddings.faceres!, 5).map(({ subject }) => subject);
      expect(found).not.toContain(references[one].subject);
    }
    for (const one of [1, 699, people])
      expect(index.search(references[one].embeddings.faceres!, 1)[0].subject).toBe(references[one].subject);
    database.close();
  });

  it('keeps no byte of a removed vector in the table', () => {
    const database = emptyDatabase();
    const { references } = clusteredPeople('dlib', 128, 300, 14);
    const index = new VectorIndex(database, 'i', 128);
    references.forEach(({ subject, embeddings }, id) => index.add(id, subject, embeddings.dlib!));
    const share = (id: number) => {
      const bytes = Buffer.from(references[id].embeddings.dlib!.buffer);
      const pieces = Array.from({ length: 32 }, (_, piece) => bytes.subarray(piece * 16, piece * 16 + 16));
      const image = database.serialize();
      return pieces.filter((piece) => image.includes(piece)).length / 32;
    };
    expect(share(7)).toBeGreaterThan(0.9);
    index.remove(7);
    expect(share(7)).toBe(0);
    expect(share(8)).toBeGreaterThan(0.9);
    database.close();
  });
});
