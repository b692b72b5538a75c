import { hash, verify } from '@node-rs/argon2';

/** Argon2id with the first parameters of OWASP's Password Storage Cheat Sheet. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function hashPassword(password: string): Promise<string> {
  return await hash(password, COST);
}

/** Compared with where there is no password to compare with, so that an answer takes as long either way. */
let nobodys: Promise<string> | null = null;

/** @param passwordHash null when the account does not exist or has no password: then the answer is false */
export async function isPassword(password: string, passwordHash: string | null): Promise<boolean> {
  nobodys ??= hashPassword('');
  const isRight = await verify(passwordHash ?? (await nobodys), password);
  return isRight && passwordHash !== null;
}
