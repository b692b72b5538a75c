import type { Guidance } from './guidance.ts';

export const guidance: Guidance = {
  hint: {
    'no-face': 'Kommen Sie ins Bild',
    'several-faces': 'Bitte nur eine Person',
    'move-closer': 'Näher kommen',
    'move-back': 'Etwas zurück',
    'centre-face': 'Zur Mitte bewegen',
    'look-straight': 'Geradeaus schauen',
    'hold-still': 'Stillhalten',
    'too-dark': 'Mehr Licht ins Gesicht',
    'too-bright': 'Weniger Licht ins Gesicht',
    'face-covered': 'Gesicht frei machen',
    'turn-camera': 'Kamera aufrecht drehen',
    'no-colour': 'Die Kamera zeigt keine Farben',
    'open-eyes': 'Augen öffnen',
    'do-challenge': 'Dem Zeichen folgen',
    'again-slower': 'Noch einmal, langsamer',
    wait: 'Einen Moment',
    'connection-slow': 'Langsame Verbindung abwarten',
    'service-slow': 'Langsamen Dienst abwarten',
  },
  challenge: {
    blink: 'Einmal blinzeln',
    'turn-left': 'Nach links drehen',
    'turn-right': 'Nach rechts drehen',
    'look-up': 'Nach oben schauen',
    'look-down': 'Nach unten schauen',
    smile: 'Lächeln',
    'open-mouth': 'Mund öffnen',
    'come-closer': 'Näher kommen',
  },
};
