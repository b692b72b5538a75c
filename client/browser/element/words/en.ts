import { en as guidance } from '@veriframe/protocol/words';
import type { Words } from './words.ts';

export const en: Words = {
  direction: 'ltr',
  label: 'Face check',
  start: {
    verify: 'Confirm it’s you',
    enrol: 'Set up your face',
    identify: 'Step in with your face',
    what: 'Look at the camera, then follow a few small movements.',
    howLong: 'It takes about fifteen seconds.',
    retention: 'We keep an encrypted template, no pictures.',
    button: 'Start',
    camera: 'Camera',
    colours:
      'Colours change around the picture for a few seconds. If changing light is bad for you, leave them out.',
    withoutColours: 'Without colours',
    key: 'This device may ask for your fingerprint, face or PIN.',
  },
  permission: {
    title: 'Allow the camera',
    text: 'Your browser is asking. The picture is used only for this check.',
  },
  connecting: 'Getting ready',
  confirmOnDevice: 'Confirm on this device',
  phase: {
    hello: 'Getting ready',
    positioning: 'Look at the camera',
    challenging: 'Keep looking here',
    matching: 'Almost done',
    decided: 'Almost done',
  },
  hint: { ...guidance.hint, 'no-face': 'Come into the oval' },
  challenge: guidance.challenge,
  challengeOf: 'Step {number} of {of}.',
  passed: {
    verify: { title: 'It’s you', text: 'You can go on now.' },
    enrol: { title: 'Your face is set up', text: 'You can use it from now on.' },
    identify: { title: 'Welcome', text: 'You can go on now.' },
  },
  failed: {
    reject: { title: 'We could not confirm it’s you', text: 'You can try once more, or use another way in.' },
    're-verify': { title: 'We need one more look', text: 'Find even light, face the camera and try again.' },
  },
  slow: {
    connection: {
      title: 'The connection was too slow',
      text: 'It was not you. Move closer to your Wi-Fi or use another network, then try again.',
    },
    service: { title: 'The service was too slow', text: 'It was not you. Wait a moment, then try again.' },
  },
  missing: {
    possession: {
      title: 'This device is new here',
      text: 'Sign in another way first, then add this device.',
    },
    capture: { title: 'This camera cannot be used here', text: 'Please use another way in.' },
  },
  otherWay: 'Please use another way in.',
  enrolFailed: {
    title: 'We could not set up your face',
    text: 'Find even light, face the camera and try again.',
  },
  enrolRefused: {
    title: 'We could not add your face here',
    text: 'If you already have an account, sign in to it. Or use another way in.',
  },
  denied: {
    title: 'The camera is off for this page',
    text: 'Allow it beside the address bar or in your settings, then try again.',
  },
  offline: { title: 'You are offline', text: 'Connect to the internet, then try again.' },
  error: {
    camera: {
      title: 'The camera is not available',
      text: 'Check that one is connected and that no other program uses it.',
    },
    busy: { title: 'Many people are here right now', text: 'Wait a moment, then try again.' },
    other: { title: 'The connection was interrupted', text: 'Nothing was lost. You can start again.' },
    final: { title: 'This does not work here', text: 'Use another browser or another way in.' },
  },
  retry: 'Try again',
  skip: 'I can’t do this one',
  cancel: 'Cancel',
};
