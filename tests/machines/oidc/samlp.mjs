// samlp as a provider on loopback, with a sign-in page of its own. samlp.py says where and for whom.
// What it reads from HOME_OF_PROVIDER, it reads anew for each request.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import samlp from 'samlp';
import SessionParticipants from 'samlp/lib/sessionParticipants/index.js';

const { HOME_OF_PROVIDER: home, URL_OF_PROVIDER: url } = process.env;
const read = (name) => readFileSync(`${home}/${name}`, 'utf8');
const told = () => JSON.parse(read('behaviour.json'));
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
// By the cookie of a browser: who signed in, and at which sites.
const visits = new Map();

const site = () => {
  const text = read('site.xml');
  const certificate = (use) => {
    const found = text.match(new RegExp(`use="${use}"[^]*?X509Certificate>([^<]+)<`))[1];
    return `-----BEGIN CERTIFICATE-----\n${found.trim()}\n-----END CERTIFICATE-----\n`;
  };
  const location = (service) => text.match(new RegExp(`${service} [^>]*Location="([^"]+)"`))[1];
  return {
    id: text.match(/entityID="([^"]+)"/)[1],
    acs: location('AssertionConsumerService'),
    logout: location('SingleLogoutService'),
    signing: certificate('signing'),
    encryption: certificate('encryption'),
  };
};

const own = () => {
  const [name] = told().keys;
  return { issuer: `${url}/metadata`, cert: read(`${name}.crt`), key: read(`${name}.key`) };
};

const page = (res, asked) => {
  const hidden = Object.entries(asked).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  res.set('Content-Type', 'text/html');
  res.send(`<!doctype html><title>samlp</title><h1>Sign in to samlp</h1><form method="post" action="/sso">
${hidden.join('')}<label>Name <input name="name"></label><button>Sign in</button></form>`);
};

const metadata = (req, res) => {
  const services = (name, path) => [REDIRECT, POST].map((binding) =>
    `<${name} Binding="${binding}" Location="${url}/${path}"/>`).join('');
  const body = own().cert.split('\n').slice(1, -2).join('');
  res.set('Content-Type', 'application/samlmetadata+xml');
  res.send(`<EntityDescriptor entityID="${url}/metadata" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${body}</X509Certificate></X509Data></KeyInfo>
</KeyDescriptor>${services('SingleLogoutService', 'slo')}${services('SingleSignOnService', 'sso')}
</IDPSSODescriptor></EntityDescriptor>`);
};

const sso = (req, res, next) => {
  const { visit, body } = req;
  if (told().people[body.name]) visit.who = body.name;
  if (!visit.who) return page(res, { method: req.method, ...req.query, ...body });
  if (body.method === 'GET') {
    // As it came: what the address was, is what was signed.
    const { method, name, ...query } = body;
    Object.assign(req, { method, query, body: {} });
  }
  const { mail, displayName } = told().people[visit.who];
  const { id, acs, logout, signing, encryption } = site();
  const sessionIndex = randomUUID();
  visit.sites.push({
    serviceProviderId: id, nameId: visit.who, sessionIndex, serviceProviderLogoutURL: logout, cert: signing,
  });
  return samlp.auth({
    ...own(),
    signingCert: signing,
    audience: id,
    recipient: acs,
    destination: acs,
    sessionIndex,
    getUserFromRequest: () => ({ id: visit.who, emails: [{ value: mail[0] }], displayName: displayName[0], name: {} }),
    getPostURL: (audience, request, asked, done) => done(null, acs),
    ...(told().encrypts ? { encryptionCert: encryption, encryptionPublicKey: encryption } : {}),
  })(req, res, next);
};

const slo = (req, res, next) => samlp.logout({
  ...own(),
  deflate: req.method === 'GET',
  protocolBinding: req.method === 'GET' ? REDIRECT : POST,
  sessionParticipants: new SessionParticipants(req.visit.sites),
  clearIdPSession: (done) => {
    req.visit.who = undefined;
    done();
  },
})(req, res, next);

const pages = { '/metadata': metadata, '/sso': sso, '/begin': sso, '/slo': slo };

createServer(async (req, res) => {
  let text = '';
  for await (const chunk of req) text += chunk;
  const address = new URL(req.url, url);
  const key = /visit=([\w-]+)/.exec(req.headers.cookie)?.[1] ?? randomUUID();
  if (!visits.has(key)) visits.set(key, { sites: [], session: {} });
  const visit = visits.get(key);
  res.setHeader('Set-Cookie', `visit=${key}; Path=/; HttpOnly`);
  // The little of Express that the library relies on.
  Object.assign(req, {
    query: Object.fromEntries(address.searchParams),
    body: Object.fromEntries(new URLSearchParams(text)),
    session: visit.session,
    visit,
  });
  Object.assign(res, {
    set: res.setHeader,
    send: (content) => (typeof content === 'number' ? res.writeHead(content).end('<p>Done') : res.end(content)),
    redirect: (to) => res.writeHead(302, { Location: to }).end(),
  });
  const refuse = (error) => {
    console.error(error);
    res.writeHead(400, { 'Content-Type': 'text/html' }).end('<h1>Refused</h1>');
  };
  try {
    pages[address.pathname](req, res, refuse);
  } catch (error) {
    refuse(error);
  }
}).listen(new URL(url).port, '127.0.0.1');
