import { BROWSER_ASSETS, MODEL_MANIFEST } from '../../models/manifest.ts';
import type { BrowserAssetId, Licence, SourceFile, Tier } from '../../models/model-spec.ts';
import type { ModelId } from '../../models/ids.ts';
import { table } from './table.ts';

interface Row {
  readonly id: string;
  readonly tier: Tier;
  readonly sources: readonly SourceFile[];
  readonly licence: Licence;
  readonly withoutIt: string;
}

/**
 * What licence and training data say about commercial use, and what they leave open. One entry for each set of weights:
 * the compiler refuses one without words.
 */
export const COMMERCIAL_USE: Readonly<Record<ModelId | BrowserAssetId, string>> = {
  blazeface: 'The licence allows it. Who is in the training pictures, and by what consent, is not published.',
  facemesh: 'The licence allows it. Who is in the training pictures, and by what consent, is not published.',
  iris: 'The licence allows it. Who is in the training pictures, and by what consent, is not published.',
  faceres:
    'Unclear. The package that carries the weights says MIT; the original repository names no licence. VGGFace2 was published under CC BY-SA 4.0; whether share-alike reaches weights is not settled. The people in it were not asked.',
  dlib: 'The author gave the weights to the public domain. FaceScrub and VGG Face were collected for research; the other pictures are from the internet. Whether their terms reach weights is not settled. The people in them were not asked.',
  mobilefacenet:
    'Unclear. The licence of the weights allows it. MS-Celeb-1M was given out for non-commercial research and withdrawn by its publisher; the people in it were not asked.',
  'minifasnet-v2':
    'The licence allows it. The data were collected by the author and are not published; by what consent is unknown.',
  'minifasnet-v1se':
    'The licence allows it. The data were collected by the author and are not published; by what consent is unknown.',
  motion:
    'The licence allows it. No picture of a person was used; the statistics are from recordings of few people.',
  'face-landmarker':
    'The licence allows it. Who is in the training pictures, and by what consent, is not published.',
};

function fromOf({ sources }: Row): string {
  const places = sources.map(({ from }) => {
    switch (from.kind) {
      case 'package':
        return `npm package \`${from.packageName}\``;
      case 'repository':
        return 'this repository';
      case 'download':
        return `download of \`${from.fileName}\``;
    }
  });
  return [...new Set(places)].join(', ');
}

const originOf = (origin: string) => (origin.startsWith('http') ? `<${origin}>` : `\`${origin}\``);

/** Every set of weights with its licence, its training data, and what is known of commercial use. */
export function modelTable(): string {
  const rows: readonly Row[] = [
    ...Object.values(MODEL_MANIFEST),
    ...Object.values(BROWSER_ASSETS).map((asset) => ({ ...asset, sources: [asset.source] })),
  ];
  const uses: Readonly<Record<string, string>> = COMMERCIAL_USE;
  return table(
    ['model', 'tier', 'from', 'made by', 'licence', 'trained on', 'commercial use', 'without it'],
    rows.map((row) => [
      `\`${row.id}\``,
      row.tier,
      fromOf(row),
      `${row.licence.attribution}: ${originOf(row.licence.origin)}`,
      row.licence.spdx,
      row.licence.trainedOn,
      uses[row.id] ?? '',
      row.withoutIt,
    ]),
  );
}
