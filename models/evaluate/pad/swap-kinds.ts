import { answering, bankKind, enrolmentOf, heads, type Random, referenceOf } from './bank-kind.ts';
import { type Bank, BANK_FRAMES_PER_SECOND, bankOf, bankSources } from './bank.ts';
import { coupleRecipe, PEOPLE } from './materials.ts';
import { switchAt } from './presenters.ts';
import type { SessionKind } from './session-kinds.ts';
import type { Presenter } from './session-player.ts';

const coupleOf = PEOPLE.slice(0, 1).map((person) => ({
  person,
  recipe: coupleRecipe(person, PEOPLE[1]),
}));

/** Presentations with more than one face. */
export const SWAP_KINDS: readonly SessionKind[] = [
  swapKind('swap-to-victim', 'attacker answers, then the victim’s face', 'to'),
  swapKind('swap-from-victim', 'victim’s face, then the attacker answers', 'from'),
  swapKind('swap-back', 'victim’s face at rest, the attacker’s in every answer', 'in answers'),
  bankKind(
    { id: 'two-faces', label: 'two faces side by side', attackClass: 'presentation' },
    coupleOf,
    answering,
  ),
];

function swapKind(id: string, label: string, way: 'to' | 'from' | 'in answers'): SessionKind {
  return {
    id,
    label,
    role: 'attack',
    attackClass: 'cheap injection',
    origin: 'simulated',
    unasked: false,
    people: PEOPLE.length,
    sources: heads.flatMap(({ person, recipe }) => [...enrolmentOf(person), ...bankSources(recipe)]),
    prepare: async (stage) => {
      const banks = heads.map(({ person, recipe }) => ({
        bank: bankOf(recipe, stage.footages),
        references: [referenceOf(person, stage)],
        recording: recipe.id,
      }));
      return (random, index) => {
        const victim = banks[index % banks.length];
        const attacker = banks[(index + 1 + Math.floor(random() * (banks.length - 1))) % banks.length];
        const { references, recording } = victim;
        const presenter = swapped(way, victim.bank, attacker.bank, random);
        return {
          presenter,
          references,
          framesPerSecond: BANK_FRAMES_PER_SECOND,
          recording: `${attacker.recording}, ${recording}`,
        };
      };
    },
  };
}

/** The face is swapped while a challenge is open. A later swap would leave a complete session of the victim. */
const SWAPPED_AFTER_MS = 600;
const SWAPPED_WITHIN_MS = 3_400;

function swapped(way: 'to' | 'from' | 'in answers', victim: Bank, attacker: Bank, random: Random): Presenter {
  if (way === 'in answers') return answering({ rest: victim.rest, takes: attacker.takes }, random);
  const [first, second] = way === 'to' ? [attacker, victim] : [victim, attacker];
  return switchAt(
    answering(first, random),
    answering(second, random),
    SWAPPED_AFTER_MS + SWAPPED_WITHIN_MS * random(),
  );
}
