// A certified OpenID provider on loopback, with a sign-in page of its own: what the site is tested against.
// Who may sign in stands in a JSON file (name → claims), read anew each time, so that a test can change it.

import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const { PORT, PEOPLE, CLIENT_ID, CLIENT_SECRET, CALLBACK } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;
const people = () => JSON.parse(readFileSync(PEOPLE, 'utf8'));

const provider = new Provider(issuer, {
  clients: [{
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, ...people()[accountId] }),
  }),
  // Whoever signs in has agreed: consent is not what is tested here.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
  cookies: { keys: ['for tests only'] },
  ttl: { Interaction: 600, Session: 3600, Grant: 600, IdToken: 600, AccessToken: 600 },
});

const page = (uid) => `<!doctype html><html lang="en"><title>Acme</title><link rel="icon" href="data:,">
<h1>Sign in to Acme</h1><form method="post" action="/interaction/${uid}">
<label>Name <input name="name"></label><button>Sign in to Acme</button></form>
<p><a href="/interaction/${uid}/stop">Stop</a></p></html>`;

provider.use(async (ctx, next) => {
  const [, place, uid, step] = ctx.path.split('/');
  if (place !== 'interaction') return next();
  if (ctx.method === 'POST') {
    let body = '';
    for await (const chunk of ctx.req) body += chunk;
    const name = new URLSearchParams(body).get('name');
    const result = name in people() ? { login: { accountId: name } } : { error: 'access_denied' };
    ctx.respond = false;
    return provider.interactionFinished(ctx.req, ctx.res, result);
  }
  if (step === 'stop') {
    ctx.respond = false;
    return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied' });
  }
  await provider.interactionDetails(ctx.req, ctx.res);
  ctx.type = 'html';
  ctx.body = page(uid);
});

provider.listen(PORT, '127.0.0.1', () => console.log('ready.'));
