import type { Guidance } from './guidance.ts';

export const guidance: Guidance = {
  hint: {
    'no-face': 'قف أمام الكاميرا',
    'several-faces': 'شخص واحد فقط',
    'move-closer': 'اقترب قليلًا',
    'move-back': 'ابتعد قليلًا',
    'centre-face': 'تحرّك إلى الوسط',
    'look-straight': 'انظر إلى الأمام',
    'hold-still': 'اثبت مكانك',
    'too-dark': 'زد الضوء على وجهك',
    'too-bright': 'خفّف الضوء على وجهك',
    'face-covered': 'اكشف وجهك',
    'turn-camera': 'اجعل الكاميرا مستقيمة',
    'no-colour': 'الكاميرا لا تُظهر الألوان',
    'open-eyes': 'افتح عينيك',
    'do-challenge': 'اتبع الإشارة',
    'again-slower': 'مرة أخرى، ببطء أكثر',
    wait: 'لحظة من فضلك',
    'connection-slow': 'الاتصال بطيء، انتظر قليلًا',
    'service-slow': 'الخدمة بطيئة، انتظر قليلًا',
  },
  challenge: {
    blink: 'ارمش مرة واحدة',
    'turn-left': 'التفت إلى اليسار',
    'turn-right': 'التفت إلى اليمين',
    'look-up': 'انظر إلى الأعلى',
    'look-down': 'انظر إلى الأسفل',
    smile: 'ابتسم',
    'open-mouth': 'افتح فمك',
    'come-closer': 'اقترب',
  },
};
