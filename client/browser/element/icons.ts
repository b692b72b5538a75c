import {
  CameraOff,
  Check,
  CircleAlert,
  KeyRound,
  Lock,
  Palette,
  RotateCcw,
  ScanFace,
  Timer,
  Video,
  WifiOff,
} from 'lucide-static';
import { unsafeSVG } from 'lit/directives/unsafe-svg.js';

/** Icons of the lucide set. They are decoration: the words beside them say the same. */
const SOURCES = {
  alert: CircleAlert,
  cameraOff: CameraOff,
  colours: Palette,
  check: Check,
  face: ScanFace,
  key: KeyRound,
  lock: Lock,
  offline: WifiOff,
  again: RotateCcw,
  time: Timer,
  video: Video,
} as const;

export type IconName = keyof typeof SOURCES;

/** The icon's `<svg>`, sized and coloured by the style sheet. */
export function icon(name: IconName): unknown {
  return unsafeSVG(SOURCES[name].replace('<svg', '<svg aria-hidden="true" focusable="false"'));
}
