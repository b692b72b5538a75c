import type { Guidance } from './guidance.ts';

export const guidance: Guidance = {
  hint: {
    'no-face': 'Venez dans l’image',
    'several-faces': 'Une seule personne',
    'move-closer': 'Approchez-vous',
    'move-back': 'Reculez un peu',
    'centre-face': 'Allez vers le centre',
    'look-straight': 'Regardez droit devant',
    'hold-still': 'Ne bougez plus',
    'too-dark': 'Plus de lumière sur le visage',
    'too-bright': 'Moins de lumière sur le visage',
    'face-covered': 'Dégagez votre visage',
    'turn-camera': 'Redressez la caméra',
    'no-colour': 'La caméra ne montre pas de couleurs',
    'open-eyes': 'Ouvrez les yeux',
    'do-challenge': 'Suivez le repère',
    'again-slower': 'Encore, plus lentement',
    wait: 'Un instant',
    'connection-slow': 'Attendez, connexion lente',
    'service-slow': 'Attendez, service lent',
  },
  challenge: {
    blink: 'Clignez une fois',
    'turn-left': 'Tournez à gauche',
    'turn-right': 'Tournez à droite',
    'look-up': 'Regardez en haut',
    'look-down': 'Regardez en bas',
    smile: 'Souriez',
    'open-mouth': 'Ouvrez la bouche',
    'come-closer': 'Approchez-vous',
  },
};
