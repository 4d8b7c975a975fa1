import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from '../http/harness.ts';

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Serves `page` under /page and an echo of what came everywhere else. */
function site(page: string) {
  return serving(
    httpServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      if (request.url?.startsWith('/page')) {
        response.end(page);
        return;
      }
      void read(request).then((body) => {
        response.end(
          JSON.stringify({
            method: request.method,
            url: request.url,
            type: request.headers['content-type'] ?? '',
            body,
            cookie: request.headers.cookie ?? '',
          }),
        );
      });
    }),
  );
}

const LOGIN = `<form method="post" action="../login?next=%2F"><input type=hidden name=csrf value="t&amp;1">
<input name=user><input type=password name=password><input type=checkbox name=tag value=a checked>
<input type=checkbox name=tag value=b checked>
<button type=submit name=go value=1>Log in</button></form>`;

test('a POST form: its values, those given, the button; its URL from the page', async () => {
  const { url } = await site(LOGIN);
  const { http, host } = vu();
  const page = await http.get(`${url}/page/deep`);
  const done = await page.submitForm({ fields: { user: 'ada', password: 'p w' } });
  expect(done.json()).toEqual({
    method: 'POST',
    url: '/login?next=%2F',
    type: 'application/x-www-form-urlencoded',
    body: 'csrf=t%261&user=ada&password=p+w&tag=a&tag=b&go=1',
    cookie: '',
  });
  expect(host.tagsOf('http_reqs').at(-1)).toMatchObject({ method: 'POST', name: `${url}/login?next=%2F` });
});

test('a GET form: fields replace the query; a field of null is left out; params are the request’s', async () => {
  const { url } = await site(
    '<form id=no></form><form id=q action="/find?old=1"><input name=q value=tea><input name=page value=1></form>',
  );
  const { http, host } = vu();
  const page = await http.get(`${url}/page`);
  const found = await page.submitForm({
    formSelector: '#q',
    fields: { page: null, sort: ['up', 'down'] },
    params: { tags: { name: 'search' }, cookies: { a: '1' } },
  });
  expect(found.json()).toMatchObject({
    method: 'GET',
    url: '/find?q=tea&sort=up&sort=down',
    body: '',
    cookie: 'a=1',
  });
  expect(host.tagsOf('http_reqs').at(-1)).toMatchObject({ name: 'search' });
});

test('without an action the page itself is asked; the button overrides; base href counts', async () => {
  const { url } = await site(
    `<base href="/app/"><form><button name=x value=1>A</button>
     <button id=other type=submit formmethod=post formaction="save" name=x value=2>B</button></form>`,
  );
  const { http } = vu();
  const page = await http.get(`${url}/page?p=1`);
  expect((await page.submitForm({ submitSelector: '#other' })).json()).toMatchObject({
    method: 'POST',
    url: '/app/save',
    body: 'x=2',
  });
  expect((await page.submitForm({ submitSelector: '#none' })).url).toBe(`${url}/page`);
});

test('a multipart form, with and without a file', async () => {
  const { url } = await site(
    '<form method=post enctype="multipart/form-data" action=/up><input name=a value=1></form>',
  );
  const { http } = vu();
  const page = await http.get(`${url}/page`);
  const plain = (await page.submitForm()).json<{ type: string; body: string }>();
  expect(plain.type).toMatch(/^multipart\/form-data; boundary=/);
  expect(plain.body).toContain('name="a"\r\n\r\n1\r\n');
  const file = http.file('bytes', 'a.txt', 'text/plain');
  const withFile = (await page.submitForm({ fields: { file } })).json<{ body: string }>();
  expect(withFile.body).toContain('filename="a.txt"');
});

test('follows links, resolved by the page’s own URL', async () => {
  const { url } = await site(
    '<a>no link</a><a href="next#part">Next</a><a id=m href="mailto:x@y.z">Mail</a>',
  );
  const { http } = vu();
  const page = await http.get(`${url}/page/1`);
  expect((await page.clickLink()).url).toBe(`${url}/page/next`);
  await expect(page.clickLink({ selector: '#m' })).rejects.toThrow(/mailto: cannot be requested/);
  await expect(page.clickLink({ selector: '#none' })).rejects.toThrow(/has no link that matches #none/);
});

test('says which form is missing, and that there is no page', async () => {
  const { url } = await site('<div id=d></div>');
  const { http } = vu();
  const page = await http.get(`${url}/page`);
  await expect(page.submitForm()).rejects.toThrow(/\/page has nothing that matches form/);
  await expect(page.submitForm({ formSelector: '#d' })).rejects.toThrow(/is a <div>, not a <form>/);
  const kept = await http.get(`${url}/page`, { responseType: 'none' });
  expect(() => kept.html()).toThrow(/has no body to read/);
  const failed = await http.get('http://127.0.0.1:1/');
  expect(() => failed.html('a')).toThrow(/has no HTML: there was no response/);
});

test('html(selector) looks in the parsed page, which is parsed once', async () => {
  const { url } = await site('<h1>Title</h1>');
  const { http } = vu();
  const page = await http.get(`${url}/page`);
  expect(page.html('h1').text()).toBe('Title');
  expect(page.html()).toBe(page.html());
});
