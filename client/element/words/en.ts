import type { Words } from './words.ts';

export const en: Words = {
  direction: 'ltr',
  label: 'Face check',
  start: {
    verify: 'Confirm it’s you',
    enrol: 'Set up your face',
    identify: 'Step in with your face',
    what: 'Look at the camera, then follow a small movement or two.',
    howLong: 'It takes about ten seconds.',
    retention: 'We keep an encrypted template, no pictures.',
    button: 'Start',
    camera: 'Camera',
  },
  permission: {
    title: 'Allow the camera',
    text: 'Your browser is asking. The picture is used only for this check.',
  },
  connecting: 'Getting ready',
  phase: {
    hello: 'Getting ready',
    positioning: 'Look at the camera',
    challenging: 'Keep looking here',
    matching: 'Almost done',
    decided: 'Almost done',
  },
  hint: {
    'no-face': 'Come into the oval',
    'several-faces': 'Only one person, please',
    'move-closer': 'Move closer',
    'move-back': 'Move back a little',
    'centre-face': 'Move to the middle',
    'look-straight': 'Look straight ahead',
    'hold-still': 'Hold still',
    'too-dark': 'Too dark here',
    'too-bright': 'Too bright here',
    'face-covered': 'Uncover your face',
    'open-eyes': 'Open your eyes',
    'do-challenge': 'Follow the cue',
    wait: 'One moment',
  },
  challenge: { blink: 'Blink once', 'turn-left': 'Turn left', 'turn-right': 'Turn right' },
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
  enrolFailed: {
    title: 'We could not set up your face',
    text: 'Find even light, face the camera and try again.',
  },
  denied: {
    title: 'The camera is off for this page',
    text: 'Allow it beside the address bar or in your settings, then try again.',
  },
  offline: { title: 'You are offline', text: 'Connect to the internet, then try again.' },
  error: {
    camera: {
      title: 'The camera is not available',
      text: 'Close other programs that use it, then try again.',
    },
    busy: { title: 'Many people are here right now', text: 'Wait a moment, then try again.' },
    other: { title: 'The connection was interrupted', text: 'Nothing was lost. You can start again.' },
  },
  retry: 'Try again',
  skip: 'I can’t do this one',
  cancel: 'Cancel',
};
