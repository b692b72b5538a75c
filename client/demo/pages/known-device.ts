/*
 * Whether this browser has made a key for a user. A page cannot ask the device for it; a wrong answer costs a prompt
 * that finds nothing, or a sign-in that asks for another way.
 */

const nameOf = (username: string) => `veriframe-demo-key ${username.trim().toLowerCase()}`;

export function hasKeyHere(username: string): boolean {
  try {
    return localStorage.getItem(nameOf(username)) !== null;
  } catch {
    return false;
  }
}

export function rememberKey(username: string): void {
  try {
    localStorage.setItem(nameOf(username), '1');
  } catch {
    // Without storage the person is asked for another way next time.
  }
}
