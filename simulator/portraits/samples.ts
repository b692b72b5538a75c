import path from 'node:path';
import { installedPackage } from '../../models/package-root.ts';
import type { PortraitSource } from './portrait.ts';

const photo = (name: string) => path.join(installedPackage('@vladmandic/face-api'), 'demo', name);

/**
 * Faces in the photos that come with `@vladmandic/face-api` that make good puppets: open eyes, nearly frontal,
 * 92 px and more between the eyes, nobody else close by.
 */
export const SAMPLE_PORTRAITS = {
  first: {
    image: photo('sample6.jpg'),
    faceAt: { x: 353, y: 644 },
    within: { x: 0, y: 0, width: 625, height: 1537 },
  },
  second: {
    image: photo('sample3.jpg'),
    faceAt: { x: 691, y: 485 },
    within: { x: 380, y: 0, width: 620, height: 1350 },
  },
  third: {
    image: photo('sample3.jpg'),
    faceAt: { x: 1189, y: 382 },
    within: { x: 930, y: 0, width: 560, height: 1350 },
  },
} as const satisfies Record<string, PortraitSource>;

/**
 * Those and further ones, turned and lit in other ways, that a person can be made of: half of a face is enough. Left out
 * are faces whose drawn blinks the server's eyes miss now and then.
 */
export const PERSON_PORTRAITS = {
  ...SAMPLE_PORTRAITS,
  fourth: {
    image: photo('sample3.jpg'),
    faceAt: { x: 1570, y: 458 },
    within: { x: 1400, y: 0, width: 520, height: 1350 },
  },
  fifth: {
    image: photo('sample6.jpg'),
    faceAt: { x: 777, y: 498 },
    within: { x: 600, y: 0, width: 400, height: 1537 },
  },
} as const satisfies Record<string, PortraitSource>;
