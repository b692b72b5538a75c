import {
  base64URLStringToBuffer,
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser';
import type { PossessionAnswer, PossessionRequest } from '@veriframe/protocol';

/** COSE algorithms that the server takes: EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];
/** Longest wait of the browser's prompt, within what the server waits. */
const PROMPT_MS = 40_000;

/** Whether this page can ask for keys: WebAuthn needs HTTPS or localhost. */
export function canAskForKey(): boolean {
  return browserSupportsWebAuthn();
}

/**
 * Asks the person for the key that the server wants, by the browser's own prompt. Null when there is none, the person
 * declines, or this page may not ask for keys of `rpId`.
 *
 * Keys are discoverable: the server names none, so that a stranger does not learn who has one.
 * @param keyName what the device calls a new key
 */
export async function askForKey(
  request: PossessionRequest,
  keyName: string,
  signal: AbortSignal,
): Promise<Omit<PossessionAnswer, 'type'> | null> {
  const cancel = () => WebAuthnAbortService.cancelCeremony();
  signal.addEventListener('abort', cancel);
  try {
    return request.task === 'assert' ? await assertion(request) : await registration(request, keyName);
  } catch {
    return null;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function assertion({ challenge, rpId, userVerification }: PossessionRequest) {
  const { id, response } = await startAuthentication({
    optionsJSON: { challenge, rpId, userVerification, timeout: PROMPT_MS },
  });
  return {
    assertion: {
      id: bytes(id),
      clientData: bytes(response.clientDataJSON),
      authenticatorData: bytes(response.authenticatorData),
      signature: bytes(response.signature),
    },
  };
}

async function registration(
  { challenge, rpId, userVerification, user = '', exclude = [] }: PossessionRequest,
  keyName: string,
) {
  const { id, response } = await startRegistration({
    optionsJSON: {
      challenge,
      rp: { id: rpId, name: rpId },
      user: { id: user, name: keyName, displayName: keyName },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification },
      excludeCredentials: exclude.map((known) => ({ id: known, type: 'public-key' })),
      attestation: 'none',
      timeout: PROMPT_MS,
    },
  });
  return {
    registration: {
      id: bytes(id),
      clientData: bytes(response.clientDataJSON),
      attestation: bytes(response.attestationObject),
    },
  };
}

function bytes(base64Url: string): Uint8Array {
  return new Uint8Array(base64URLStringToBuffer(base64Url));
}
