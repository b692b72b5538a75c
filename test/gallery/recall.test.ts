import Database from 'better-sqlite3';
import * as sqliteVec from 'sqlite-vec';
import { describe, expect, it } from 'vitest';
import type { EmbeddingModelId } from '../../models/ids.ts';
import { createGallery } from '../../server/gallery/gallery.ts';
import { BITS_FROM_COMPONENTS, EVERY_VECTOR_UP_TO, VectorIndex } from '../../server/gallery/vector-index.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { clusteredPeople } from './support.ts';

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, axis) => sum + value * b[axis], 0);

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

  it('has recall@1 = 1 with bits, before and after it doubled', async () => {
    const people = Math.ceil((2.2 * BITS_FROM_COMPONENTS) / 1024);
    const { references, picture } = clusteredPeople('faceres', 1024, people, 12);
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

  it('changes its form with its size, back only well below, and keeps answering', () => {
    const database = emptyDatabase();
    const { references } = clusteredPeople('dlib', 512, 4000, 13);
    const index = new VectorIndex(database, 'i', 512);
    const forms: string[] = [];
    const note = () => {
      if (forms.at(-1) !== `${index.form}`) forms.push(index.form);
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
    for (let id = references.length - 1; id > 0; id--) {
      index.remove(id);
      note();
      if (id % 500 === 0) check(id >> 1);
      if (index.size === Math.ceil((0.75 * BITS_FROM_COMPONENTS) / 512)) expect(index.form).toBe('bit');
      if (index.size === EVERY_VECTOR_UP_TO) expect(index.form).toBe('float');
    }
    expect(forms).toEqual(['every-vector', 'float', 'bit', 'float', 'every-vector']);
    database.close();
  });

  it('keeps no byte of a removed vector in the table', () => {
    const database = emptyDatabase();
    const { references } = clusteredPeople('dlib', 128, 300, 14);
    const index = new VectorIndex(database, 'i', 128);
    references.forEach(({ subject, embeddings }, id) => index.add(id, subject, embeddings.dlib!));
    const bytesOf = (id: number) => Buffer.from(references[id].embeddings.dlib!.buffer);
    expect(database.serialize().includes(bytesOf(7))).toBe(true);
    index.remove(7);
    expect(database.serialize().includes(bytesOf(7))).toBe(false);
    expect(database.serialize().includes(bytesOf(8))).toBe(true);
    database.close();
  });
});
