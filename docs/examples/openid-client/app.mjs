// An app that people sign in to with OpenID Connect, whole in one file:
//
//   npm install && CLIENT_ID=… npm start
//
// ISSUER, CLIENT_SECRET (a confidential client has one), PORT, REDIRECT_URI and SCOPE may be set too.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as oidc from 'openid-client';

const { ISSUER = 'http://localhost:3000', CLIENT_ID, CLIENT_SECRET, PORT = '4000' } = process.env;
const { REDIRECT_URI = `http://localhost:${PORT}/callback`, SCOPE = 'openid profile email' } = process.env;
if (!CLIENT_ID) throw new Error('Set CLIENT_ID to the id that this app was given when it was registered.');

// Where the issuer's endpoints and keys are, and what it can do, stands in its discovery document.
const issuer = new URL(ISSUER);
const onThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(issuer.hostname);
const authentication = CLIENT_SECRET ? oidc.ClientSecretBasic(CLIENT_SECRET) : oidc.None();
const config = await oidc.discovery(issuer, CLIENT_ID, {}, authentication, {
  execute: [
    // An ID token that comes straight from the issuer over TLS may go unverified; here its signature is checked too.
    oidc.enableNonRepudiationChecks,
    // Plain HTTP is for trying things out on one machine.
    ...(onThisMachine && issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
  ],
});

// Who is signed in is known by a cookie. A real app keeps its sessions in a database, and lets them end.
const sessions = new Map();
const sessionOf = (request) => {
  const id = /(?:^|; )example_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  return sessions.get(id) ?? { attempts: new Map() };
};

// Puts the session under a new id, so that an id planted in this browser before is worth nothing now.
function keep(session, response) {
  sessions.delete(session.id);
  session.id = randomUUID();
  sessions.set(session.id, session);
  // Lax, not Strict: the browser comes back to /callback from another site and has to bring the cookie.
  const secure = REDIRECT_URI.startsWith('https:') ? '; Secure' : '';
  response.setHeader('Set-Cookie', `example_session=${session.id}; Path=/; HttpOnly; SameSite=Lax${secure}`);
}

const here = (path) => new URL(path, REDIRECT_URI);
const routes = { // each returns the page to show, or where to go next
  '/': (session) => (session.claims ? signedIn(session) : signedOut),
  '/login': async (session, url, response) => {
    // state: this browser began this sign-in. nonce: the ID token was made for it. codeVerifier (PKCE):
    // only who began it can redeem the code. One of each per attempt, for people sign in from two tabs.
    const [state, nonce, codeVerifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    session.attempts.set(state, { nonce, codeVerifier });
    keep(session, response);
    const code_challenge = await oidc.calculatePKCECodeChallenge(codeVerifier);
    const pkce = { code_challenge, code_challenge_method: 'S256' };
    return oidc.buildAuthorizationUrl(config, { redirect_uri: REDIRECT_URI, scope: SCOPE, state, nonce, ...pkce });
  },

  '/callback': async (session, url, response) => {
    const state = url.searchParams.get('state');
    const attempt = session.attempts.get(state);
    if (!attempt && session.claims) return here('/'); // the back button, after all went well
    if (!attempt) throw new Error('This sign-in did not begin in this browser, or is already over.');
    session.attempts.delete(state); // whatever the answer, there is one
    const checks = { expectedState: state, expectedNonce: attempt.nonce, pkceCodeVerifier: attempt.codeVerifier };
    const tokens = await oidc.authorizationCodeGrant(config, url, { ...checks, idTokenExpected: true });
    const claims = tokens.claims();
    const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    keep(Object.assign(session, { tokens, claims, userinfo }), response);
    return here('/');
  },

  '/refresh': async (session) => {
    if (!session.tokens?.refresh_token) throw new Error('There is no refresh token here. Sign in first.');
    const tokens = await oidc.refreshTokenGrant(config, session.tokens.refresh_token);
    const claims = tokens.claims() ?? session.claims; // an ID token may come with it, about the same person
    if (claims.sub !== session.claims.sub) throw new Error('The refreshed ID token is about somebody else.');
    const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    // A new refresh token replaces the old one; when none comes, the old one stays good.
    Object.assign(session, { tokens: { ...session.tokens, ...tokens }, claims, userinfo });
    return here('/');
  },

  '/logout': (session) => (sessions.delete(session.id), here('/')), // here only: the issuer's session goes on
};

const text = (value) => String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const row = ([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(JSON.stringify(value))}</td></tr>`;
const signedOut = '<h1>Nobody is signed in</h1><p><a id="sign-in" href="/login">Sign in</a></p>';
const signedIn = ({ claims, userinfo }) => `<h1>Hello, <span id="name">${text(userinfo.name ?? claims.sub)}</span></h1>
  <p>You are signed in as <span id="email">${text(userinfo.email ?? claims.sub)}</span>. Your ID token was checked:
  it is signed with a key from ${text(config.serverMetadata().jwks_uri)}, by this issuer, for this app
  and this sign-in, and has not expired.</p><table>${Object.entries(claims).map(row).join('')}</table>
  <p><a id="refresh" href="/refresh">Refresh</a> · <a id="log-out" href="/logout">Sign out of this app</a></p>`;
const turnedAway = 'The issuer turned this app away. Are CLIENT_ID and CLIENT_SECRET the ones it was given?';
const failed = ({ error, code = 'error', error_description, message, status }) => `<h1>That did not work</h1>
  <p id="error"><code>${text(error ?? code)}</code> ${text(status === 401 ? turnedAway : error_description ?? message)}</p>
  <p><a href="/">Back</a></p>`;
const page = (body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Example app</title>
  <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><main>${body}</main></html>`;
const json = ({ claims, userinfo, tokens: { access_token, refresh_token, id_token } = {} }) => JSON.stringify(
  { signedIn: Boolean(claims), claims, userinfo, accessToken: access_token, refreshToken: refresh_token, idToken: id_token });

createServer(async (request, response) => {
  const send = (status, type, body) =>
    response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' }).end(body);
  try {
    const [url, session] = [here(request.url), sessionOf(request)];
    if (!Object.hasOwn(routes, url.pathname)) return send(404, 'text/plain', 'Not found');
    // For programs that test this one: a real app keeps its tokens to itself.
    const wantsJson = url.pathname === '/' && request.headers.accept?.includes('application/json');
    if (wantsJson) return send(200, 'application/json', json(session));
    const answer = await routes[url.pathname](session, url, response);
    if (answer instanceof URL) response.writeHead(302, { Location: answer.href }).end();
    else send(200, 'text/html', page(answer));
  } catch (failure) { // the issuer's refusal (access_denied, …), or what the library found wrong with an answer
    console.error(failure);
    send(400, 'text/html', page(failed(failure)));
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`));
