import { describe, expect, it } from 'vitest';
import { arcFaceMatrix } from '../../server/vision/align.ts';
import { BLAZEFACE, blazeFaceAnchors } from '../../server/vision/blazeface.ts';
import { byProminence } from '../../server/vision/detect.ts';
import { normalise } from '../../server/vision/embed.ts';
import { invert, transform } from '../../server/vision/geometry.ts';
import { decodeEyes } from '../../server/vision/iris.ts';
import { LANDMARK, LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { regionFromMesh } from '../../server/vision/mesh.ts';
import { outputOfSize, type Tensor } from '../../server/vision/model-runner.ts';
import { padMatrix } from '../../server/vision/pad.ts';
import { headPose } from '../../server/vision/pose.ts';

const RADIANS = Math.PI / 180;

/** Forehead, chin and cheeks of an upright face looking into the camera, turned as given, in the mesh's axes. */
function turnedFace(yawDeg: number, pitchDeg: number, rollDeg: number): Float32Array {
  const landmarks = new Float32Array(LANDMARK_COUNT * 3);
  const place = (index: number, x: number, y: number, z: number) => {
    const [p, q, r] = [pitchDeg * RADIANS, yawDeg * RADIANS, rollDeg * RADIANS];
    const [x1, y1] = [x * Math.cos(r) - y * Math.sin(r), x * Math.sin(r) + y * Math.cos(r)];
    const [y2, z2] = [y1 * Math.cos(p) - z * Math.sin(p), y1 * Math.sin(p) + z * Math.cos(p)];
    landmarks.set(
      [x1 * Math.cos(q) - z2 * Math.sin(q) + 320, y2 + 240, x1 * Math.sin(q) + z2 * Math.cos(q)],
      3 * index,
    );
  };
  place(LANDMARK.foreheadTop, 0, -80, 5);
  place(LANDMARK.chin, 0, 80, 5);
  place(LANDMARK.cheekEdgeLeft, -60, 0, 40);
  place(LANDMARK.cheekEdgeRight, 60, 0, 40);
  return landmarks;
}

function tensor(data: Float32Array, width: number) {
  return { dims: [1, data.length / width, width], data };
}

/** One eye in the iris network's output: 40 wide, its lids `opening` apart. */
function eye(opening: number): Float32Array {
  const values = new Float32Array(228);
  values.set([0, 50], 0);
  values.set([40, 50], 3 * 8);
  for (let i = 0; i < 7; i++) {
    values.set([5 * i, 50], 3 * (1 + i));
    values.set([5 * i, 50 - opening], 3 * (9 + i));
  }
  return values;
}

describe('head pose', () => {
  it('returns the angles by which a face was turned', () => {
    for (const yawDeg of [-40, -10, 0, 25]) {
      for (const pitchDeg of [-30, 0, 20]) {
        const pose = headPose(turnedFace(yawDeg, pitchDeg, 0));
        expect(pose.yawDeg).toBeCloseTo(yawDeg, 3);
        expect(pose.pitchDeg).toBeCloseTo(pitchDeg, 3);
        expect(pose.rollDeg).toBeCloseTo(0, 3);
      }
    }
    expect(headPose(turnedFace(0, 0, 35)).rollDeg).toBeCloseTo(35, 3);
    expect(headPose(turnedFace(15, 0, -20)).yawDeg).toBeCloseTo(15, 3);
  });

  it('is positive in yaw for a nose toward image right, and in pitch for a nose down', () => {
    const towardRight = turnedFace(30, 0, 0);
    // Then the right cheek is farther away: z grows away from the camera.
    expect(towardRight[3 * LANDMARK.cheekEdgeRight + 2]).toBeGreaterThan(
      towardRight[3 * LANDMARK.cheekEdgeLeft + 2],
    );
    expect(headPose(towardRight).yawDeg).toBeGreaterThan(0);
    const down = turnedFace(0, 30, 0);
    expect(down[3 * LANDMARK.foreheadTop + 2]).toBeLessThan(down[3 * LANDMARK.chin + 2]);
    expect(headPose(down).pitchDeg).toBeGreaterThan(0);
  });
});

const detectionsIn = (outputs: readonly Tensor[], side: number) =>
  byProminence(BLAZEFACE.decode(outputs, BLAZEFACE.input.placement(side, side)), side, side);

describe('BlazeFace', () => {
  it('has 896 anchors: two per cell of the fine grid, six per cell of the coarse one', () => {
    const anchors = blazeFaceAnchors();
    expect(anchors.length).toBe(896 * 2);
    expect([...anchors.subarray(0, 6)]).toEqual([8, 8, 8, 8, 24, 8]);
    expect([...anchors.subarray(1024, 1038)]).toEqual([...Array<number>(12).fill(16), 48, 16]);
  });

  it('centres the picture in the square, with bars along the shorter side', () => {
    const matrix = BLAZEFACE.input.placement(640, 480);
    expect(transform(matrix, 128, 128)).toEqual({ x: 320, y: 240 });
    expect(transform(matrix, 0, 0)).toEqual({ x: 0, y: -80 });
  });

  it('decodes boxes from logits, drops overlapping ones, and ranks them by score, size and place', () => {
    const logits = { fine: new Float32Array(512).fill(-9), coarse: new Float32Array(384).fill(-9) };
    const boxes = { fine: new Float32Array(512 * 16), coarse: new Float32Array(384 * 16) };
    const put = (i: number, logit: number, size: number) => {
      logits.fine[i] = logit;
      boxes.fine.set([1, 2, size, size, 10, 20], i * 16);
    };
    put(0, 3, 20);
    put(1, 2, 21);
    put(200, 2, 60);
    const outputs = [
      tensor(boxes.coarse, 16),
      tensor(logits.fine, 1),
      tensor(logits.coarse, 1),
      tensor(boxes.fine, 16),
    ];
    const found = detectionsIn(outputs, 512);
    expect(found.map(({ box }) => box.width)).toEqual([120, 40]);
    expect(found[1].score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
    expect(found[1].box).toEqual({ x: 2 * 9 - 20, y: 2 * 10 - 20, width: 40, height: 40 });
    expect(found[1].leftEye).toEqual({ x: 2 * (10 + 8), y: 2 * (20 + 8) });
  });

  it('ranks the face in the middle above a slightly larger one at the side, but not above one twice as large', () => {
    const [side, middle] = [7 * 32 + 1, 7 * 32 + 15];
    const sizesAt = (sideSize: number, middleSize: number) => {
      const fine = new Float32Array(512).fill(-9);
      const boxes = new Float32Array(512 * 16);
      for (const [i, size] of [
        [side, sideSize],
        [middle, middleSize],
      ]) {
        fine[i] = 2;
        boxes.set([0, 0, size, size], i * 16);
      }
      const outputs = [
        tensor(fine, 1),
        tensor(boxes, 16),
        tensor(new Float32Array(384).fill(-9), 1),
        tensor(new Float32Array(384 * 16), 16),
      ];
      return detectionsIn(outputs, 256).map(({ box }) => box.width);
    };
    expect(sizesAt(40, 32)).toEqual([32, 40]);
    expect(sizesAt(68, 32)).toEqual([68, 32]);
  });

  it('finds an output by its size, in any order', () => {
    const outputs = [
      { dims: [1, 3], data: new Float32Array(3) },
      { dims: [1, 2], data: new Float32Array(2) },
    ];
    expect(outputOfSize(outputs, 2)).toBe(outputs[1].data);
    expect(() => outputOfSize(outputs, 5)).toThrow('no output of 5 values');
  });
});

describe('eyes', () => {
  it('measures the mean lid distance over the eye width of each eye', () => {
    const data = new Float32Array(456);
    data.set(eye(8), 0);
    data.set(eye(4), 228);
    const { imageLeft, imageRight } = decodeEyes([{ dims: [2, 1, 1, 228], data }]);
    expect(imageLeft).toBeCloseTo(0.2, 6);
    expect(imageRight).toBeCloseTo(0.1, 6);
  });
});

describe('crops of the face', () => {
  it('are squares about the centre of a turned mesh, of 1.5 × its size', () => {
    const landmarks = new Float32Array(LANDMARK_COUNT * 3);
    const angleRad = 0.3;
    const place = (index: number, u: number, v: number) => {
      landmarks[3 * index] = 200 + u * Math.cos(angleRad) - v * Math.sin(angleRad);
      landmarks[3 * index + 1] = 100 + u * Math.sin(angleRad) + v * Math.cos(angleRad);
    };
    for (let i = 0; i < LANDMARK_COUNT; i++) place(i, 0, 0);
    place(LANDMARK.leftEyeOuter, -30, 0);
    place(LANDMARK.rightEyeOuter, 30, 0);
    place(LANDMARK.foreheadTop, 0, -40);
    place(LANDMARK.chin, 0, 60);
    const region = regionFromMesh(landmarks);
    expect(region.angleRad).toBeCloseTo(angleRad, 5);
    expect(region.size).toBeCloseTo(150, 3);
    expect(region.centreX).toBeCloseTo(200 - 10 * Math.sin(angleRad), 3);
    expect(region.centreY).toBeCloseTo(100 + 10 * Math.cos(angleRad), 3);
  });

  it('map a face that fits the template exactly onto it', () => {
    const landmarks = new Float32Array(LANDMARK_COUNT * 3);
    const place = (indices: number[], x: number, y: number) => {
      for (const index of indices) landmarks.set([3 * x + 50, 3 * y + 20, 0], 3 * index);
    };
    place([LANDMARK.leftEyeInner, LANDMARK.leftEyeOuter], 38.2946, 51.6963);
    place([LANDMARK.rightEyeInner, LANDMARK.rightEyeOuter], 73.5318, 51.5014);
    place([LANDMARK.noseTip], 56.0252, 71.7366);
    place([LANDMARK.mouthLeft], 41.5493, 92.3655);
    place([LANDMARK.mouthRight], 70.7299, 92.2041);
    const chip = invert(arcFaceMatrix(landmarks, 112, 1));
    const nose = transform(chip, 3 * 56.0252 + 50, 3 * 71.7366 + 20);
    expect(nose.x).toBeCloseTo(56.0252, 3);
    expect(nose.y).toBeCloseTo(71.7366, 3);
    const zoomed = invert(arcFaceMatrix(landmarks, 224, 1.1));
    expect(transform(zoomed, 3 * 56 + 50, 3 * 56 + 20).x).toBeCloseTo(112, 2);
  });

  it('for attack detection stay inside the picture', () => {
    const [width, , x, , height, y] = padMatrix(
      'minifasnet-v1se',
      { x: 500, y: 10, width: 120, height: 160 },
      640,
      480,
    );
    // The picture allows 479 / 160 ≈ 2.99 of the 4 it was trained with.
    expect(80 * height).toBeCloseTo(479, 6);
    expect(80 * width).toBeCloseTo((120 * 479) / 160, 6);
    expect(x + 80 * width).toBeLessThanOrEqual(640);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + 80 * height).toBeLessThanOrEqual(480);
  });

  it('give normalised embeddings, and refuse one of length 0', () => {
    expect([...normalise(Float32Array.of(3, 4))]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(() => normalise(new Float32Array(4))).toThrow(RangeError);
    expect(() => normalise(Float32Array.of(1, Number.NaN))).toThrow(RangeError);
  });
});
