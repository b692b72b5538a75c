import { createHash, randomBytes } from 'node:crypto';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject, decodeClientDataJSON, isoBase64URL } from '@simplewebauthn/server/helpers';
import type { PossessionAnswer } from '../../protocol/upstream.ts';
import { isOriginOf, type RelyingParty } from './relying-parties.ts';

type Assertion = NonNullable<PossessionAnswer['assertion']>;
type Registration = NonNullable<PossessionAnswer['registration']>;

/** COSE algorithms: EdDSA, ES256, RS256. */
export const KEY_ALGORITHMS = [-8, -7, -257] as const;

const RANDOM_BYTES = 32;

/** A fresh challenge, base64url, that no other session has: SHA-256 of the session's id and 32 random bytes. */
export function newKeyChallenge(sessionId: string): string {
  return createHash('sha256')
    .update(`veriframe.possession.v1\0${sessionId}\0`)
    .update(randomBytes(RANDOM_BYTES))
    .digest('base64url');
}

/** What the server knows of a key that has signed. */
interface KnownKey {
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
}

interface Asked {
  readonly challenge: string;
  readonly party: RelyingParty;
  /** Whether the key must have verified its user. */
  readonly userVerified: boolean;
}

/**
 * Checks a key's signature (WebAuthn, section 7.2): challenge, origin, relying party, flags, counter and signature.
 * Null when anything is not as it should be. The caller still has to note the counter.
 */
export async function verifyAssertion(
  { id, clientData, authenticatorData, signature }: Assertion,
  keys: readonly KnownKey[],
  { challenge, party, userVerified }: Asked,
): Promise<{
  readonly credentialId: string;
  readonly counter: number;
  readonly userVerified: boolean;
} | null> {
  const credentialId = base64Url(id);
  const key = keys.find((known) => known.credentialId === credentialId);
  const origin = originIn(clientData, party);
  if (key === undefined || origin === null) return null;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64Url(clientData),
          authenticatorData: base64Url(authenticatorData),
          signature: base64Url(signature),
        },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: party.rpId,
      requireUserVerification: userVerified,
      credential: {
        id: credentialId,
        publicKey: Uint8Array.from(key.publicKey),
        counter: key.counter,
      },
    });
    const { newCounter } = authenticationInfo;
    return verified
      ? { credentialId, counter: newCounter, userVerified: authenticationInfo.userVerified }
      : null;
  } catch {
    // The library throws for every check that fails, and for bytes that it cannot read.
    return null;
  }
}

/** Checks a new key (WebAuthn, section 7.1). Null when anything is not as it should be. */
export async function verifyRegistration(
  { id, clientData, attestation }: Registration,
  { challenge, party, userVerified }: Asked,
): Promise<(KnownKey & { readonly backedUp: boolean; readonly userVerified: boolean }) | null> {
  const origin = originIn(clientData, party);
  if (origin === null || !isPlainAttestation(attestation)) return null;
  const credentialId = base64Url(id);
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: base64Url(clientData), attestationObject: base64Url(attestation) },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: party.rpId,
      requireUserVerification: userVerified,
      supportedAlgorithmIDs: [...KEY_ALGORITHMS],
    });
    if (!verified || registrationInfo.credential.id !== credentialId) return null;
    const { credential, credentialBackedUp } = registrationInfo;
    return {
      credentialId,
      publicKey: credential.publicKey,
      counter: credential.counter,
      backedUp: credentialBackedUp,
      userVerified: registrationInfo.userVerified,
    };
  } catch {
    return null;
  }
}

/**
 * Whether the attestation has no certificates: we ask for none. The library would follow the addresses of revocation
 * lists in certificates, so a client could make the server call whom it likes.
 */
function isPlainAttestation(attestation: Uint8Array): boolean {
  try {
    const decoded = decodeAttestationObject(Uint8Array.from(attestation));
    const format = decoded.get('fmt');
    return format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined);
  } catch {
    return false;
  }
}

/** The origin that the browser wrote down, when it is the party's own and its page was no frame of another site. */
function originIn(clientData: Uint8Array, party: RelyingParty): string | null {
  try {
    const { origin, crossOrigin } = decodeClientDataJSON(base64Url(clientData));
    return crossOrigin !== true && isOriginOf(party, origin) ? origin : null;
  } catch {
    return null;
  }
}

function base64Url(bytes: Uint8Array): string {
  return isoBase64URL.fromBuffer(Uint8Array.from(bytes));
}
