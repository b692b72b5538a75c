import type { Guidance } from './guidance.ts';

export const guidance: Guidance = {
  hint: {
    'no-face': 'Entre en la imagen',
    'several-faces': 'Solo una persona',
    'move-closer': 'Acérquese',
    'move-back': 'Aléjese un poco',
    'centre-face': 'Muévase al centro',
    'look-straight': 'Mire de frente',
    'hold-still': 'No se mueva',
    'too-dark': 'Más luz en el rostro',
    'too-bright': 'Menos luz en el rostro',
    'face-covered': 'Descubra su rostro',
    'turn-camera': 'Enderece la cámara',
    'no-colour': 'La cámara no muestra colores',
    'open-eyes': 'Abra los ojos',
    'do-challenge': 'Siga la señal',
    'again-slower': 'Otra vez, más despacio',
    wait: 'Un momento',
    'connection-slow': 'Espere, la conexión va lenta',
    'service-slow': 'Espere, el servicio va lento',
  },
  challenge: {
    blink: 'Parpadee una vez',
    'turn-left': 'Gire a la izquierda',
    'turn-right': 'Gire a la derecha',
    'look-up': 'Mire hacia arriba',
    'look-down': 'Mire hacia abajo',
    smile: 'Sonría',
    'open-mouth': 'Abra la boca',
    'come-closer': 'Acérquese',
  },
};
