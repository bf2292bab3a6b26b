// Somebody else's OpenID provider, as Authentik is one: npm oidc-provider under a path, whose issuer ends with a
// slash, whose people are in groups, and who does not vouch for their addresses unless told to.
//
//   PORT=… CLIENT='{…}' node provider.mjs
//
// CLIENT is the metadata of its one client (RFC 7591 names, with client_id and client_secret). Whoever wants in gives
// the name of one of its people on a form, and nothing more; nobody is asked for consent.
//
// Each line of its input is a command, and each is answered by a line:
//   {"people": {"mia": {"name": …, "email": …, "email_verified": …, "groups": […]}}}    who is here from now on
//   {"brief": true}      ID tokens say who it is, and userinfo the rest (OpenID Connect Core §5.4)
//   {"keys": true}       signs with a key of its own making from now on, and no longer shows the one before
//   {"open": false}      hangs up on whoever calls; true: is there again
//   {"delay": 2000}      thinks for so many milliseconds before each answer
//   {"seen": true}       answers with the requests since the last time: [{method, path, params}]
//
// It ends when its standard input closes, as it does when the test that started it ends.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { text as read } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

// It warns, rightly, of what nobody should do outside of a test.
const { warn } = console;
console.warn = (...words) => String(words[0]).includes('oidc-provider WARNING') || warn(...words);
const { default: Provider } = await import('oidc-provider');

const { PORT, CLIENT } = process.env;
const PATH = '/application/o/demo';
const ISSUER = `http://127.0.0.1:${PORT}${PATH}/`;

let people = {};
let open = true;
let delay = 0;
let seen = [];

async function makeKey() {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return { ...await crypto.subtle.exportKey('jwk', privateKey), kid: randomUUID(), use: 'sig', alg: 'RS256', key_ops: undefined };
}

// Authentik asks for consent or not; here it is the latter.
async function grantEverything(ctx) {
  const { client, session, params, provider } = ctx.oidc;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

async function leave(ctx, form) {
  const button = '<button id="leave" name="logout" value="yes">Sign out here</button>';
  ctx.body = page('Leave', form.replace('</form>', `${button}</form>`));
}

let key = await makeKey();
let brief = false;

function build() {
  const provider = new Provider(ISSUER, {
    clients: [JSON.parse(CLIENT)],
    jwks: { keys: [key] },
    cookies: { keys: ['one who knows this signs its cookies'] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username', 'groups'],
      email: ['email', 'email_verified'],
      offline_access: [],
    },
    // Authentik puts them into the ID token, too.
    conformIdTokenClaims: brief,
    findAccount: (_, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
    loadExistingGrant: grantEverything,
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    interactions: { url: (_, { uid }) => `${PATH}/interaction/${uid}` },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: leave },
      backchannelLogout: { enabled: true },
    },
    // Its own guard against private addresses would keep it from everybody here.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    renderError: (ctx, { error, error_description }) => { ctx.body = page('No', `<p id="error">${text(error)}: ${text(error_description)}</p>`); },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 600, RefreshToken: 86400, Session: 86400 },
  });
  provider.on('server_error', (_, error) => console.error(error));
  provider.on('backchannel.error', (_, error) => console.error('back-channel logout:', error));
  return provider;
}
let provider = build();

const text = (value) => String(value ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title} · Demo</title>
  <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
  <main><h1>${title}</h1>${body}</main></html>`;
const form = ({ login_hint }) => page('Sign in to Demo', `<form method="post">
  <label for="login">Name</label> <input id="login" name="login" value="${text(login_hint)}">
  <button id="enter">Sign in</button> <button id="decline" name="decline" value="yes">Cancel</button></form>`);

async function interact(request, response, body) {
  const { params } = await provider.interactionDetails(request, response);
  const send = (status) => response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(form(params));
  if (request.method !== 'POST') return send(200);
  const login = body.get('login')?.split('@')[0];
  if (body.get('decline')) {
    return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'declined by <b>the person</b>' });
  }
  if (!Object.hasOwn(people, login)) return send(401);
  // Whoever was asked to consent has done so by coming in.
  return provider.interactionFinished(request, response, { login: { accountId: login }, consent: {} }, { mergeWithLastSubmission: false });
}

createServer(async (request, response) => {
  try {
    if (!open) return request.socket.destroy();
    await pause(delay);
    if (!request.url.startsWith(`${PATH}/`)) return response.writeHead(404).end();
    const url = new URL(request.url, ISSUER);
    const body = request.method === 'POST' ? await read(request) : undefined;
    seen.push({ method: request.method, path: url.pathname, params: Object.fromEntries(new URLSearchParams(body ?? url.search)) });
    if (url.pathname.startsWith(`${PATH}/interaction/`)) return await interact(request, response, new URLSearchParams(body));
    // As behind a proxy that serves it under a path.
    request.originalUrl = request.url;
    request.url = request.url.slice(PATH.length);
    if (body !== undefined) request.body = body;
    return provider.callback()(request, response);
  } catch (failure) {
    console.error(failure);
    response.writeHead(400, { 'Content-Type': 'text/html; charset=utf-8' }).end(page('No', `<p id="error">${text(failure.message)}</p>`));
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${ISSUER}`));

const commands = {
  people: (all) => { people = all; },
  brief: (is) => {
    brief = is;
    provider = build();
  },
  keys: async () => {
    key = await makeKey();
    provider = build();
  },
  open: (is) => { open = is; },
  delay: (milliseconds) => { delay = milliseconds; },
  seen: () => {
    const all = seen;
    seen = [];
    return all;
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const [[name, value]] = Object.entries(JSON.parse(line));
  console.log(JSON.stringify({ told: await commands[name](value) ?? null }));
}
process.exit();
