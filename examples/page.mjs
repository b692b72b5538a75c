/** The page of every example: the element, and what it says to the two routes. `service`: where veriframe runs. */
export const page = (service) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in by face</title>
<script type="module" src="${service}/sdk/face-auth.js"></script>
<p><label>Name <input value="ada" autocomplete="username"></label> <output></output></p>
<face-auth url="${service}/v1/stream"></face-auth>
<script type="module">
  const [element, input, output] = ['face-auth', 'input', 'output'].map((name) => document.querySelector(name));
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  element.ticket = async () => (await post('/face/start', { subject: input.value })).ticket;
  element.addEventListener('passed', async ({ detail }) => {
    const { user, code } = await post('/face/finish', { token: detail.token });
    output.textContent = user === undefined ? 'Not signed in: ' + code : 'Welcome, ' + user;
  });
</script>
`;
