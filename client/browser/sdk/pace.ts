/** Rate, quality and size of the sent frames. They are adapted whenever credit comes back. */
export interface Pace {
  readonly framesPerSecond: number;
  /** Encoder quality, 0..1. */
  readonly quality: number;
  /** Size of the sent picture relative to the camera's, along one side. */
  readonly scale: number;
  /** Smoothed time from sending a frame to its credit; null until the first comes back. */
  readonly roundTripMs: number | null;
  readonly changedAtMs: number;
}

/** What is known when the credit of a frame returns. */
interface PaceSample {
  readonly roundTripMs: number;
  /** Bytes that the socket has not sent yet. A backlog shows that the network is slow, not the server. */
  readonly backlogBytes: number;
  /** Size of the last frame. */
  readonly frameBytes: number;
}

/**
 * Share of the announced rate that is used. The server refuses frames above that rate, and the margin absorbs jitter.
 */
const RATE_HEADROOM = 0.95;
const MOST_FRAMES_PER_SECOND = 30;
/**
 * A blink lasts 100 to 150 ms. Below this rate it may fall between two frames, so the rate drops below it only as a
 * last resort.
 */
const BLINK_FRAMES_PER_SECOND = 15;
const FEWEST_FRAMES_PER_SECOND = 5;
const BEST_QUALITY = 0.85;
const WORST_QUALITY = 0.5;
const SMALLEST_SCALE = 0.6;
const QUICK_ROUND_TRIP_MS = 300;
const SLOW_ROUND_TRIP_MS = 600;
const SMOOTHING = 0.2;
const PAUSE_BEFORE_WORSE_MS = 400;
const PAUSE_BEFORE_BETTER_MS = 1_000;

const fastest = (maxFramesPerSecond: number) =>
  Math.min(MOST_FRAMES_PER_SECOND, maxFramesPerSecond * RATE_HEADROOM);

/** The pace before the first measurement. */
export function startPace(maxFramesPerSecond: number, nowMs: number): Pace {
  return {
    framesPerSecond: fastest(maxFramesPerSecond),
    quality: 0.8,
    scale: 1,
    roundTripMs: null,
    changedAtMs: nowMs,
  };
}

/**
 * The pace after one more credit. A backlog in the socket reduces first the rate down to the blink rate, then quality,
 * then size, then the rate further. A slow answer without a backlog means a queue at the server and reduces only the
 * rate. The pace recovers in the reverse order, more slowly than it was reduced.
 */
export function adaptPace(pace: Pace, sample: PaceSample, maxFramesPerSecond: number, nowMs: number): Pace {
  const roundTripMs =
    pace.roundTripMs === null
      ? sample.roundTripMs
      : pace.roundTripMs + SMOOTHING * (sample.roundTripMs - pace.roundTripMs);
  const sinceChangeMs = nowMs - pace.changedAtMs;
  const linkIsSlow = sample.backlogBytes > sample.frameBytes;
  const measured = { ...pace, roundTripMs };

  if (linkIsSlow || roundTripMs > SLOW_ROUND_TRIP_MS) {
    if (sinceChangeMs < PAUSE_BEFORE_WORSE_MS) return measured;
    return { ...measured, ...(linkIsSlow ? lighter(pace) : slower(pace)), changedAtMs: nowMs };
  }
  if (roundTripMs > QUICK_ROUND_TRIP_MS || sinceChangeMs < PAUSE_BEFORE_BETTER_MS) return measured;
  return { ...measured, ...richer(pace, fastest(maxFramesPerSecond)), changedAtMs: nowMs };
}

/** The pace after a picture was larger than the server's limit. */
export function shrinkPace(pace: Pace, nowMs: number): Pace {
  return { ...pace, ...lighter(pace), changedAtMs: nowMs };
}

function lighter({ quality, scale, framesPerSecond }: Pace): Partial<Pace> {
  if (framesPerSecond > BLINK_FRAMES_PER_SECOND) return { framesPerSecond: BLINK_FRAMES_PER_SECOND };
  if (quality > WORST_QUALITY) return { quality: Math.max(WORST_QUALITY, quality - 0.1) };
  if (scale > SMALLEST_SCALE) return { scale: Math.max(SMALLEST_SCALE, scale * 0.8) };
  return { framesPerSecond: Math.max(FEWEST_FRAMES_PER_SECOND, framesPerSecond * 0.75) };
}

function slower({ framesPerSecond }: Pace): Partial<Pace> {
  return { framesPerSecond: Math.max(FEWEST_FRAMES_PER_SECOND, framesPerSecond * 0.85) };
}

function richer({ quality, scale, framesPerSecond }: Pace, most: number): Partial<Pace> {
  if (framesPerSecond < Math.min(BLINK_FRAMES_PER_SECOND, most))
    return { framesPerSecond: Math.min(most, framesPerSecond * 1.25) };
  if (scale < 1) return { scale: Math.min(1, scale * 1.15) };
  if (quality < BEST_QUALITY) return { quality: Math.min(BEST_QUALITY, quality + 0.05) };
  return { framesPerSecond: Math.min(most, framesPerSecond + 2) };
}

/** Whether the next frame is due. `lastSentAtMs` is null before the first frame. */
export function isFrameDue(pace: Pace, lastSentAtMs: number | null, nowMs: number): boolean {
  return lastSentAtMs === null || nowMs - lastSentAtMs >= 1000 / pace.framesPerSecond;
}

/** Width and height to send: even numbers, within the server's pixel limit, never larger than the camera's picture. */
export function frameSize(
  camera: { readonly width: number; readonly height: number },
  scale: number,
  maxImagePixels: number,
): { readonly width: number; readonly height: number } {
  const fit = Math.sqrt(Math.min(1, maxImagePixels / (camera.width * camera.height)));
  const even = (side: number) => Math.max(2, Math.floor((side * Math.min(scale, fit)) / 2) * 2);
  return { width: even(camera.width), height: even(camera.height) };
}
