import { colours } from './colours.ts';
import { layout } from './layout.ts';
import { motion } from './motion.ts';
import { phone, sideways } from './phone.ts';
import { ring } from './ring.ts';
import { theme } from './theme.ts';

/** The element's style sheets. They are adopted as constructed sheets, so that no inline style is needed. */
export const styles = [theme, layout, ring, phone, sideways, colours, motion];
