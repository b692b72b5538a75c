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
    'too-dark': 'Trop sombre ici',
    'too-bright': 'Trop de lumière ici',
    'face-covered': 'Dégagez votre visage',
    'turn-camera': 'Redressez la caméra',
    'no-colour': 'La caméra ne montre pas de couleurs',
    'open-eyes': 'Ouvrez les yeux',
    'do-challenge': 'Suivez le repère',
    'again-slower': 'Encore, plus lentement',
    wait: 'Un instant',
    'connection-slow': 'La connexion est lente',
    'service-slow': 'Le service est lent',
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
