import { hash, verify } from '@node-rs/argon2';

/** Argon2id with the first parameter set of OWASP's Password Storage Cheat Sheet. `memoryCost` is in KiB. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function hashPassword(password: string): Promise<string> {
  return await hash(password, COST);
}

/** Hash for accounts without a password, so that the answer takes the same time. */
let dummyHash: Promise<string> | null = null;

/** @param passwordHash null when the account does not exist or has no password: the answer is then false */
export async function isPassword(password: string, passwordHash: string | null): Promise<boolean> {
  dummyHash ??= hashPassword('');
  const isRight = await verify(passwordHash ?? (await dummyHash), password);
  return isRight && passwordHash !== null;
}
