import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../runner/dashboard/guard.ts';

function ask(headers: Readonly<Record<string, string>>, method = 'GET') {
  return refusalOf({ method, headers, rawHeaders: Object.entries(headers).flat() })?.status;
}

describe('who may ask the dashboard', () => {
  it.each(['127.0.0.1:5665', 'localhost:5665', 'LOCALHOST', '[::1]:8080', '127.0.0.1'])('%s', (host) => {
    expect(ask({ host })).toBeUndefined();
  });

  it.each([
    'evil.example:5665',
    'localhost.evil.example',
    '127.0.0.1.evil.example:5665',
    '127.0.0.1:5665@evil.example',
    '192.168.1.7:5665',
    '',
  ])('not %s', (host) => {
    expect(ask({ host })).toBe(403);
  });

  it('no request without a Host, or with two', () => {
    expect(ask({})).toBe(400);
    const rawHeaders = ['Host', 'localhost', 'host', 'evil'];
    expect(refusalOf({ method: 'GET', headers: { host: 'localhost' }, rawHeaders })?.status).toBe(400);
  });

  it('its own page and a typed address, but nobody else in the browser', () => {
    const host = 'localhost:5665';
    expect(ask({ host, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(ask({ host, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' })).toBeUndefined();
    expect(ask({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(ask({ host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403);
    const link = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(ask({ ...link, 'sec-fetch-dest': 'document' })).toBeUndefined();
    expect(ask({ ...link, 'sec-fetch-dest': 'iframe' })).toBe(403);
  });

  it('only to look', () => {
    expect(ask({ host: 'localhost' }, 'HEAD')).toBeUndefined();
    for (const method of ['POST', 'OPTIONS', 'DELETE']) expect(ask({ host: 'localhost' }, method)).toBe(405);
  });
});
