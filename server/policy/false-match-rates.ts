/** False match rates for which every method has a measured threshold. */
export const FMRS = [1e-2, 1e-3, 1e-4, 1e-5] as const;
export type Fmr = (typeof FMRS)[number];
