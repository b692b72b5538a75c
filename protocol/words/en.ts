import type { Guidance } from './guidance.ts';

export const guidance: Guidance = {
  hint: {
    'no-face': 'Step into view',
    'several-faces': 'One person at a time',
    'move-closer': 'Move closer',
    'move-back': 'Move back a little',
    'centre-face': 'Move to the middle',
    'look-straight': 'Look straight ahead',
    'hold-still': 'Hold still',
    'too-dark': 'More light on your face',
    'too-bright': 'Less light on your face',
    'face-covered': 'Uncover your face',
    'turn-camera': 'Turn the camera upright',
    'no-colour': 'The camera shows no colours',
    'open-eyes': 'Open your eyes',
    'do-challenge': 'Follow the cue',
    'again-slower': 'Once more and slower',
    wait: 'One moment',
    'connection-slow': 'Wait for the slow network',
    'service-slow': 'Wait for the slow service',
  },
  challenge: {
    blink: 'Blink once',
    'turn-left': 'Turn left',
    'turn-right': 'Turn right',
    'look-up': 'Look up',
    'look-down': 'Look down',
    smile: 'Smile',
    'open-mouth': 'Open your mouth',
    'come-closer': 'Come closer',
  },
};
