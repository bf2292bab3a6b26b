// An app that nobody registered beforehand: it does so itself, and then uses what openid-client has beyond the
// code flow of docs/examples: pushed and signed requests, form_post, signed userinfo, authentication by its own key,
// introspection, revocation, and the way out through the provider.
//
//   ISSUER=… PORT=… [JWKS_URI=…] [METADATA='{…}'] node self_registered_app.mjs
//
//   /login?how=par|jar|jar-par|plain   all other parameters go into the authorization request
//   /refresh[?resource=…]  /introspect  /revoke?token=access|refresh
//   /logout[?hint=no]                  through the end session endpoint, back to /bye
//   /clock?ahead=MILLISECONDS          moves its clock, as a test moves the server's
//   /new-key                           signs with another key from now on
//   /jwks                              the public halves, to be put behind JWKS_URI
//
// It ends when its standard input closes, as it does when the test that started it ends.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text as read } from 'node:stream/consumers';
import * as oidc from 'openid-client';

const { ISSUER, PORT, JWKS_URI, METADATA = '{}' } = process.env;
const here = (path) => new URL(path, `http://localhost:${PORT}`);
process.stdin.resume().on('end', () => process.exit());

const clock = Date.now;
let ahead = 0;
Date.now = () => clock() + ahead;

async function makeKey(kid) {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  return { own: { key: pair.privateKey, kid }, shown: { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' } };
}
let key = await makeKey('first');

const [redirect_uri, post_logout_redirect_uri] = [here('/callback').href, here('/bye').href];
const metadata = {
  client_name: 'Acme Notes',
  redirect_uris: [redirect_uri],
  post_logout_redirect_uris: [post_logout_redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  request_object_signing_alg: 'ES256',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'PS256',
  ...(JWKS_URI ? { jwks_uri: JWKS_URI } : { jwks: { keys: [key.shown] } }),
  ...JSON.parse(METADATA),
};
// Whichever key is the app's at that moment.
const authentication = (...request) => oidc.PrivateKeyJwt(key.own)(...request);
const config = await oidc.dynamicClientRegistration(new URL(ISSUER), metadata, authentication, {
  execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
});
const { client_id } = config.clientMetadata();

const ways = {
  plain: (parameters) => oidc.buildAuthorizationUrl(config, parameters),
  par: (parameters) => oidc.buildAuthorizationUrlWithPAR(config, parameters),
  jar: (parameters) => oidc.buildAuthorizationUrlWithJAR(config, parameters, key.own),
  'jar-par': async (parameters) => {
    const signed = await oidc.buildAuthorizationUrlWithJAR(config, parameters, key.own);
    return oidc.buildAuthorizationUrlWithPAR(config, { request: signed.searchParams.get('request') });
  },
};

const sessions = new Map();
const sessionOf = (request) =>
  sessions.get(/(?:^|; )notes_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]) ?? {};
function keep(session, response) {
  sessions.delete(session.id);
  session.id = randomUUID();
  sessions.set(session.id, session);
  response.setHeader('Set-Cookie', `notes_session=${session.id}; Path=/; HttpOnly; SameSite=Lax`);
}
// By state and not by cookie: a form that another site posts here comes without a Lax cookie.
const attempts = new Map();
const leaving = new Set();

const header = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'));
async function signIn(session, tokens, withUserinfo = true) {
  const claims = tokens.claims() ?? session.claims;
  if (session.claims && claims.sub !== session.claims.sub) throw new Error('The ID token is about somebody else.');
  const userinfo = withUserinfo ? await oidc.fetchUserInfo(config, tokens.access_token, claims.sub) : session.userinfo;
  Object.assign(session, { tokens: { ...session.tokens, ...tokens }, claims, userinfo });
}

const routes = { // each returns the page to show, an object to show as JSON, or where to go next
  '/': (session, { json }) => (json ? known(session) : session.claims ? signedIn(session) : signedOut),

  '/login': async (session, { query }) => {
    const [state, nonce, codeVerifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    attempts.set(state, { nonce, codeVerifier });
    const parameters = new URLSearchParams({
      redirect_uri, scope: query.get('scope') ?? 'openid profile email', state, nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier), code_challenge_method: 'S256',
    });
    const ours = ['how', 'scope'];
    for (const [name, value] of query) if (!ours.includes(name)) parameters.append(name, value);
    return ways[query.get('how') ?? 'par'](parameters);
  },

  '/callback': async (_, { answer, query, response }) => {
    const state = query.get('state');
    const attempt = attempts.get(state);
    if (!attempt) throw new Error('This sign-in is unknown here, or over.');
    attempts.delete(state);
    const checks = { expectedState: state, expectedNonce: attempt.nonce, pkceCodeVerifier: attempt.codeVerifier };
    const tokens = await oidc.authorizationCodeGrant(config, answer, { ...checks, idTokenExpected: true });
    const session = {};
    await signIn(session, tokens);
    keep(session, response);
    return here('/');
  },

  '/refresh': async (session, { query }) => {
    const tokens = await oidc.refreshTokenGrant(config, session.tokens.refresh_token, query);
    await signIn(session, tokens, !query.has('resource')); // which the issuer is not
    return here('/');
  },

  '/introspect': async ({ tokens }) => ({
    access: await oidc.tokenIntrospection(config, tokens.access_token, { token_type_hint: 'access_token' }),
    refresh: await oidc.tokenIntrospection(config, tokens.refresh_token),
  }),

  '/revoke': async ({ tokens }, { query }) => {
    const kind = `${query.get('token')}_token`;
    await oidc.tokenRevocation(config, tokens[kind], { token_type_hint: kind });
    return here('/');
  },

  '/logout': (session, { query }) => {
    sessions.delete(session.id);
    const state = oidc.randomState();
    leaving.add(state);
    const hint = query.get('hint') === 'no' ? {} : { id_token_hint: session.tokens.id_token };
    return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri, state, ...hint });
  },

  '/bye': (_, { query }) => {
    if (!leaving.delete(query.get('state'))) throw new Error('Nobody was signing out.');
    return '<h1 id="bye">You are signed out of everything</h1><p><a id="sign-in" href="/login">Sign in</a></p>';
  },

  '/clock': (_, { query }) => {
    ahead += Number(query.get('ahead'));
    return { ahead };
  },
  '/new-key': async () => {
    key = await makeKey(`${key.own.kid}-next`);
    return { keys: [key.shown] };
  },
  '/jwks': () => ({ keys: [key.shown] }),
};

