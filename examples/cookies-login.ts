/**
 * Every VU has a cookie jar, as every user has a browser. Cookies that a response sets go out with the next requests; at
 * the end of an iteration the jar is emptied, so that the next iteration is a new visitor.
 */

import { check, defineOptions, http } from 'brunt';

export const options = defineOptions({
  vus: 3,
  iterations: 12,
  thresholds: { checks: ['rate==1'] },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

// 401 is what this server should say to strangers: it is no failed request.
const okOr401 = http.expectedStatuses(200, 401);

export default async function () {
  const user = `user${__VU}`;

  const stranger = await http.get(`${BASE_URL}/me`, { expectedStatuses: okOr401 });
  check(stranger, { 'a new visitor is not known': (r) => r.status === 401 });

  // A plain object as body is sent as an HTML form.
  const login = await http.post(`${BASE_URL}/login`, { user, password: 'demo' });
  check(login, { 'login sets a cookie': (r) => r.cookies.session?.[0]?.httpOnly === true });

  const me = await http.get(`${BASE_URL}/me`);
  check(me, { 'the cookie says who it is': (r) => r.json('user') === user });

  // The jar can be read and written.
  const jar = http.cookieJar();
  check(jar.cookiesForURL(BASE_URL), {
    'the jar has the session': (cookies) => cookies.session?.length === 1,
  });
  jar.clear(BASE_URL);
  const again = await http.get(`${BASE_URL}/me`, { expectedStatuses: okOr401 });
  check(again, { 'forgotten without it': (r) => r.status === 401 });
}
