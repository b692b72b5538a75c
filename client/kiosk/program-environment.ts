/** Prefix of all veriframe settings, the secret ones included. */
const OURS = 'VERIFRAME_';

/**
 * The environment for a child process: the environment of this process without veriframe's settings, plus `added`.
 * Neither a door command nor a video decoder thus gets an API key.
 */
export function programEnvironment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.toUpperCase().startsWith(OURS));
  return { ...Object.fromEntries(others), ...added };
}
