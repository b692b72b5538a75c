import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGallery, type Gallery } from '../../server/subjects/gallery/gallery.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { clusteredPeople, direction, reference } from './support.ts';

describe('gallery', () => {
  let gallery: Gallery;
  beforeEach(() => {
    gallery = createGallery();
  });
  afterEach(() => gallery.close());

  it('orders subjects by cosine similarity and returns it exactly', () => {
    gallery.add(reference('far', { dlib: direction(90) }));
    gallery.add(reference('near', { dlib: direction(10) }));
    gallery.add(reference('opposite', { dlib: direction(180) }));
    const found = gallery.search('door', { dlib: direction(0) }, 3);
    expect(found.map(({ subject }) => subject)).toEqual(['near', 'far', 'opposite']);
    expect(found[0].score).toBeCloseTo(Math.cos(Math.PI / 18), 6);
    expect(found[1].score).toBeCloseTo(0, 6);
    expect(found[2].score).toBeCloseTo(-1, 6);
    expect(gallery.search('door', { dlib: direction(0) }, 1)).toHaveLength(1);
  });

  it('counts a subject once, by its best reference', () => {
    [50, 5, 80].forEach((angle, index) =>
      gallery.add(reference('anna', { dlib: direction(angle) }, { referenceId: `${index}` })),
    );
    gallery.add(reference('ben', { dlib: direction(20) }));
    const found = gallery.search('door', { dlib: direction(0) }, 5);
    expect(found.map(({ subject }) => subject)).toEqual(['anna', 'ben']);
    expect(found[0].score).toBeCloseTo(Math.cos((5 * Math.PI) / 180), 6);
  });

  it('finds the next subject although one subject has very many nearer references', async () => {
    const { references, picture } = clusteredPeople('dlib', 16, 400, 5);
    await gallery.load(references);
    const probe = picture(0);
    const before = gallery.search('door', probe, 2).map(({ subject }) => subject);
    for (let copy = 0; copy < 300; copy++)
      gallery.add(reference('crowd', probe, { referenceId: `crowd ${copy}` }));
    const found = gallery.search('door', probe, 3);
    expect(found.map(({ subject }) => subject)).toEqual(['crowd', ...before]);
  });

  it('never shows a tenant the subjects of another', () => {
    gallery.add(reference('anna', { dlib: direction(0) }));
    gallery.add(reference('ben', { dlib: direction(0) }, { tenant: 'gate' }));
    expect(gallery.search('gate', { dlib: direction(0) }, 5).map(({ subject }) => subject)).toEqual(['ben']);
    expect(gallery.search('nowhere', { dlib: direction(0) }, 5)).toEqual([]);
    expect(gallery.removeSubject('gate', 'anna')).toBe(0);
    expect(gallery.size).toBe(2);
  });

  it('compares by the strongest model that probe and reference share, strongest first', () => {
    const [same, away] = [direction(0), direction(60)];
    gallery.add(reference('all', { faceres: away, dlib: away, mobilefacenet: same }));
    gallery.add(reference('base', { faceres: away, dlib: same }));
    gallery.add(reference('old', { faceres: same }));
    const models = (...probe: ('faceres' | 'dlib' | 'mobilefacenet')[]) =>
      gallery
        .search('door', Object.fromEntries(probe.map((model) => [model, same])), 5)
        .map(({ subject, model, score }) => `${subject} by ${model} ${score.toFixed(1)}`);
    expect(models('faceres', 'dlib', 'mobilefacenet')).toEqual([
      'all by mobilefacenet 1.0',
      'base by dlib 1.0',
      'old by faceres 1.0',
    ]);
    expect(models('faceres', 'dlib')).toEqual(['base by dlib 1.0', 'all by dlib 0.5', 'old by faceres 1.0']);
    expect(models('faceres')).toEqual(['old by faceres 1.0', 'all by faceres 0.5', 'base by faceres 0.5']);
    expect(models('mobilefacenet')).toEqual(['all by mobilefacenet 1.0']);
  });

  it('does not repeat by a weaker model a subject that a stronger one found', () => {
    gallery.add(reference('anna', { faceres: direction(0) }, { referenceId: 'old' }));
    gallery.add(reference('anna', { mobilefacenet: direction(30) }, { referenceId: 'new' }));
    const found = gallery.search('door', { faceres: direction(0), mobilefacenet: direction(0) }, 5);
    expect(found.map(({ subject, model }) => [subject, model])).toEqual([['anna', 'mobilefacenet']]);
  });

  it('adds a reference only once', async () => {
    const anna = reference('anna', { dlib: direction(0) });
    expect(gallery.add(anna)).toBe(true);
    expect(gallery.add(anna)).toBe(false);
    expect(await gallery.load([anna, reference('ben', { dlib: direction(1) })])).toBe(1);
    expect(gallery.size).toBe(2);
  });

  it('keeps its own copy and does not change the caller’s', () => {
    const vector = direction(0);
    gallery.add(reference('anna', { dlib: vector }));
    vector.fill(0);
    expect(gallery.search('door', { dlib: direction(0) }, 1)[0].score).toBeCloseTo(1, 6);
    const kept = direction(40);
    gallery.add(reference('ben', { dlib: kept }));
    gallery.removeSubject('door', 'ben');
    expect(kept).toEqual(direction(40));
  });

  it('does not find a removed subject, and can add it again', () => {
    for (const referenceId of ['1', '2'])
      gallery.add(reference('anna', { dlib: direction(0), faceres: direction(0) }, { referenceId }));
    gallery.add(reference('ben', { dlib: direction(90), faceres: direction(90) }));
    expect(gallery.removeSubject('door', 'anna')).toBe(2);
    expect(gallery.removeSubject('door', 'anna')).toBe(0);
    const subjects = () => gallery.search('door', { dlib: direction(0) }, 5).map(({ subject }) => subject);
    expect(subjects()).toEqual(['ben']);
    gallery.add(reference('anna', { dlib: direction(0) }, { referenceId: '1' }));
    expect(subjects()).toContain('anna');
  });

  it('does not add a subject that was removed while a load still brings its references', async () => {
    async function* pages() {
      yield reference('ben', { dlib: direction(10) });
      gallery.removeSubject('door', 'anna');
      yield reference('anna', { dlib: direction(0) });
    }
    expect(await gallery.load(pages())).toBe(1);
    expect(gallery.search('door', { dlib: direction(0) }, 5).map(({ subject }) => subject)).toEqual(['ben']);
  });

  it('compares only embeddings of equal length, since another version of a model may have another length', () => {
    gallery.add(reference('old', { dlib: direction(0), faceres: direction(30) }));
    gallery.add(reference('new', { dlib: direction(0, 16) }));
    const found = (probe: Embeddings) => gallery.search('door', probe, 5).map(({ subject }) => subject);
    expect(found({ dlib: direction(0) })).toEqual(['old']);
    expect(found({ dlib: direction(0, 16) })).toEqual(['new']);
    expect(found({ dlib: direction(0, 16), faceres: direction(30) })).toEqual(['new', 'old']);
  });

  it.each([
    ['that is not normalised', { dlib: new Float32Array(8).fill(1) }, 'gallery.unfit_embeddings'],
    ['with NaN', { dlib: new Float32Array(8).fill(NaN) }, 'gallery.unfit_embeddings'],
    ['of length 0', { dlib: new Float32Array(0) }, 'gallery.unfit_embeddings'],
  ])('refuses an embedding %s, as reference and as probe', (_, embeddings, code) => {
    gallery.add(reference('anna', { dlib: direction(0) }));
    const failing = expect.objectContaining({ code });
    expect(() => gallery.add(reference('ben', embeddings))).toThrow(failing);
    expect(() => gallery.search('door', embeddings, 1)).toThrow(failing);
    expect(gallery.size).toBe(1);
    expect(gallery.search('door', { dlib: direction(0) }, 5)).toHaveLength(1);
  });

  it('throws gallery.closed after close', () => {
    gallery.close();
    gallery.close();
    const closed = expect.objectContaining({ code: 'gallery.closed' });
    expect(() => gallery.add(reference('anna', { dlib: direction(0) }))).toThrow(closed);
    expect(() => gallery.search('door', { dlib: direction(0) }, 1)).toThrow(closed);
    expect(gallery.size).toBe(0);
  });
});
