// A relying party in one file and without libraries: the authorization code flow with PKCE, as a
// public client. What it keeps for the way back lies in this tab's sessionStorage only.

const root = document.getElementById('playground');
const { issuer, clientId, scope } = root.dataset;
const KEPT = 'countersign.playground';
const here = location.origin + '/playground';
const byId = (id) => document.getElementById(id);

// --- words and elements -------------------------------------------------------------------------

const words = {};
for (const word of byId('words').content.querySelectorAll('[data-word]')) words[word.dataset.word] = word.textContent;
const say = (id, args = {}) => (words[id] ?? id).replace(/\{(\w+)\}/g, (place, name) => args[name] ?? place);

function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child != null));
  return element;
}

function show(step, ...children) {
  const item = byId('step-' + step);
  item.classList.add('done');
  item.querySelector('[data-slot]')?.replaceChildren(...children);
}

// Tokens are long, and step 4 shows them whole.
const brief = (value) => typeof value === 'string' && value.length > 90 ? value.slice(0, 24) + ' … ' + value.slice(-12) : value;

// One message on the wire: its first line, its parameters and what each is for.
function wire(title, line, params) {
  const rows = Object.entries(params).map(([name, value]) =>
    el('div', null, el('dt', null, name),
      el('dd', null, el('code', null, brief(value))),
      words['param-' + name] && el('dd', { class: 'why' }, say('param-' + name))));
  return el('details', { class: 'wire', open: '' }, el('summary', null, title, ' ', el('code', null, line)), el('dl', null, ...rows));
}

const pretty = (value) => el('pre', null, JSON.stringify(value, null, 2));
const reply = ({ status, body }) => el('details', { class: 'wire', open: '' },
  el('summary', null, say('received-status', { status })),
  pretty(typeof body === 'object' ? Object.fromEntries(Object.entries(body).map(([name, value]) => [name, brief(value)])) : body));

// --- bytes --------------------------------------------------------------------------------------

const utf8 = new TextEncoder();
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

// The three pieces of a JWT; null for anything else, which is not an error: a token may be opaque.
function open(token) {
  try {
    const [header, claims, signature, more] = token.split('.');
    if (!signature || more !== undefined) return null;
    const json = (part) => JSON.parse(new TextDecoder().decode(bytesOf(part)));
    return { token, header: json(header), claims: json(claims), signature: bytesOf(signature), signed: utf8.encode(header + '.' + claims) };
  } catch {
    return null;
  }
}

// --- signatures (RFC 7518 §3, RFC 8037) -----------------------------------------------------------

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function algorithm(alg) {
  const bits = alg.slice(2);
  const hash = 'SHA-' + bits;
  if (/^RS(256|384|512)$/.test(alg)) return { kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash };
  if (/^PS(256|384|512)$/.test(alg)) return { kty: 'RSA', name: 'RSA-PSS', hash, saltLength: bits / 8 };
  if (CURVES[alg]) return { kty: 'EC', name: 'ECDSA', hash, namedCurve: CURVES[alg] };
  if (alg === 'EdDSA' || alg === 'Ed25519') return { kty: 'OKP', name: 'Ed25519', namedCurve: 'Ed25519', hash: 'SHA-512' };
  return null;
}

// The id of the words that tell the outcome, and whether it is a good one.
async function verify(jwt, keys) {
  const how = algorithm(jwt.header.alg ?? '');
  if (!how) return ['check-no-alg', false];
  const fits = (key) => key.kty === how.kty && (!how.namedCurve || key.crv === how.namedCurve)
    && (!jwt.header.kid || key.kid === jwt.header.kid);
  const found = keys.find(fits);
  if (!found) return ['check-no-key', false];
  // Only what makes the key: browsers differ in the names of `alg` they accept beside it.
  const { kty, n, e, crv, x, y } = found;
  let key;
  try {
    key = await crypto.subtle.importKey('jwk', { kty, n, e, crv, x, y }, how, false, ['verify']);
  } catch {
    return ['check-no-alg', false];
  }
  return ['check-signature', await crypto.subtle.verify(how, key, jwt.signature, jwt.signed)];
}

// OIDC Core §3.1.3.6: the left half of the hash the signature uses.
async function atHash(jwt, accessToken) {
  const hash = await crypto.subtle.digest(algorithm(jwt.header.alg)?.hash ?? 'SHA-256', utf8.encode(accessToken));
  return base64url(hash.slice(0, hash.byteLength / 2));
}

// --- checks and verdict -------------------------------------------------------------------------

const checks = new Map();

