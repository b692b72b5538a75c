import { goTo } from './site.ts';
import { ApiError, ask, isKnown } from './api.ts';
import { find, onSubmit, showProblem, textOf } from './dom.ts';
import { operatorStrings } from './operator-strings.ts';

const { problem } = operatorStrings.operator;
const form = find('form', HTMLFormElement);
const secret = find('[name=secret]', HTMLInputElement);

onSubmit(form, async (entries) => {
  showProblem(form, null);
  try {
    await ask('POST', '/api/operator/sign-in', { secret: textOf(entries, 'secret') });
    goTo('/operator');
  } catch (error) {
    const code = error instanceof ApiError ? error.code : '';
    showProblem(form, isKnown(code, problem) ? problem[code] : problem.other);
    secret.select();
  }
});
