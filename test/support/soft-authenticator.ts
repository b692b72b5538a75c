import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { PossessionRequest } from '../../protocol/downstream.ts';
import type { PossessionAnswer } from '../../protocol/upstream.ts';

type Answer = Omit<PossessionAnswer, 'type'>;

/** What an answer says; each field is what an honest browser and authenticator would say unless it is given. */
export interface Lies {
  readonly origin?: string;
  readonly challenge?: string;
  readonly rpId?: string;
  readonly crossOrigin?: boolean;
  readonly type?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly counter?: number;
  /** Attestation statement in CBOR, with its format. */
  readonly attestation?: { readonly format: string; readonly statement: Buffer };
}

const FLAGS = { present: 0x01, verified: 0x04, attested: 0x40 };

/** A WebAuthn authenticator and its browser in software (ES256): what a device does, and what a forger would. */
export class SoftAuthenticator {
  readonly credentialId = randomBytes(16);
  counter = 0;
  readonly #origin: string;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  constructor(origin = 'http://localhost:8080') {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  /** Answers as the server asks: `askForKey` of the kiosk's session client. */
  readonly answer = async (request: PossessionRequest): Promise<Answer> =>
    request.task === 'register' ? this.register(request) : this.assert(request);

  register(request: PossessionRequest, lies: Lies = {}): Answer {
    const clientData = this.#clientData(request, 'webauthn.create', lies);
    const authData = Buffer.concat([
      this.#authenticatorData(request, lies, FLAGS.attested),
      Buffer.alloc(16),
      uint16(this.credentialId.byteLength),
      this.credentialId,
      this.#coseKey(),
    ]);
    const { format = 'none', statement = Buffer.from([0xa0]) } = lies.attestation ?? {};
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      text('fmt'),
      text(format),
      text('attStmt'),
      statement,
      text('authData'),
      byteString(authData),
    ]);
    return { registration: { id: this.credentialId, clientData, attestation } };
  }

  assert(request: PossessionRequest, lies: Lies = {}): Answer {
    this.counter += 1;
    const clientData = this.#clientData(request, 'webauthn.get', lies);
    const authenticatorData = this.#authenticatorData(request, lies, 0);
    const signature = createSign('sha256')
      .update(Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]))
      .sign(this.#privateKey);
    return { assertion: { id: this.credentialId, clientData, authenticatorData, signature } };
  }

  #clientData({ challenge }: PossessionRequest, type: string, lies: Lies): Buffer {
    const said = {
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.#origin,
      crossOrigin: lies.crossOrigin ?? false,
    };
    return Buffer.from(JSON.stringify(said));
  }

  #authenticatorData({ rpId }: PossessionRequest, lies: Lies, extraFlags: number): Buffer {
    const { userPresent = true, userVerified = true } = lies;
    const flags = (userPresent ? FLAGS.present : 0) | (userVerified ? FLAGS.verified : 0) | extraFlags;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? this.counter);
    return Buffer.concat([
      createHash('sha256')
        .update(lies.rpId ?? rpId)
        .digest(),
      Buffer.from([flags]),
      counter,
    ]);
  }

  /** {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}, RFC 9053. */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#publicKey.export({ format: 'jwk' });
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      byteString(Buffer.from(x, 'base64url')),
      Buffer.from([0x22]),
      byteString(Buffer.from(y, 'base64url')),
    ]);
  }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** CBOR text of up to 23 bytes (RFC 8949). */
export function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
}

/** CBOR byte string, its length in the shortest form. */
export function byteString(bytes: Buffer): Buffer {
  const { byteLength } = bytes;
  if (byteLength < 24) return Buffer.concat([Buffer.from([0x40 + byteLength]), bytes]);
  const length =
    byteLength < 256
      ? Buffer.from([0x58, byteLength])
      : Buffer.concat([Buffer.from([0x59]), uint16(byteLength)]);
  return Buffer.concat([length, bytes]);
}
