/** A certificate that is made for one test run, so that no key lies in the repository. */
import { generateKeyPairSync, sign } from 'node:crypto';

/** One DER element: a tag, the length, the parts. */
function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)));
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const SEQUENCE = 0x30, SET = 0x31, INTEGER = 0x02, BITS = 0x03, OCTETS = 0x04, OID = 0x06, TEXT = 0x0c, TIME = 0x17, BOOLEAN = 0x01;
const COMMON_NAME = [0x55, 0x04, 0x03], BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13], ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];
const ECDSA_SHA256 = der(SEQUENCE, der(OID, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

/** For 127.0.0.1, signed by itself; both as PEM. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(TEXT, Buffer.from('go-leak-lint test')))));
  const extension = (oid: readonly number[], value: Buffer) => der(SEQUENCE, der(OID, oid), der(OCTETS, value));
  const body = der(SEQUENCE,
    der(0xa0, der(INTEGER, [2])), der(INTEGER, [1]), ECDSA_SHA256, name,
    der(SEQUENCE, der(TIME, Buffer.from('200101000000Z')), der(TIME, Buffer.from('491231235959Z'))), name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extension(BASIC_CONSTRAINTS, der(SEQUENCE, der(BOOLEAN, [0xff]))), extension(ALTERNATIVE_NAME, der(SEQUENCE, der(0x87, [127, 0, 0, 1]))))));
  const cert = der(SEQUENCE, body, ECDSA_SHA256, der(BITS, [0], sign('sha256', body, privateKey)));
  const pem = cert.toString('base64').replace(/.{64}/g, '$&\n');
  return { cert: `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
