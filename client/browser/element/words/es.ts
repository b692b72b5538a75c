import { es as guidance } from '@veriframe/protocol/words';
import type { Words } from './words.ts';

export const es: Words = {
  direction: 'ltr',
  label: 'Comprobación facial',
  start: {
    verify: 'Confirme que es usted',
    enrol: 'Configure su rostro',
    identify: 'Entre con su rostro',
    what: 'Mire a la cámara y siga unos pequeños movimientos.',
    howLong: 'Tarda unos quince segundos.',
    retention: 'Guardamos una plantilla cifrada, ninguna imagen.',
    button: 'Empezar',
    camera: 'Cámara',
    colours:
      'Alrededor de la imagen cambian los colores durante unos segundos. Si la luz cambiante le perjudica, omítalos.',
    withoutColours: 'Sin colores',
    key: 'Este dispositivo puede pedir su huella, su rostro o su PIN.',
  },
  permission: {
    title: 'Permita la cámara',
    text: 'Su navegador lo pregunta. La imagen solo se usa para esta comprobación.',
  },
  connecting: 'Preparando',
  confirmOnDevice: 'Confirme en este dispositivo',
  phase: {
    hello: 'Preparando',
    positioning: 'Mire a la cámara',
    challenging: 'Siga mirando aquí',
    matching: 'Casi listo',
    decided: 'Casi listo',
  },
  hint: { ...guidance.hint, 'no-face': 'Entre en el óvalo' },
  challenge: guidance.challenge,
  challengeOf: 'Paso {number} de {of}.',
  passed: {
    verify: { title: 'Es usted', text: 'Ya puede continuar.' },
    enrol: { title: 'Su rostro está configurado', text: 'Puede usarlo desde ahora.' },
    identify: { title: 'Le damos la bienvenida', text: 'Ya puede continuar.' },
  },
  failed: {
    reject: {
      title: 'No pudimos confirmar que es usted',
      text: 'Puede intentarlo otra vez o entrar de otra manera.',
    },
    're-verify': {
      title: 'Necesitamos mirar una vez más',
      text: 'Busque una luz uniforme, mire a la cámara e inténtelo de nuevo.',
    },
  },
  slow: {
    connection: {
      title: 'La conexión fue demasiado lenta',
      text: 'No fue por usted. Acérquese a su wifi o use otra red e inténtelo de nuevo.',
    },
    service: {
      title: 'El servicio fue demasiado lento',
      text: 'No fue por usted. Espere un momento e inténtelo de nuevo.',
    },
  },
  missing: {
    possession: {
      title: 'Este dispositivo es nuevo aquí',
      text: 'Entre primero de otro modo y luego añada este dispositivo.',
    },
    capture: { title: 'Esta cámara no se puede usar aquí', text: 'Use otro modo de entrar.' },
  },
  otherWay: 'Entre de otra manera, por favor.',
  enrolFailed: {
    title: 'No pudimos configurar su rostro',
    text: 'Busque una luz uniforme, mire a la cámara e inténtelo de nuevo.',
  },
  enrolRefused: {
    title: 'No pudimos añadir su rostro aquí',
    text: 'Si ya tiene una cuenta, entre en ella. O entre de otra manera.',
  },
  denied: {
    title: 'La cámara está desactivada en esta página',
    text: 'Permítala junto a la barra de direcciones o en los ajustes.',
  },
  offline: { title: 'No hay conexión', text: 'Conéctese a internet e inténtelo de nuevo.' },
  error: {
    camera: {
      title: 'La cámara no está disponible',
      text: 'Compruebe que hay una conectada y que ningún otro programa la usa.',
    },
    busy: { title: 'Hay muchas personas ahora mismo', text: 'Espere un momento e inténtelo de nuevo.' },
    other: { title: 'Se interrumpió la conexión', text: 'No se ha perdido nada. Puede empezar de nuevo.' },
    final: { title: 'Esto no funciona aquí', text: 'Use otro navegador o entre de otra manera.' },
  },
  retry: 'Intentar de nuevo',
  skip: 'No puedo hacer esto',
  cancel: 'Cancelar',
};
