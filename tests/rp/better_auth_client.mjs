// Better Auth's own client, as npm has it, in the hands of a test.
//
//   BASE_URL=… node tests/rp/better_auth_client.mjs
//
// Each line of its input is {client, call, args}: `client` names one of several clients, each with cookies of its
// own as a browser has; `call` is a path such as "signIn.email". For each it prints a line {data, error}.
import { createInterface } from 'node:readline';
import { createAuthClient } from 'better-auth/client';

// The cookies of one browser; of their attributes only Max-Age matters to a client of one host.
function jar() {
  const cookies = new Map();
  return async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (cookies.size) headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
    const response = await fetch(input, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split(';').map((part) => part.trim());
      const [name, value] = pair.split(/=(.*)/s);
      if (attributes.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
}

const clients = new Map();
function client(name) {
  if (!clients.has(name)) {
    const fetchOptions = { customFetchImpl: jar() };
    clients.set(name, createAuthClient({ baseURL: process.env.BASE_URL, fetchOptions }));
  }
  return clients.get(name);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { client: name, call, args } = JSON.parse(line);
  const method = call.split('.').reduce((object, part) => object[part], client(name));
  const { data, error } = await method(...args);
  console.log(JSON.stringify({ data: data ?? null, error: error ?? null }));
}
