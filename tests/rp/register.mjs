// Registers itself, as an app does that has nothing but the issuer, and takes a token for itself, once for each
// way of authentication.
//
//   node tests/rp/register.mjs ISSUER
//
// Prints {method: access token}. The first thing wrong ends it with status 1.
import * as client from 'openid-client';

const issuer = new URL(process.argv[2]);
const options = { execute: [client.allowInsecureRequests] };

async function own(metadata, authentication) {
  const service = { client_name: 'openid-client', grant_types: ['client_credentials'], response_types: [] };
  const config = await client.dynamicClientRegistration(issuer, { ...service, ...metadata }, authentication, options);
  // Twice: an assertion is made anew each time.
  await client.clientCredentialsGrant(config);
  return (await client.clientCredentialsGrant(config)).access_token;
}

async function pair(algorithm, kid) {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', publicKey);
  return { jwks: { keys: [{ kty, crv, x, y, n, e, kid, use: 'sig' }] }, key: privateKey, kid };
}

const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
const algorithms = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', ...rsa },
  PS256: { name: 'RSA-PSS', ...rsa },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
};

const tokens = {
  client_secret_basic: await own({ token_endpoint_auth_method: 'client_secret_basic' }, client.ClientSecretBasic()),
  client_secret_post: await own({ token_endpoint_auth_method: 'client_secret_post' }, client.ClientSecretPost()),
  client_secret_jwt: await own({ token_endpoint_auth_method: 'client_secret_jwt' }, client.ClientSecretJwt()),
};
for (const [name, algorithm] of Object.entries(algorithms)) {
  const { jwks, key, kid } = await pair(algorithm, name);
  const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks };
  tokens[`private_key_jwt ${name}`] = await own(metadata, client.PrivateKeyJwt({ key, kid }));
}
console.log(JSON.stringify(tokens));