function check(name, ok, text) {
  checks.set(name, ok);
  const item = el('li', { 'data-check': name, 'data-ok': ok },
    el('i', { 'aria-hidden': 'true' }, ok ? '✓' : '✕'),
    el('span', null, el('strong', { class: ok ? 'unseen' : '' }, say(ok ? 'passed' : 'failed'), ' '), text));
  // After a refresh the same check is made again, in its old place.
  const before = byId('checks').querySelector(`[data-check="${name}"]`);
  if (before) before.replaceWith(item);
  else byId('checks').append(item);
  byId('step-checks').classList.add('done');
}

function verdict(ok, title, text) {
  byId('verdict').dataset.ok = ok;
  byId('verdict').replaceChildren(el('h2', null, say(title)), el('p', null, text));
}

function conclude() {
  const ok = [...checks.values()].every(Boolean);
  verdict(ok, ok ? 'verdict-good' : 'verdict-bad', say(ok ? 'verdict-good-lead' : 'verdict-bad-lead'));
}

// --- the flow -----------------------------------------------------------------------------------

let provider;
let keys = [];
let held; // the newest token answer
let first; // claims of the first ID token

async function call(url, request) {
  const response = await fetch(url, { ...request, credentials: 'omit', cache: 'no-store' });
  const text = await response.text();
  let body = text;
  try { body = JSON.parse(text); } catch { /* a signed answer is no JSON: shown as it came */ }
  return { status: response.status, ok: response.ok, body };
}

const post = (url, params) => call(url, { method: 'POST', body: new URLSearchParams(params) });

async function prepare() {
  const verifier = random();
  const challenge = base64url(await crypto.subtle.digest('SHA-256', utf8.encode(verifier)));
  const params = {
    response_type: 'code', client_id: clientId, redirect_uri: here, scope,
    state: random(), nonce: random(), code_challenge: challenge, code_challenge_method: 'S256',
  };
  // OIDC Core §11: lasting access is asked for in so many words.
  if (scope.split(' ').includes('offline_access')) params.prompt = 'consent';
  return { verifier, params };
}

function showRequest({ params }) {
  show('request', wire(say('sent'), 'GET ' + provider.authorization_endpoint, params));
}

const TOKENS = { id_token: 'id-token', access_token: 'access-token', refresh_token: 'refresh-token' };
const moment = (seconds) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' }).format(seconds * 1000);

function showTokens(tokens) {
  show('look', ...Object.entries(TOKENS).filter(([name]) => tokens[name]).map(([name, word]) => {
    const jwt = open(tokens[name]);
    const raw = el('pre', { class: 'raw' });
    tokens[name].split('.').forEach((part, at) => raw.append(at ? '.' : '', el('span', null, part)));
    return el('details', { class: 'token', 'data-token': name, ...(name === 'id_token' && { open: '' }) },
      el('summary', null, el('strong', null, say(word)), ' ', el('span', null, say(word + '-lead'))),
      el('div', null, raw, ...(jwt
        ? [el('h3', null, say('header')), pretty(jwt.header), el('h3', null, say('claims')), pretty(jwt.claims)]
        : [el('p', null, say('opaque'))])));
  }));
}

// `nonce` is null after a refresh, where an ID token may be missing or carry none (OIDC Core §12.2).
async function judge(tokens, nonce) {
  const now = Date.now() / 1000;
  for (const [name, word] of Object.entries(TOKENS)) {
    const jwt = open(tokens[name] ?? '');
    if (!jwt) {
      if (name === 'id_token' && nonce !== null) check('id_token-signature', false, say('check-no-key', { token: say(word), alg: '–', kid: '–' }));
      continue;
    }
    const { header, claims } = jwt;
    const told = (id, args) => say(id, { token: say(word), ...args });
    const note = (what, ok, id, args) => check(`${name}-${what}`, ok, told(id, args));
    const [id, genuine] = await verify(jwt, keys);
    note('signature', genuine, id, { alg: header.alg ?? '–', kid: header.kid ?? '–' });
    note('iss', claims.iss === issuer, 'check-iss');
    if (claims.exp !== undefined || name !== 'refresh_token') {
      note('exp', claims.exp > now && !(claims.iat > now + 60), 'check-exp', { time: claims.exp ? moment(claims.exp) : '–' });
    }
    if (name === 'access_token' && claims.client_id !== undefined) note('client', claims.client_id === clientId, 'check-access-client');
    if (name !== 'id_token') continue;
    const audience = [claims.aud].flat();
    note('aud', audience.includes(clientId) && (audience.length === 1 || claims.azp === clientId), 'check-aud');
    if (nonce !== null || claims.nonce !== undefined) note('nonce', claims.nonce === (nonce ?? first?.nonce), 'check-nonce');
    if (claims.at_hash !== undefined) note('at_hash', claims.at_hash === await atHash(jwt, tokens.access_token), 'check-at-hash');
  }
}

async function exchange(params) {
  const answer = await post(provider.token_endpoint, params);
  const slot = [wire(say('sent'), 'POST ' + provider.token_endpoint, params), reply(answer)];
  if (answer.ok) {
    held = { ...held, ...answer.body };
    keys = (await call(provider.jwks_uri)).body.keys ?? [];
    showTokens(held);
  }
  return { answer, slot };
}

