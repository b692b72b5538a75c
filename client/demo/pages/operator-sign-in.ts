import { ApiError, ask, isKnown } from './api.ts';
import { find, onSubmit, tell, textOf } from './dom.ts';
import { instrument } from './operator-strings.ts';

const { problem } = instrument.operator;
const form = find('form', HTMLFormElement);
const secret = find('[name=secret]', HTMLInputElement);

onSubmit(form, async (entries) => {
  tell(form, null);
  try {
    await ask('POST', '/api/operator/sign-in', { secret: textOf(entries, 'secret') });
    location.assign('/operator');
  } catch (error) {
    const code = error instanceof ApiError ? error.code : '';
    tell(form, isKnown(code, problem) ? problem[code] : problem.other);
    secret.select();
  }
});
