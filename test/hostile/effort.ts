const SEED = 20_261_121;

/**
 * How long a fuzzer runs, and from which seed. `VERIFRAME_FUZZ_TIMES=20 VERIFRAME_FUZZ_SEED=7 npx vitest run test/hostile`
 * looks longer and elsewhere; what it finds goes, made as small as it can be, into `corpus`.
 */
export function effort(runs: number): { readonly seed: number; readonly numRuns: number } {
  const { VERIFRAME_FUZZ_TIMES: times, VERIFRAME_FUZZ_SEED: seed } = process.env;
  return { seed: Number(seed ?? SEED), numRuns: Math.round(runs * Number(times ?? 1)) };
}