async function arrive(answer, kept) {
  byId('start').hidden = true;
  byId('again').hidden = false;
  show('answer', wire(say('received'), 'GET ' + here, answer));
  if (!kept) return verdict(false, 'verdict-error', say('verdict-lost'));
  showRequest(kept);
  byId('step-request').querySelector('details').open = false;

  check('discovery', true, say('check-discovery'));
  check('state', answer.state === kept.params.state, say('check-state'));
  // RFC 9207 §2.4: where the provider says that it names itself, silence is wrong too.
  if (answer.iss !== undefined || provider.authorization_response_iss_parameter_supported) {
    check('iss', answer.iss === issuer, say('check-answer-iss'));
  }
  // An answer that is not for us is not acted upon.
  if (![...checks.values()].every(Boolean)) return conclude();
  if (answer.error) {
    const text = answer.error === 'access_denied' ? say('verdict-denied') : `${answer.error}: ${answer.error_description ?? ''}`;
    return verdict(false, 'verdict-error', text);
  }

  const { answer: tokens, slot } = await exchange({
    grant_type: 'authorization_code', code: answer.code, redirect_uri: here, client_id: clientId, code_verifier: kept.verifier,
  });
  show('tokens', ...slot);
  if (!tokens.ok) return verdict(false, 'verdict-error', say('verdict-fetch', { reason: tokens.body.error ?? tokens.status }));
  first = open(held.id_token ?? '')?.claims;
  await judge(held, kept.params.nonce);
  conclude();
  byId('userinfo').hidden = !provider.userinfo_endpoint;
  byId('refresh').hidden = !held.refresh_token;
}

async function userinfo() {
  const answer = await call(provider.userinfo_endpoint, { headers: { authorization: 'Bearer ' + held.access_token } });
  show('use', wire(say('sent'), 'GET ' + provider.userinfo_endpoint, { Authorization: `Bearer ${held.access_token}` }), reply(answer));
  const claims = typeof answer.body === 'string' ? open(answer.body)?.claims : answer.body;
  check('userinfo-sub', answer.ok && claims?.sub !== undefined && claims.sub === first?.sub, say('check-userinfo-sub'));
  conclude();
}

async function refresh() {
  const before = held.refresh_token;
  const { answer, slot } = await exchange({ grant_type: 'refresh_token', refresh_token: before, client_id: clientId });
  show('use', ...slot);
  check('refresh-rotated', answer.ok && held.refresh_token !== before, say('check-refresh-rotated'));
  if (answer.ok) {
    if (answer.body.id_token) check('refresh-sub', open(held.id_token)?.claims.sub === first?.sub, say('check-refresh-sub'));
    await judge(answer.body, null);
  }
  conclude();
}

// A button works once at a time, and what fails is told.
function press(id, work) {
  byId(id).addEventListener('click', async () => {
    byId(id).disabled = true;
    await work().catch((fault) => verdict(false, 'verdict-error', say('verdict-fetch', { reason: fault.message })));
    byId(id).disabled = false;
  });
}

async function begin() {
  const answer = Object.fromEntries(new URLSearchParams(location.search));
  const returned = 'code' in answer || 'error' in answer;
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (returned) {
    // The code leaves the address bar, and the request cannot be answered twice.
    history.replaceState(null, '', '/playground');
    sessionStorage.removeItem(KEPT);
  }
  if (!crypto.subtle) return verdict(false, 'verdict-error', say('insecure'));
  if (new URL(issuer).origin !== location.origin) return verdict(false, 'verdict-error', say('elsewhere', { issuer }));
  provider = (await call(issuer.replace(/\/$/, '') + '/.well-known/openid-configuration')).body;
  // OIDC Discovery §4.3: otherwise every other address in it is a stranger's.
  if (provider.issuer !== issuer) {
    check('discovery', false, say('check-discovery'));
    return conclude();
  }
  if (returned) return arrive(answer, kept);

  let request = await prepare();
  showRequest(request);
  byId('start').disabled = false;
  byId('start').addEventListener('click', () => {
    sessionStorage.setItem(KEPT, JSON.stringify(request));
    const url = new URL(provider.authorization_endpoint);
    for (const [name, value] of Object.entries(request.params)) url.searchParams.set(name, value);
    location.assign(url);
  });
  // Back from the provider without an answer: a request is used once.
  window.addEventListener('pageshow', async (event) => {
    if (event.persisted) showRequest(request = await prepare());
  });
}

press('userinfo', userinfo);
press('refresh', refresh);
byId('again').addEventListener('click', () => location.assign('/playground'));
begin().catch((fault) => verdict(false, 'verdict-error', say('verdict-fetch', { reason: fault.message })));