const text = (value) => String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const signedOut = '<h1>Nobody is signed in</h1><p><a id="sign-in" href="/login">Sign in</a></p>';
const signedIn = ({ userinfo }) => `<h1>Hello, <span id="name">${text(userinfo.name)}</span></h1>
  <p id="email">${text(userinfo.email)}</p>
  <p><a id="log-out" href="/logout">Sign out everywhere</a> · <a id="ask" href="/logout?hint=no">Ask to sign out</a></p>`;
const failed = ({ error, code = 'error', error_description, message, cause }) => `<h1>That did not work</h1>
  <p id="error"><code>${text(error ?? code)}</code> ${text(error_description ?? message)} ${text(cause?.message ?? '')}</p>`;
const page = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Acme Notes</title>
  <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><main>${body}</main></html>`;
const known = ({ claims, userinfo, tokens: { access_token, refresh_token, id_token } = {} }) => ({
  signedIn: Boolean(claims), claims, userinfo, accessToken: access_token, refreshToken: refresh_token, idToken: id_token,
  clientId: client_id, kid: id_token && header(id_token).kid, registered: config.clientMetadata(),
});

createServer(async (request, response) => {
  const send = (status, type, body) =>
    response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' }).end(body);
  try {
    const url = here(request.url);
    if (!Object.hasOwn(routes, url.pathname)) return send(404, 'text/plain', 'Not found');
    let [query, answer] = [url.searchParams, url];
    if (request.method === 'POST') {
      const body = await read(request);
      const headers = { 'Content-Type': request.headers['content-type'] };
      [query, answer] = [new URLSearchParams(body), new Request(url, { method: 'POST', headers, body })];
    }
    const json = request.headers.accept?.includes('application/json');
    const outcome = await routes[url.pathname](sessionOf(request), { query, answer, json, response });
    if (outcome instanceof URL) response.writeHead(303, { Location: outcome.href }).end();
    else if (typeof outcome === 'object') send(200, 'application/json', JSON.stringify(outcome));
    else send(200, 'text/html', page(outcome));
  } catch (failure) { // the issuer's refusal, or what the library found wrong with an answer
    send(400, 'text/html', page(failed(failure)));
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`));
