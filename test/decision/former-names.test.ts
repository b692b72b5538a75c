import { describe, expect, it } from 'vitest';
import { presentPolicy, presentNames } from '../../server/decision/former-names.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import type { Policy } from '../../server/policy/shape.ts';

describe('names that earlier versions recorded', () => {
  it('of reasons are read as the present ones, and unknown ones stay', () => {
    const recorded = ['planarity-below-bar', 'time-up', 'a-reason-of-tomorrow', 'constructor'];
    expect(presentNames(recorded)).toEqual([
      'depth-parallax-below-bar',
      'time-up',
      'a-reason-of-tomorrow',
      'constructor',
    ]);
  });

  it('of a policy and its parts are read as the present ones', () => {
    const present = policyFor('standard');
    const { depthParallax, ...others } = present;
    const former = {
      ...others,
      planarity: { ...depthParallax, rejectBar: 0.5 },
      fusion: { ...present.fusion, cues: present.fusion.cues.map(formerCue) },
      requiredCues: ['planarity', ...present.requiredCues],
    } as unknown as Policy;
    expect(presentPolicy(former)).toEqual({
      ...present,
      depthParallax: { ...depthParallax, rejectBar: 0.5 },
      requiredCues: ['depth-parallax', ...present.requiredCues],
    });
    const attended = { ...policyFor('operator-vouched'), name: 'attended' } as unknown as Policy;
    expect(presentPolicy(attended)).toEqual(policyFor('operator-vouched'));
  });

  it('of this version change nothing', () => {
    expect(presentPolicy(policyFor('passive'))).toEqual(policyFor('passive'));
  });
});

const formerCue = (cue: string) => (cue === 'depth-parallax' ? 'planarity' : cue);
