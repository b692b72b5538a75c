/** Folder for pictures of every screen, to be looked at by a person. Without it none is taken. */
export const SHOTS = process.env['VERIFRAME_SHOTS'];

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };
const ALL_LOOKS = [
  { name: 'phone-light', viewport: PHONE, colorScheme: 'light' },
  { name: 'desktop-dark', viewport: DESKTOP, colorScheme: 'dark' },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark' },
  { name: 'desktop-light', viewport: DESKTOP, colorScheme: 'light' },
] as const;

/** Screen sizes and themes in which a page is checked: two that differ in both, or all four when pictures are taken. */
export const LOOKS = SHOTS === undefined ? ALL_LOOKS.slice(0, 2) : ALL_LOOKS;
