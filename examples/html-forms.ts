/** A user of a site of pages: fills in the form that the page has, reads what comes back, follows a link. */

import { check, defineOptions, http } from 'brunt';
import { startSite } from './lib/pages.ts';

export const options = defineOptions({
  vus: 3,
  iterations: 12,
  thresholds: { checks: ['rate==1'], http_req_failed: ['rate==0'] },
});

let stop: (() => void) | undefined;

// This example brings its own site; a test of yours would have an address.
export async function setup(): Promise<string> {
  const site = await startSite();
  stop = () => site.stop();
  return site.url;
}

export default async function (url: string): Promise<void> {
  const user = `user${__VU}`;

  // The hidden token of the form goes along, the cookies are the VU's.
  const login = await http.get(url);
  const home = await login.submitForm({ fields: { user, password: 'demo' } });
  check(home, {
    'greeted by name': (r) => r.html('h1').text() === `Hello, ${user}`,
    'by a redirect': (r) => r.redirects[0]?.status === 303,
  });

  const teas = await home.clickLink({ selector: 'nav a', params: { tags: { name: 'teas' } } });
  const prices = teas.html('.tea').map((_, tea) => Number(tea.find('.price').text()));
  check(prices, { 'two teas with prices': (all) => all.length === 2 && all.every((price) => price > 0) });

  const found = await home.submitForm({ formSelector: '#search', fields: { q: 'coffee' } });
  check(found, { 'the search knows what was asked': (r) => r.html('q').text() === 'coffee' });
}

export function teardown(): void {
  stop?.();
}
