import { fr as guidance } from '@veriframe/protocol/words';
import type { Words } from './words.ts';

export const fr: Words = {
  direction: 'ltr',
  label: 'Vérification du visage',
  start: {
    verify: 'Confirmez que c’est vous',
    enrol: 'Configurez votre visage',
    identify: 'Entrez avec votre visage',
    what: 'Regardez la caméra, puis suivez quelques petits mouvements.',
    howLong: 'Cela prend une quinzaine de secondes.',
    retention: 'Nous gardons un gabarit chiffré, aucune image.',
    button: 'Commencer',
    camera: 'Caméra',
    colours:
      'Des couleurs changent autour de l’image pendant quelques secondes. Si la lumière changeante vous gêne, passez-vous-en.',
    withoutColours: 'Sans couleurs',
    key: 'Cet appareil peut demander votre empreinte, votre visage ou votre code.',
  },
  permission: {
    title: 'Autorisez la caméra',
    text: 'Votre navigateur le demande. L’image ne sert qu’à cette vérification.',
  },
  connecting: 'Préparation',
  confirmOnDevice: 'Confirmez sur cet appareil',
  phase: {
    hello: 'Préparation',
    positioning: 'Regardez la caméra',
    challenging: 'Continuez à regarder ici',
    matching: 'Presque terminé',
    decided: 'Presque terminé',
  },
  hint: { ...guidance.hint, 'no-face': 'Venez dans l’ovale' },
  challenge: guidance.challenge,
  challengeOf: 'Étape {number} sur {of}.',
  passed: {
    verify: { title: 'C’est bien vous', text: 'Vous pouvez continuer.' },
    enrol: { title: 'Votre visage est configuré', text: 'Vous pouvez l’utiliser dès maintenant.' },
    identify: { title: 'Bienvenue', text: 'Vous pouvez continuer.' },
  },
  failed: {
    reject: {
      title: 'Nous n’avons pas pu confirmer que c’est vous',
      text: 'Réessayez une fois, ou entrez autrement.',
    },
    're-verify': {
      title: 'Il nous faut encore un regard',
      text: 'Trouvez une lumière régulière, face à la caméra, et réessayez.',
    },
  },
  slow: {
    connection: {
      title: 'La connexion était trop lente',
      text: 'Ce n’était pas vous. Rapprochez-vous du Wi-Fi ou changez de réseau, puis réessayez.',
    },
    service: {
      title: 'Le service était trop lent',
      text: 'Ce n’était pas vous. Patientez un instant, puis réessayez.',
    },
  },
  missing: {
    possession: {
      title: 'Cet appareil est nouveau ici',
      text: 'Connectez-vous d’abord autrement, puis ajoutez cet appareil.',
    },
    capture: { title: 'Cette caméra ne peut pas servir ici', text: 'Merci d’entrer autrement.' },
  },
  otherWay: 'Merci d’entrer autrement.',
  enrolFailed: {
    title: 'Nous n’avons pas pu configurer votre visage',
    text: 'Trouvez une lumière régulière, face à la caméra, et réessayez.',
  },
  enrolRefused: {
    title: 'Nous n’avons pas pu ajouter votre visage ici',
    text: 'Si vous avez déjà un compte, connectez-vous à celui-ci. Ou utilisez un autre accès.',
  },
  denied: {
    title: 'La caméra est coupée pour cette page',
    text: 'Autorisez-la près de la barre d’adresse ou dans les réglages.',
  },
  offline: { title: 'Vous êtes hors ligne', text: 'Connectez-vous à internet, puis réessayez.' },
  error: {
    camera: {
      title: 'La caméra n’est pas disponible',
      text: 'Vérifiez qu’elle est branchée et qu’aucun autre programme ne l’utilise.',
    },
    busy: { title: 'Il y a beaucoup de monde', text: 'Attendez un instant, puis réessayez.' },
    other: { title: 'La connexion a été interrompue', text: 'Rien n’est perdu. Vous pouvez recommencer.' },
    final: { title: 'Cela ne fonctionne pas ici', text: 'Essayez un autre navigateur ou entrez autrement.' },
  },
  retry: 'Réessayer',
  skip: 'Je ne peux pas faire cela',
  cancel: 'Annuler',
};
