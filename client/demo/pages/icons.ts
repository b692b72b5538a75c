import {
  ArrowLeft,
  Check,
  CircleAlert,
  Download,
  KeyRound,
  Lock,
  LogOut,
  Monitor,
  ScanFace,
  Smartphone,
  Timer,
  Trash2,
  WifiOff,
  X,
} from 'lucide-static';

/** Icons of the lucide set. They are decoration: the words beside them say the same. */
const SOURCES = {
  alert: CircleAlert,
  back: ArrowLeft,
  check: Check,
  computer: Monitor,
  download: Download,
  face: ScanFace,
  key: KeyRound,
  lock: Lock,
  offline: WifiOff,
  phone: Smartphone,
  refused: X,
  signOut: LogOut,
  time: Timer,
  trash: Trash2,
} as const;

export type IconName = keyof typeof SOURCES;

/** The icon's markup, sized and coloured by the style sheet. */
export function iconMarkup(name: IconName): string {
  const drawing = SOURCES[name].replace(/<!--.*?-->\s*/s, '').replace(/\s+/g, ' ');
  return drawing.replace(/<svg.*?>/s, '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">').trim();
}
