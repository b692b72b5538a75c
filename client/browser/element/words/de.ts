import { de as guidance } from '@veriframe/protocol/words';
import type { Words } from './words.ts';

export const de: Words = {
  direction: 'ltr',
  label: 'Gesichtsprüfung',
  start: {
    verify: 'Bestätigen Sie, dass Sie es sind',
    enrol: 'Gesicht einrichten',
    identify: 'Mit dem Gesicht eintreten',
    what: 'Schauen Sie in die Kamera und folgen Sie einigen kleinen Bewegungen.',
    howLong: 'Das dauert etwa fünfzehn Sekunden.',
    retention: 'Wir behalten eine verschlüsselte Vorlage, keine Bilder.',
    button: 'Beginnen',
    camera: 'Kamera',
    colours:
      'Rund um das Bild wechseln einige Sekunden lang Farben. Wenn Ihnen wechselndes Licht schadet, lassen Sie sie weg.',
    withoutColours: 'Ohne Farben',
    key: 'Dieses Gerät fragt vielleicht nach Fingerabdruck, Gesicht oder PIN.',
  },
  permission: {
    title: 'Kamera erlauben',
    text: 'Ihr Browser fragt danach. Das Bild dient nur dieser Prüfung.',
  },
  connecting: 'Wird vorbereitet',
  confirmOnDevice: 'Bestätigen Sie auf diesem Gerät',
  phase: {
    hello: 'Wird vorbereitet',
    positioning: 'Schauen Sie in die Kamera',
    challenging: 'Schauen Sie weiter hierher',
    matching: 'Fast fertig',
    decided: 'Fast fertig',
  },
  hint: { ...guidance.hint, 'no-face': 'Kommen Sie ins Oval' },
  challenge: guidance.challenge,
  challengeOf: 'Schritt {number} von {of}.',
  passed: {
    verify: { title: 'Sie sind es', text: 'Es kann weitergehen.' },
    enrol: { title: 'Ihr Gesicht ist eingerichtet', text: 'Sie können es ab jetzt nutzen.' },
    identify: { title: 'Willkommen', text: 'Es kann weitergehen.' },
  },
  failed: {
    reject: {
      title: 'Wir konnten Sie nicht bestätigen',
      text: 'Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.',
    },
    're-verify': {
      title: 'Wir brauchen noch einen Blick',
      text: 'Suchen Sie gleichmäßiges Licht und schauen Sie in die Kamera.',
    },
  },
  slow: {
    connection: {
      title: 'Die Verbindung war zu langsam',
      text: 'Es lag nicht an Ihnen. Gehen Sie näher zum WLAN oder nutzen Sie ein anderes Netz und versuchen Sie es noch einmal.',
    },
    service: {
      title: 'Der Dienst war zu langsam',
      text: 'Es lag nicht an Ihnen. Warten Sie einen Moment und versuchen Sie es noch einmal.',
    },
  },
  missing: {
    possession: {
      title: 'Dieses Gerät ist hier neu',
      text: 'Melden Sie sich erst auf einem anderen Weg an und fügen Sie dann dieses Gerät hinzu.',
    },
    capture: { title: 'Diese Kamera ist hier nicht zugelassen', text: 'Bitte wählen Sie einen anderen Weg.' },
  },
  otherWay: 'Bitte wählen Sie einen anderen Weg.',
  enrolFailed: {
    title: 'Das Einrichten hat nicht geklappt',
    text: 'Suchen Sie gleichmäßiges Licht und schauen Sie in die Kamera.',
  },
  enrolRefused: {
    title: 'Ihr Gesicht ließ sich hier nicht einrichten',
    text: 'Wenn Sie schon ein Konto haben, melden Sie sich dort an. Oder wählen Sie einen anderen Weg.',
  },
  denied: {
    title: 'Die Kamera ist für diese Seite aus',
    text: 'Erlauben Sie sie neben der Adresszeile oder in den Einstellungen.',
  },
  offline: {
    title: 'Sie sind offline',
    text: 'Verbinden Sie sich mit dem Internet und versuchen Sie es noch einmal.',
  },
  error: {
    camera: {
      title: 'Die Kamera ist nicht verfügbar',
      text: 'Prüfen Sie, ob eine angeschlossen ist und kein anderes Programm sie nutzt.',
    },
    busy: {
      title: 'Gerade sind viele hier',
      text: 'Warten Sie einen Moment und versuchen Sie es noch einmal.',
    },
    other: {
      title: 'Die Verbindung wurde unterbrochen',
      text: 'Nichts ging verloren. Sie können neu beginnen.',
    },
    final: {
      title: 'Das geht hier leider nicht',
      text: 'Nehmen Sie einen anderen Browser oder einen anderen Weg.',
    },
  },
  retry: 'Noch einmal',
  skip: 'Das kann ich nicht',
  cancel: 'Abbrechen',
};
