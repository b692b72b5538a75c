/** The false match rates (FMR, ISO/IEC 19795-1) for which every comparison method has a measured threshold. */
export const FMRS = [1e-2, 1e-3, 1e-4, 1e-5] as const;
export type Fmr = (typeof FMRS)[number];
