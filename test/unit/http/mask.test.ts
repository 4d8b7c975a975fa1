import { describe, expect, test } from 'vitest';
import { isSecretName, Masker, maskHeader } from '../../../dsl/http/mask.ts';

const SECRET = 'hunter2-hunter2';

test.each([
  'password',
  'user[password]',
  'PASSWD',
  'apiKey',
  'X-API-Key',
  'x-auth-token',
  'access_token',
  'refreshToken',
  'client_secret',
  'Authorization',
  'csrf-token',
  'sessionId',
  'sid',
  'pin',
  'DB_PASSWORD',
])('%s names a secret', (name) => expect(isSecretName(name)).toBe(true));

test.each([
  'name',
  'author',
  'passenger',
  'compass',
  'total_tokens',
  'max_tokens',
  'token_type',
  'key',
  'keyboard',
  'spin',
  'id',
])('%s does not', (name) => expect(isSecretName(name)).toBe(false));

test.each([
  ['Authorization', `Bearer ${SECRET}`, 'Bearer ***'],
  ['authorization', SECRET, '***'],
  ['Proxy-Authorization', 'Basic dXNlcjpodW50ZXIy', 'Basic ***'],
  ['Cookie', `sid=${SECRET}; theme=dark`, 'sid=***; theme=***'],
  ['Set-Cookie', `sid=${SECRET}; Path=/; HttpOnly; Max-Age=60`, 'sid=***; Path=/; HttpOnly; Max-Age=60'],
  ['X-Api-Key', SECRET, '***'],
  ['Accept', 'text/html', 'text/html'],
])('header %s: %s', (name, value, shown) => {
  expect(maskHeader(name, value)).toBe(shown);
  expect(new Masker().header(name, value)).toBe(shown);
});

test.each([
  [`https://u:${SECRET}@h/p`, 'https://***@h/p'],
  [`https://h/p?a=1&token=${SECRET}&b=2`, 'https://h/p?a=1&token=***&b=2'],
  [`https://h/p?key=${SECRET}`, 'https://h/p?key=***'],
  [`https://h/p#access_token=${SECRET}&x=1`, 'https://h/p#access_token=***&x=1'],
  [`https://h/p?user%5Bpassword%5D=${SECRET}`, 'https://h/p?user%5Bpassword%5D=***'],
  ['https://h/p?q=token', 'https://h/p?q=token'],
])('URL %s', (url, shown) => expect(new Masker().url(url)).toBe(shown));

describe('bodies', () => {
  test.each([
    ['JSON', `{"user":"a","password":"${SECRET}"}`, '{"user":"a","password":"***"}'],
    ['spaces', `{ "password" : "${SECRET}" , "a": 1 }`, '{ "password" : "***" , "a": 1 }'],
    ['escaped quotes', `{"password":"hun\\"${SECRET}","a":1}`, '{"password":"***","a":1}'],
    ['a backslash at the end', '{"password":"hunter2\\\\","a":"b"}', '{"password":"***","a":"b"}'],
    ['numbers', '{"pin":1234,"cvv": 99.5,"n":5}', '{"pin":"***","cvv": "***","n":5}'],
    ['no values', '{"password":null,"token":false}', '{"password":null,"token":false}'],
    [
      'objects and lists',
      `{"credentials":{"user":"a","key":["${SECRET}",7]},"b":"c"}`,
      '{"credentials":{"user":"***","key":["***","***"]},"b":"c"}',
    ],
    ['counts of tokens', '{"usage":{"total_tokens":12}}', '{"usage":{"total_tokens":12}}'],
    ['cut off', `{"a":1,"password":"${SECRET}`, '{"a":1,"password":"***"'],
    [
      'JSON in a string',
      JSON.stringify({ body: JSON.stringify({ password: `a"${SECRET}`, n: 1 }) }),
      JSON.stringify({ body: JSON.stringify({ password: '***', n: 1 }) }),
    ],
    [
      'JSON in a string in a string',
      JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ token: `x"${SECRET}` }) }) }),
      JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ token: '***' }) }) }),
    ],
    ['odd quotes before', `5" wide {"password":"${SECRET}"}`, '5" wide {"password":"***"}'],
    ['a form', `user=a&password=${SECRET}&b=c`, 'user=a&password=***&b=c'],
    [
      'multipart',
      `--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n${SECRET}\r\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--`,
      '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n***\r\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
    ],
    ['XML', `<u><Password x="1">${SECRET}</Password></u>`, '<u><Password x="1">***</Password></u>'],
    ['an input', `<input name="csrf_token" value="${SECRET}">`, '<input name="csrf_token" value="***">'],
    ['a password field', `<input type=password value='${SECRET}'>`, '<input type=password value="***">'],
    [
      'a meta element',
      `<meta name="csrf-token" content="${SECRET}">`,
      '<meta name="csrf-token" content="***">',
    ],
    ['lines', `user: a\npassword: ${SECRET} and more\n`, 'user: a\npassword: ***\n'],
    ['credentials', 'you sent Bearer abc123.def456', 'you sent Bearer ***'],
    ['prose', 'a basic functionality of the bearer', 'a basic functionality of the bearer'],
    ['a web token', 'x eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl y', 'x *** y'],
    ['a private key', 'a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b', 'a *** b'],
  ])('%s', (_, text, shown) => expect(new Masker().body(text)).toBe(shown));

  test('what was masked in one place is masked in all', () => {
    const masker = new Masker();
    masker.header('Authorization', `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`);
    masker.header('Cookie', 'id=cookie-of-me');
    expect(masker.everywhere(`hello ${SECRET}, or cookie-of-me`)).toBe('hello ***, or ***');
    expect(masker.everywhere('and cut: cookie-of', true)).toBe('and cut: ***');
    expect(masker.everywhere('not cut: cookie-of')).toBe('not cut: cookie-of');
  });

  test('known values are masked in their other forms, too', () => {
    const masker = new Masker(['pa ss/wo"rd']);
    expect(masker.everywhere('pa ss/wo"rd pa%20ss%2Fwo%22rd pa ss/wo\\"rd')).toBe('*** *** ***');
  });

  test('a short value is not looked for elsewhere', () => {
    const masker = new Masker();
    masker.header('Cookie', 'theme=dark');
    expect(masker.everywhere('in the dark')).toBe('in the dark');
  });

  test.each([
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['names', '"password":'],
    ['open containers', '"password":['],
    ['escaped names', '\\"token\\":\\"'],
    ['spaces behind names', `"a"${' '.repeat(63)}`],
    ['tags', '<a '],
    ['closed tags', '<a>'],
    ['inputs', '<input '],
    ['parts', 'name="password"\r\n\r\n'],
    ['web tokens', 'eyJ'],
    ['web tokens with dots', 'eyJabcdef.'],
    ['words', 'a'],
    ['pairs', 'a='],
    ['keys', '-----BEGIN PRIVATE KEY-----'],
    ['bearers', 'Bearer '],
    ['lines', ' '],
  ])('hostile bodies take no long: %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(65_536 / unit.length));
    const started = performance.now();
    new Masker().body(text);
    // Linear ones take milliseconds, quadratic ones minutes.
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
