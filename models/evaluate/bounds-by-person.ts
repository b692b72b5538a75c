import { middle95 } from './bootstrap.ts';
import { proportion, type Bounded } from './proportion.ts';
import { randomIndex, seededRandom } from './seeded-random.ts';

const REPLICATES = 2_000;
const BOOTSTRAP_SEED = 1;

/**
 * The 95 % bounds of the rate by bootstrap over people: people are drawn with replacement, each with all sessions.
 * Where the rate is 0 or 1, resampling gives no bounds: then the bounds of Clopper and Pearson for as many independent
 * people.
 */
export function boundsByPerson(
  people: readonly { readonly errors: number; readonly sessions: number }[],
): Pick<Bounded, 'low' | 'high'> {
  const errors = people.reduce((sum, one) => sum + one.errors, 0);
  const total = people.reduce((sum, one) => sum + one.sessions, 0);
  if (errors === 0 || errors === total) {
    const { low, high } = proportion(errors === 0 ? 0 : people.length, people.length);
    return { low, high };
  }
  const random = seededRandom(BOOTSTRAP_SEED);
  const rates = Float64Array.from({ length: REPLICATES }, () => {
    let [failed, all] = [0, 0];
    for (let draw = 0; draw < people.length; draw++) {
      const one = people[randomIndex(random, people.length)];
      failed += one.errors;
      all += one.sessions;
    }
    return failed / all;
  });
  return middle95(rates);
}
