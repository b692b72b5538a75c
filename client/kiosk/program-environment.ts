/** Every setting of ours begins so, the secret ones included. */
const OURS = 'VERIFRAME_';

/**
 * The environment for a program that is started from here: this process's own without anything of veriframe's, so that
 * neither a door nor a video decoder holds an API key, and with `told`.
 */
export function programEnvironment(told: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.toUpperCase().startsWith(OURS));
  return { ...Object.fromEntries(others), ...told };
}
