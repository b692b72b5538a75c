import type { ModelId, PadModelId } from './ids.ts';
import type {
  BrowserAsset,
  BrowserAssetId,
  ImageInput,
  ModelSpec,
  Normalisation,
  PerChannel,
  SourceFile,
  SpecOf,
} from './model-spec.ts';

export type * from './model-spec.ts';

function humanModel(name: string, json: readonly [string, number], binary: readonly [string, number]) {
  const file = (extension: string, [sha256, bytes]: readonly [string, number]): SourceFile => ({
    sha256,
    bytes,
    from: { kind: 'package', packageName: '@vladmandic/human', path: `models/${name}.${extension}` },
  });
  return [file('json', json), file('bin', binary)];
}

function uniform(channelOrder: 'rgb' | 'bgr', scale: number, offset: number): Normalisation {
  return { channelOrder, scale: [scale, scale, scale], offset: [offset, offset, offset] };
}

function meanAndDeviation(
  channelOrder: 'rgb' | 'bgr',
  mean: PerChannel,
  deviation: PerChannel,
): Normalisation {
  const [m0, m1, m2] = mean;
  const [s0, s1, s2] = deviation;
  return { channelOrder, scale: [1 / s0, 1 / s1, 1 / s2], offset: [-m0 / s0, -m1 / s1, -m2 / s2] };
}

const MEDIAPIPE_LICENCE = {
  spdx: 'Apache-2.0',
  attribution: 'MediaPipe authors (Google); TensorFlow.js conversion by Vladimir Mandic',
  origin: 'https://github.com/google-ai-edge/mediapipe/blob/master/docs/solutions/models.md',
  trainedOn: 'in-house data of Google; see the model cards',
  restrictingData: null,
} as const;

const MINIFASNET_REPOSITORY =
  'https://raw.githubusercontent.com/minivision-ai/Silent-Face-Anti-Spoofing/b6d5f04ad78778917853b25c778acef6d5626d15';

const MINIFASNET_LICENCE = {
  spdx: 'Apache-2.0',
  attribution: 'Minivision Technology, Silent-Face-Anti-Spoofing',
  origin: 'https://github.com/minivision-ai/Silent-Face-Anti-Spoofing',
  trainedOn: 'not stated by its authors beyond the classes: live faces and two kinds of attack',
  restrictingData: null,
} as const;

function miniFasNet<Id extends PadModelId>(
  id: Id,
  fileName: string,
  sha256: string,
  bytes: number,
): SpecOf<Id, ImageInput> {
  const url = `${MINIFASNET_REPOSITORY}/resources/anti_spoof_models/${fileName}`;
  return {
    id,
    tier: 'full',
    sources: [{ sha256, bytes, from: { kind: 'download', url, fileName } }],
    conversion: { kind: 'minifasnet' },
    licence: MINIFASNET_LICENCE,
    input: { name: 'input', width: 80, height: 80, batch: 'dynamic', normalisation: uniform('bgr', 1, 0) },
    outputs: [
      {
        name: 'probabilities',
        shape: [3],
        meaning: 'softmax over: 0 two-dimensional attack, 1 bona fide, 2 other attack',
      },
    ],
    withoutIt: 'passive presentation-attack detection stays unmeasured',
  };
}

