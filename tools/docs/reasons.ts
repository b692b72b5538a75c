import { REASONS, type Reason } from '../../server/decision/reasons.ts';
import { type Advice, table } from './table.ts';

/** One entry for each reason: the compiler refuses a reason without words. */
export const REASON_ADVICE: Readonly<Record<Reason, Advice>> = {
  'evidence-sufficient': {
    means: 'Accept: every required cue was measured, every challenge passed, the match is above its bar.',
    todo: 'Nothing.',
  },
  'evidence-insufficient': {
    means:
      'The session ended open: all required cues were measured, but together they did not reach the bar.',
    todo: 'Let the person try again, closer and in even light. If it happens often: enrol again with the camera in use, and load the full tier.',
  },
  'time-up': {
    means: 'A challenge, a phase or the session ran out of time.',
    todo: 'Read the reason beside it. Check that the person sees and understands the prompts.',
  },
  'source-ended': {
    means: 'The client said that no more pictures will come before there was a decision.',
    todo: 'Use a longer recording, or `--loop` for a folder.',
  },
  disconnected: {
    means: 'The connection ended before the decision.',
    todo: 'Check the network, and the time-outs of the proxy in front (WebSockets need 60 s and more).',
  },
  cancelled: {
    means: 'The person or the page left the session.',
    todo: 'Nothing. Many of them: see at which challenge people leave.',
  },
  'match-below-threshold': {
    means: 'Verification: the face is not the face of the subject.',
    todo: 'If it is the subject: enrol again with the camera and light in use. Check that the right subject was asked for.',
  },
  'no-candidate': {
    means: 'Identification: nobody in the gallery resembles the face enough.',
    todo: 'Check that the person is enrolled. Enrol again with the camera in use.',
  },
  'challenge-failed': {
    means:
      'A challenge was answered by another movement, by a movement that nobody asked for, or not in time (`time-up`).',
    todo: 'Let the person try again: one movement for each prompt, and look straight ahead in between.',
  },
  'challenge-too-early': {
    means: 'Answers began before a person can react to a prompt.',
    todo: 'Move only after the prompt. From many people: the client shows prompts late. From one: suspect a program.',
  },
  'skips-exhausted': {
    means: 'The allowed skips were used and a challenge was still not answered.',
    todo: 'Offer a policy that asks for less (`blink-only`), or another way in.',
  },
  'pad-below-bar': {
    means: 'The PAD networks take what is before the camera for a print, a screen or a mask.',
    todo: 'Check the light and the focus, and let the person try again. Otherwise it is an attack.',
  },
  'relief-below-bar': {
    means:
      'In two turns or nods of the head or more, the pictures showed no relief: skin or hair stayed where a head moves them.',
    todo: 'Let the person try again in better light, with slow turns. If it happens again, treat it as an attack.',
  },
  'depth-parallax-below-bar': {
    means: 'When the head turned, its points moved like those of a flat picture.',
    todo: 'Let the person try again with slower turns. Below 12 frames a second the cue is less sure.',
  },
  'depth-below-bar': {
    means: 'The depth sensor saw no face-shaped relief where the picture shows a face.',
    todo: 'Check the sensor and that depth and picture cover the same field of view. Otherwise it is an attack.',
  },
  'injection-above-bar': {
    means: 'An indicator of injection rejects by itself. The indicator stands beside it.',
    todo: 'Read the row of that indicator.',
  },
  'flash-contradicted': {
    means: 'The skin changed its colour by another sequence than the one that was shown.',
    todo: 'Switch off other lights that change, such as a television. Otherwise it is an attack.',
  },
  'continuity-broken': {
    means: 'The face was lost or jumped too often to be called the same face all the time.',
    todo: 'Fix the camera in place. Send at least 12 frames a second.',
  },
  'face-changed': {
    means: 'Reject: another face than at the beginning of the session was seen.',
    todo: 'Let one person stay alone before the camera for the whole session. Otherwise it is an attack.',
  },
  'several-faces': {
    means: 'More than one face was in the picture for too long.',
    todo: 'Let one person stand alone. Take down photographs behind them.',
  },
  'probes-disagree': {
    means:
      'The face before the first challenge, the one that answered and the one at the end do not agree well enough, or the face drifted away from the first. No two pictures after each other contradicted.',
    todo: 'Even light, no hand, hair or mask before the face, and try again. Often with one person: a face that is changed by a program.',
  },
  'references-disagree': {
    means: 'The face matches a later reference of the subject, and clearly not the first one.',
    todo: 'If it is the subject: erase the references and enrol again. Otherwise a later reference shows two people.',
  },
  'required-cue-unmeasured': {
    means: 'A cue that the policy requires could not be measured. `unmeasured` in the record names it.',
    todo: '`passive-pad`: load the full tier. `flash`: the client does not show colours, or the room outshines the screen. `blink`: at least 12 frames a second, no reflecting glasses.',
  },
  'duplicate-subject': {
    means: 'Enrolment: another subject of the tenant has this face, or this subject has another face.',
    todo: 'Let the person use the account that they have, or erase the subject that is wrong.',
  },
  'storage-failed': {
    means:
      'The gallery or the store did not answer in time, or refused: the subject has five references already, or the store failed.',
    todo: 'Count the references with `GET /v1/subjects/{id}`. Look for `store` in the log: disk full, database locked by a backup, store thread lost.',
  },
  'subject-erased': {
    means: 'The subject was erased while the session was running.',
    todo: 'Nothing. To enrol again, create a new session.',
  },
  'gesture-unseen': {
    means: 'A gesture was done, but no frames showed how it came about.',
    todo: 'A camera, line or service of few frames a second, or an attack with still pictures.',
  },
  'camera-turned': {
    means:
      'No session began, because the picture lay on its side or upside down to the end. It counts by the higher bound of the lock-out.',
    todo: 'Turn the camera or its picture. The hint was `turn-camera`.',
  },
  'camera-colourless': {
    means:
      'No session began, because the camera was grey or infrared to the end. It counts by the higher bound of the lock-out.',
    todo: 'A camera that shows colours; no night mode. The hint was `no-colour`.',
  },
  'connection-too-slow': {
    means: 'Too few frames arrived for a judgement. It counts by the higher bound of the lock-out.',
    todo: 'A better network, smaller pictures, a faster device.',
  },
  'service-too-slow': {
    means: 'Too few frames were analysed for a judgement, by the fault of the service.',
    todo: 'More cores or workers, or a lower `VERIFRAME_MAX_SESSIONS`.',
  },
  'possession-missing': {
    means:
      'All that was asked of the face was shown, but no WebAuthn key of the subject signed, or none verified its user.',
    todo: 'Let the person sign in another way, and add the key of this device (`registerKey`). Check `VERIFRAME_WEBAUTHN`.',
  },
  'capture-missing': {
    means:
      'The demanded proof of the camera is missing: no enrolled kiosk signed the pictures, or nobody attested the application.',
    todo: 'Enrol the key of the kiosk and start it with `--key-file`, or attest the session before its decision.',
  },
  replayed: {
    means: 'Rejects: pictures of another session came again, pixel for pixel.',
    todo: 'An attack, or a test that plays one file twice: `VERIFRAME_REPLAY_MEMORY_FRAMES=0` for such tests.',
  },
  frozen: {
    means: 'Rejects: the same picture for a second and longer.',
    todo: 'A stuck camera or driver, a single photograph, or an attack.',
  },
  looped: {
    means: 'Rejects: pictures of this session came again after a while.',
    todo: 'A folder or clip that starts over, or an attack.',
  },
  repeated: {
    means: 'Rejects: a movement came again on the same path at the same pace, as in a recording in a loop.',
    todo: 'Let the person try again. If it comes again, suspect a recording.',
  },
  spliced: {
    means: 'Rejects: the head jumped three times out of stillness, as where clips are cut together.',
    todo: 'A camera that drops many frames, or an attack.',
  },
  motionless: {
    means: 'Weak: the face moved less than living faces do.',
    todo: 'Nothing by itself. People who hold very still show it.',
  },
  cut: {
    means: 'Weak: the head jumped once or twice out of stillness.',
    todo: 'Nothing by itself. A camera or line that stalls shows it.',
  },
  clock: {
    means: "Weak: the client's clock drifts against the server's within the session.",
    todo: 'Nothing by itself. Check the clock of the device.',
  },
  noiseless: {
    means: 'Weak: parts of the picture stand still to the last bit, without the noise of a sensor.',
    todo: 'Nothing by itself. Cameras with a video codec inside show it.',
  },
  'virtual-camera': {
    means: "Weak: the camera's name is that of a program.",
    todo: 'Nothing by itself. Ask people to choose the real camera.',
  },
  duplicated: {
    means: 'Weak: many pictures are equal to the one before.',
    todo: 'Nothing by itself. Cameras in the dark show it: more light.',
  },
  metronome: {
    means: 'Weak: the times of the frames are more even than a camera keeps them.',
    todo: 'Nothing by itself. A file that an operator plays shows it.',
  },
};

/** Every reason of a decision. */
export function reasonTable(): string {
  return table(
    ['reason', 'it means', 'what to do'],
    REASONS.map((reason) => [`\`${reason}\``, REASON_ADVICE[reason].means, REASON_ADVICE[reason].todo]),
  );
}
