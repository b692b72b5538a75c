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
