import { ApiError, ask } from './api.ts';
import { find, onSubmit, tell, textOf } from './dom.ts';

const WORDS: Readonly<Record<string, string>> = {
  'operator.refused': 'This is not the secret.',
  'attempts.too_many': 'That were many attempts. Wait a few minutes, then try again.',
};

const form = find('form', HTMLFormElement);
const secret = find('[name=secret]', HTMLInputElement);

onSubmit(form, async (entries) => {
  tell(form, null);
  try {
    await ask('POST', '/api/operator/sign-in', { secret: textOf(entries, 'secret') });
    location.assign('/operator');
  } catch (error) {
    const code = error instanceof ApiError ? error.code : '';
    tell(form, WORDS[code] ?? 'That did not work. Try again in a moment.');
    secret.select();
  }
});
