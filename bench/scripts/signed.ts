/** Each request carries a token that the script signs (RS256), as clients of many interfaces must. */

import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { check, http, shared } from 'brunt';

export const options = {
  thresholds: { http_req_failed: ['rate<0.01'], checks: ['rate>0.99'] },
};

/** Made once for all VUs: each of them runs this module, and making a key takes a tenth of a second. */
const [pem = ''] = shared('key', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return [privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()];
});
const key = createPrivateKey(pem);
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const head = encode({ alg: 'RS256', typ: 'JWT' });

export default async function () {
  const unsigned = `${head}.${encode({ sub: `user-${__VU}`, jti: __ITER, exp: Math.floor(Date.now() / 1000) + 60 })}`;
  const signature = sign('sha256', Buffer.from(unsigned), key).toString('base64url');
  const res = await http.get(`${__ENV.BASE_URL}/json`, {
    headers: { authorization: `Bearer ${unsigned}.${signature}` },
  });
  check(res, {
    'status is 200': (r) => r.status === 200,
    'has an id': (r) => r.json<{ id: number }>().id === 7,
  });
}
