// Checks what a token endpoint handed out, as a resource server that knows nothing but the issuer would.
//
//   node tests/rp/verify.mjs ISSUER < tokens.json
//
// tokens.json: {client_id, access_token?, refresh_token?, id_token?, nonce?, audience?}
//   nonce      what the ID token has to carry
//   audience   whom the access token is for; without it, the issuer
//
// Prints {access_token: {header, claims}, …} for the tokens given. The first thing wrong ends it with status 1.
import { text } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

function insist(holds, reason) {
  if (!holds) throw new Error(reason);
}

async function discover(issuer) {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  insist(response.ok, `discovery answered ${response.status}`);
  const metadata = await response.json();
  insist(metadata.issuer === issuer, `discovery speaks for ${metadata.issuer}, not ${issuer}`);
  return metadata;
}

// OpenID Connect Core §3.1.3.6: the left half of the hash that belongs to the ID token's algorithm.
function halfHash(algorithm, value) {
  const digest = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256').update(value).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

async function main() {
  const [issuer] = process.argv.slice(2);
  insist(issuer, 'usage: verify.mjs ISSUER < tokens.json');
  const given = JSON.parse(await text(process.stdin));
  insist(given.client_id, 'client_id is missing');
  const present = ['access_token', 'refresh_token', 'id_token'].filter((kind) => given[kind]);
  insist(present.length > 0, 'there is no token to check');

  const metadata = await discover(issuer);
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const verified = {};
  const check = async (kind, options) => {
    if (!given[kind]) return undefined;
    try {
      const { protectedHeader, payload } = await jwtVerify(given[kind], keys, { issuer, algorithms: ALGORITHMS, ...options });
      insist(protectedHeader.kid, 'its header has no kid');
      verified[kind] = { header: protectedHeader, claims: payload };
      return verified[kind];
    } catch (problem) {
      throw new Error(`${kind}: ${problem.message}`);
    }
  };

  const audience = given.audience ?? issuer;
  // RFC 9068 §2.2: the claims that an access token must have.
  const access = await check('access_token', { typ: 'at+jwt', audience, requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'] });
  insist(!access || access.claims.client_id === given.client_id, 'access_token: its client_id is another client\'s');

  const refresh = await check('refresh_token', { typ: 'rt+jwt', audience: issuer, requiredClaims: ['exp', 'iat', 'jti', 'client_id'] });
  insist(!refresh || refresh.claims.client_id === given.client_id, 'refresh_token: its client_id is another client\'s');

  const id = await check('id_token', { audience: given.client_id, requiredClaims: ['exp', 'iat', 'sub'] });
  if (id) {
    const { header, claims } = id;
    insist(header.typ === undefined || header.typ === 'JWT', `id_token: its typ is ${header.typ}`);
    insist(metadata.id_token_signing_alg_values_supported.includes(header.alg), `id_token: ${header.alg} is not announced`);
    insist(claims.azp === undefined || claims.azp === given.client_id, 'id_token: azp is another client');
    insist(![claims.aud].flat().slice(1).length || claims.azp, 'id_token: several audiences and no azp');
    insist(given.nonce == null || claims.nonce === given.nonce, 'id_token: the nonce is not the one sent');
    insist(!access || claims.sub === access.claims.sub, 'id_token: its sub is not the access token\'s');
    insist(!access || !claims.at_hash || claims.at_hash === halfHash(header.alg, given.access_token), 'id_token: at_hash is wrong');
  }
  process.stdout.write(`${JSON.stringify(verified)}\n`);
}

await main().catch((problem) => {
  process.stderr.write(`${[problem.message, problem.cause?.message].filter(Boolean).join(': ')}\n`);
  process.exitCode = 1;
});
