export { fixedOrder, stillPhoto, swapHalfway } from './attacks/presenters.ts';
export { ADAPTIVE_EGGS, Egg, type EggOptions } from './attacks/egg/egg.ts';
export { ACTIONS, type Action, type Performance } from './acting/motion.ts';
export { preparePortrait, type Portrait, type PortraitSource } from './portraits/portrait.ts';
export { drawFrameBank, presentBank, type FrameBank } from './frame-bank.ts';
export { presentTo, type FrameSink, type PresentationCounts } from './present-to.ts';
export { WEBCAM_SIZE, type FrameSize, type Presenter, type ShownStatus } from './presenter.ts';
export {
  createFlatPuppet,
  FlatPuppet,
  type CreateFlatPuppetOptions,
  type FlatPuppetOptions,
} from './flat-puppet/flat-puppet.ts';
export { record, replay, type RecordedFrame } from './recording.ts';
export { RoomLight } from './drawing/room-light.ts';
export type { ScreenOptions } from './drawing/screen-colours.ts';
export { PERSON_PORTRAITS, SAMPLE_PORTRAITS } from './portraits/samples.ts';
export { DepthHead } from './attacks/depth-head.ts';
export { DRIFT_MS, Drift, morphPortrait } from './attacks/morph.ts';
export { RigidMask } from './attacks/rigid-mask.ts';
export { eggStills, photographStills, Stills, type StillPictures, stillsOf } from './attacks/stills.ts';
export { wavedPhoto } from './attacks/waved-photo.ts';
export {
  createPerson,
  MANNERS,
  Person,
  type CreatePersonOptions,
  type Manner,
  type PersonOptions,
} from './person/person.ts';
