import { describe, expect, it } from 'vitest';
import { refusal } from '../../client/kiosk/api.ts';

describe('refusal', () => {
  it("keeps the server's code, and what its message adds to the table's sentence", () => {
    const body = {
      error: { code: 'api.invalid', message: 'The request is not valid. subject: required', retry: 'never' },
    };
    expect(refusal(400, JSON.stringify(body))).toMatchObject({
      code: 'api.invalid',
      message: 'The request is not valid. subject: required',
      retry: 'never',
    });
  });

  it('says a sentence of our own for a code with other words', () => {
    const body = { error: { code: 'server.busy', message: 'Voll.' } };
    expect(refusal(503, JSON.stringify(body))).toMatchObject({ code: 'server.busy', retry: 'backoff' });
  });

  it.each([
    ['a proxy page', '<html>Bad gateway</html>', /502/],
    ['nothing', '', /502/],
    [
      'a code of a newer server',
      JSON.stringify({ error: { code: 'quota.spent', message: 'No.' } }),
      /quota\.spent: No\./,
    ],
  ])('is api.unexpected for %s', (_, body, message) => {
    expect(refusal(502, body)).toMatchObject({ code: 'api.unexpected' });
    expect(refusal(502, body).message).toMatch(message);
  });
});
