import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { frameSigner, generateKioskKey } from '../../client/kiosk/signer.ts';
import type { Frame } from '../../protocol/upstream.ts';
import { wall } from '../kiosk/support/depth.ts';
import { FrameChain, kioskKeyIdOf } from '../../server/identity/frame-chain.ts';

const FRAMES = 9;

const newKiosk = () => {
  const { pem, publicKey: text } = generateKioskKey();
  const publicKey = new Uint8Array(Buffer.from(text, 'base64url'));
  return { pem, publicKey, keyId: kioskKeyIdOf(publicKey) };
};
type Kiosk = ReturnType<typeof newKiosk>;

/** Frames as the kiosk signs them for a session. */
const signedFrames = (
  kiosk: Kiosk,
  chain: FrameChain,
  session: string,
  every = 1,
  more: Partial<Frame> = {},
) => {
  const signer = frameSigner(kiosk.pem, every).open(session, chain.nonce);
  const frames = Array.from({ length: FRAMES }, (_, at): Frame => {
    const frame = {
      seq: at + 1,
      capturedAtMs: 1000 + 40 * at,
      image: new Uint8Array(randomBytes(300)),
      ...more,
    };
    const signature = signer.add(frame);
    return { type: 'frame', ...frame, ...(signature === null ? {} : { signature }) };
  });
  return { frames, end: signer.end() };
};
const chainOf = (kiosk: Kiosk, session = 'session-1') => new FrameChain(session, kiosk);
const all = (chain: FrameChain, frames: readonly Frame[]) => frames.map((frame) => chain.add(frame));

describe("a kiosk's chain over the frames of a session", () => {
  const kiosk = newKiosk();

  it('fits frame by frame, and with its end where several frames share a signature', () => {
    const each = chainOf(kiosk);
    expect(all(each, signedFrames(kiosk, each, 'session-1').frames)).toEqual(
      Array.from({ length: FRAMES }, () => 'signed'),
    );
    const some = chainOf(kiosk);
    const { frames, end } = signedFrames(kiosk, some, 'session-1', 4);
    expect(all(some, frames).filter((one) => one === 'signed')).toHaveLength(2);
    expect(some.lastSeq).toBe(FRAMES);
    expect(some.fits(end ?? new Uint8Array())).toBe(true);
    expect(frameSigner(kiosk.pem).keyId).toBe(kiosk.keyId);
  });

  it('holds the depth images of the frames, and the colours that were shown', () => {
    const chain = chainOf(kiosk);
    const more = { depth: wall(), shown: 3 };
    const { frames, end } = signedFrames(kiosk, chain, 'session-1', 4, more);
    expect(all(chain, frames)).not.toContain('broken');
    expect(chain.fits(end ?? new Uint8Array())).toBe(true);
  });

  it('is refused in another session, and in the same one with another nonce', () => {
    const recorded = chainOf(kiosk);
    const { frames } = signedFrames(kiosk, recorded, 'session-1');
    for (const other of [chainOf(kiosk), chainOf(kiosk, 'session-2')])
      expect(all(other, frames)[0]).toBe('broken');
  });

  it('is refused when another key signs, be it that of another kiosk', () => {
    const chain = chainOf(kiosk);
    const { frames } = signedFrames(newKiosk(), chain, 'session-1');
    expect(all(chain, frames)[0]).toBe('broken');
  });

  const MEDDLE: readonly (readonly [string, (frames: Frame[]) => Frame[]])[] = [
    [
      'changed in one bit',
      (frames) =>
        frames.with(4, {
          ...frames[4],
          image: frames[4].image.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
        }),
    ],
    ['left out', (frames) => frames.toSpliced(4, 1)],
    ['repeated', (frames) => frames.toSpliced(4, 0, { ...frames[3], seq: 4 })],
    [
      'put in by others',
      (frames) =>
        frames.toSpliced(4, 0, {
          type: 'frame',
          seq: 4,
          capturedAtMs: 1,
          image: new Uint8Array(randomBytes(300)),
        }),
    ],
    ['exchanged for its neighbour', (frames) => frames.with(4, frames[5]).with(5, frames[4])],
    ['given another number', (frames) => frames.with(4, { ...frames[4], seq: 99 })],
    ['given another time', (frames) => frames.with(4, { ...frames[4], capturedAtMs: 5 })],
    ['given another colour', (frames) => frames.with(4, { ...frames[4], shown: 2 })],
    [
      'given a depth image',
      (frames) =>
        frames.with(4, { ...frames[4], depth: { width: 16, height: 16, data: new Uint8Array(512) } }),
    ],
  ];
  it.each(MEDDLE)('is refused from a frame on that was %s', (_what, meddle) => {
    for (const every of [1, 3]) {
      const chain = chainOf(kiosk);
      const frames = meddle([...signedFrames(kiosk, chain, 'session-1', every).frames]);
      const results = all(chain, frames);
      expect(results).toContain('broken');
      expect(results.slice(results.indexOf('broken'))).not.toContain('signed');
    }
  });

  it('refuses what is no signature, and no key', () => {
    expect(chainOf(kiosk).fits(new Uint8Array(64))).toBe(false);
    expect(chainOf(kiosk).fits(new Uint8Array(3))).toBe(false);
    expect(() => new FrameChain('s', { keyId: 'k', publicKey: new Uint8Array(31) })).toThrow(RangeError);
    expect(() => frameSigner('no key')).toThrow(/cannot be read/);
  });
});