/** Every model by id. Facts about inputs and outputs come from the running models and their source code. */
export const MODEL_MANIFEST: { readonly [Id in ModelId]: ModelSpec<Id> } = {
  blazeface: {
    id: 'blazeface',
    tier: 'base',
    sources: humanModel(
      'blazeface',
      ['cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f', 79_038],
      ['dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72', 538_928],
    ),
    conversion: { kind: 'tfjs-graph', nodes: ['Identity', 'Identity_1', 'Identity_2', 'Identity_3'] },
    licence: MEDIAPIPE_LICENCE,
    input: {
      name: 'input',
      width: 256,
      height: 256,
      batch: 'dynamic',
      normalisation: uniform('rgb', 1 / 127.5, -1),
    },
    outputs: [
      {
        name: 'scores_16',
        shape: [512, 1],
        meaning: 'face logits, 16×16 cells of 16 px with 2 anchors each',
      },
      { name: 'scores_32', shape: [384, 1], meaning: 'face logits, 8×8 cells of 32 px with 6 anchors each' },
      {
        name: 'boxes_16',
        shape: [512, 16],
        meaning:
          'centre x, y from the anchor, width, height, then 6 keypoints x, y from the anchor; input pixels',
      },
      { name: 'boxes_32', shape: [384, 16], meaning: 'as boxes_16, for the cells of 32 px' },
    ],
    withoutIt: 'no face can be found',
  },
  facemesh: {
    id: 'facemesh',
    tier: 'base',
    sources: humanModel(
      'facemesh',
      ['b60ca26f404724f43bd2b1575761d8265180e1f053cc0731caa68462927309e7', 95_845],
      ['3826da640b0a3021161605369ee6af293f75d518040355b960ec71a3390c1c0b', 1_477_958],
    ),
    conversion: { kind: 'tfjs-graph', nodes: ['Identity_2', 'Identity_1'] },
    licence: MEDIAPIPE_LICENCE,
    input: {
      name: 'input',
      width: 192,
      height: 192,
      batch: 'dynamic',
      normalisation: uniform('rgb', 1 / 255, 0),
    },
    outputs: [
      {
        name: 'landmarks',
        shape: [1404],
        meaning: '468 × (x, y, z) in input pixels, z negative toward the camera',
      },
      { name: 'presence', shape: [1], meaning: 'probability that a face is there, 0..1 (sigmoid applied)' },
    ],
    withoutIt: 'no face can be followed',
  },
  iris: {
    id: 'iris',
    tier: 'base',
    sources: humanModel(
      'iris',
      ['49038ac9dcc09aa05474d91d98e9db5b47af4830929bcf102ed5a56bfbabb465', 122_025],
      ['d7f296d184274213d4642681ae186112cbbec77fd2ab066257d3c56a1940bc71', 2_599_092],
    ),
    conversion: { kind: 'tfjs-graph', nodes: ['Identity'] },
    licence: MEDIAPIPE_LICENCE,
    input: {
      name: 'input',
      width: 64,
      height: 64,
      batch: 'dynamic',
      normalisation: uniform('rgb', 1 / 255, 0),
    },
    outputs: [
      {
        name: 'landmarks',
        shape: [228],
        meaning:
          '76 × (x, y, z) in input pixels of an eye seen as the image-left one: ' +
          '0–8 lower lid, 9–15 upper lid, then brow, 71 iris centre, 72–75 iris edge',
      },
    ],
    withoutIt: 'eye opening cannot be measured',
  },
  faceres: {
    id: 'faceres',
    tier: 'base',
    sources: humanModel(
      'faceres',
      ['5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df', 71_432],
      ['2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b', 6_978_814],
    ),
    conversion: { kind: 'tfjs-graph', nodes: ['global_pooling/Mean'] },
    licence: {
      spdx: 'MIT',
      attribution:
        'HSE_FaceRec_tf by Andrey Savchenko, as shipped under MIT in @vladmandic/human; ' +
        'the original repository names no licence of its own',
      origin: 'https://github.com/av-savchenko/HSE_FaceRec_tf',
      trainedOn: 'VGGFace2, a research data set: check whether your use allows it',
      restrictingData: 'VGGFace2',
    },
    input: {
      name: 'input',
      width: 224,
      height: 224,
      batch: 'dynamic',
      normalisation: meanAndDeviation('bgr', [103.939, 116.779, 123.68], [1, 1, 1]),
    },
    outputs: [{ name: 'embedding', shape: [1024], meaning: 'identity embedding, not L2-normalised' }],
    withoutIt: 'identities cannot be compared',
  },
  dlib: {
    id: 'dlib',
    tier: 'base',
    sources: [
      {
        sha256: 'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b',
        bytes: 19_615,
        from: {
          kind: 'package',
          packageName: '@vladmandic/face-api',
          path: 'model/face_recognition_model-weights_manifest.json',
        },
      },
      {
        sha256: 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
        bytes: 6_444_032,
        from: {
          kind: 'package',
          packageName: '@vladmandic/face-api',
          path: 'model/face_recognition_model.bin',
        },
      },
    ],
    conversion: { kind: 'dlib-net' },
    licence: {
      spdx: 'CC0-1.0',
      attribution: 'dlib_face_recognition_resnet_model_v1 by Davis King; quantised for face-api by V. Mühler',
      origin: 'https://github.com/davisking/dlib-models',
      trainedOn: 'FaceScrub, VGG Face and images from the internet: about 3 million faces of 7 485 people',
      restrictingData: 'FaceScrub, VGG Face and images from the internet',
    },
    input: {
      name: 'input',
      width: 150,
      height: 150,
      batch: 'dynamic',
      normalisation: meanAndDeviation('rgb', [122.782, 117.001, 104.298], [255, 255, 255]),
    },
    outputs: [{ name: 'embedding', shape: [128], meaning: 'identity embedding, not L2-normalised' }],
    withoutIt: 'identities cannot be compared well',
  },
  mobilefacenet: {
    id: 'mobilefacenet',
    tier: 'full',
    sources: [
      {
        sha256: 'b7120c095d60094f28a4a54ba6a8bf51b297a6273fb40ef6350dfec1f63d9507',
        bytes: 3_998_070,
        from: {
          kind: 'download',
          url: 'https://raw.githubusercontent.com/foamliu/MobileFaceNet/a6cc9032a659b615f477833e1a70b5e7931bcccc/weights/MobileFaceNet.onnx',
          fileName: 'MobileFaceNet.onnx',
        },
      },
    ],
    conversion: { kind: 'none' },
    licence: {
      spdx: 'Apache-2.0',
      attribution: 'MobileFaceNet by foamliu (Yang Liu)',
      origin: 'https://github.com/foamliu/MobileFaceNet',
      trainedOn: 'MS-Celeb-1M, which its publisher has withdrawn: check whether your use allows it',
      restrictingData: 'MS-Celeb-1M, withdrawn by its publisher',
    },
    input: {
      name: 'input0',
      width: 112,
      height: 112,
      batch: 'one',
      normalisation: meanAndDeviation(
        'rgb',
        [0.485 * 255, 0.456 * 255, 0.406 * 255],
        [0.229 * 255, 0.224 * 255, 0.225 * 255],
      ),
    },
    outputs: [{ name: 'output0', shape: [128], meaning: 'identity embedding, not L2-normalised' }],
    withoutIt: 'identities are compared with the base models, at about four times the false non-match rate',
  },
  'minifasnet-v2': miniFasNet(
    'minifasnet-v2',
    '2.7_80x80_MiniFASNetV2.pth',
    'a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0',
    1_849_453,
  ),
  'minifasnet-v1se': miniFasNet(
    'minifasnet-v1se',
    '4_0_0_80x80_MiniFASNetV1SE.pth',
    '84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990',
    1_856_130,
  ),
  motion: {
    id: 'motion',
    tier: 'base',
    sources: [
      {
        sha256: 'c9126997c401298aaa04d5a8e49de273a8e6f428b9262fd21077a0d7aec44663',
        bytes: 17_258,
        from: { kind: 'repository', path: 'models/train/motion/motion.onnx' },
      },
    ],
    conversion: { kind: 'none' },
    licence: {
      spdx: 'Apache-2.0',
      attribution: 'veriframe, trained by `npm run train -- motion`',
      origin: 'models/train/motion',
      trainedOn:
        'simulated landmark streams only, fitted to statistics of real recordings; no recording itself',
      restrictingData: null,
    },
    input: { name: 'window', steps: 32, features: 17, batch: 'dynamic' },
    outputs: [
      { name: 'living', shape: [1], meaning: 'probability that the window shows living motion, 0..1' },
    ],
    withoutIt: 'living motion cannot be told from that of a photo',
  },
};

/** Licences that allow every use of the weights, at most with a notice of the authors' names. */
const PERMISSIVE_LICENCES: readonly string[] = ['Apache-2.0', 'MIT', 'CC0-1.0'];

/** Those models whose licence or training data may restrict their use. */
export function modelsWithRestrictions(ids: readonly ModelId[]): readonly ModelSpec[] {
  return ids
    .map((id): ModelSpec => MODEL_MANIFEST[id])
    .filter(
      ({ licence: { spdx, restrictingData } }) =>
        restrictingData !== null || !PERMISSIVE_LICENCES.includes(spdx),
    );
}

export const BROWSER_ASSETS: Readonly<Record<BrowserAssetId, BrowserAsset>> = {
  'face-landmarker': {
    id: 'face-landmarker',
    tier: 'full',
    fileName: 'face_landmarker.task',
    source: {
      sha256: '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff',
      bytes: 3_758_596,
      from: {
        kind: 'download',
        url: 'https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task',
        fileName: 'face_landmarker.task',
      },
    },
    licence: { ...MEDIAPIPE_LICENCE, attribution: 'MediaPipe authors (Google)' },
    withoutIt: 'the browser gives no local guidance before frames are sent',
  },
};
