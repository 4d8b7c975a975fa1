import { expect, test } from 'vitest';
import { parseHtml } from '../../../dsl/html/selection.ts';

const PAGE = `<!doctype html><html><head><title>Tea &amp; cups</title></head><body>
<ul id="list" class="items">
  <li class="item first" data-item-id="1" data-price="2.50">Green <b>tea</b></li>
  <li class="item">Black tea</li>
  <!-- not an element -->
  <li class="item last"><a href="/three?a=1&amp;b=2">Three</a></li>
</ul>
<p>After</p></body></html>`;

const page = parseHtml(PAGE);

test('finds by selectors, in the order of the page, each element once', () => {
  expect(page.find('title').text()).toBe('Tea & cups');
  expect(page.find('li').size()).toBe(3);
  expect(page.find('ul, li.first, #list').length).toBe(2);
  expect(page.find('ul, body').find('li').length).toBe(3);
  expect(page.find('li:not(.first) > a').attr('href')).toBe('/three?a=1&b=2');
  expect(page.find('li:nth-child(2)').text()).toBe('Black tea');
  expect(page.find('li:contains("Black")').length).toBe(1);
  expect(page.find('ul').find('> li').length).toBe(3);
  expect(page.find('table').length).toBe(0);
});

test('first, last, eq, get, slice', () => {
  const items = page.find('li');
  expect(items.first().attr('class')).toBe('item first');
  expect(items.last().find('a').text()).toBe('Three');
  expect(items.eq(1).text()).toBe('Black tea');
  expect(items.eq(-1).is('.last')).toBe(true);
  expect(items.eq(7).length).toBe(0);
  expect(items.get(7)).toBeUndefined();
  expect(items.slice(1).length).toBe(2);
});

test('each and map give the index and the element; false ends each', () => {
  const seen: string[] = [];
  page.find('li').each((index, item) => {
    seen.push(`${index} ${item.nodeName()}`);
    return index < 1;
  });
  expect(seen).toEqual(['0 li', '1 li']);
  expect(page.find('li').map((index, item) => `${index}${item.attr('class', '')}`)).toEqual([
    '0item first',
    '1item',
    '2item last',
  ]);
  expect([...page.find('li')].map((item) => item.text().trim())).toEqual(['Green tea', 'Black tea', 'Three']);
});

test('around: children, parent, parents, closest, siblings, next and prev', () => {
  const items = page.find('li');
  expect(page.find('ul').children().length).toBe(3);
  expect(page.find('ul').children('.last').length).toBe(1);
  expect(items.parent().attr('id')).toBe('list');
  expect(items.parent().length).toBe(1);
  expect(
    page
      .find('a')
      .parents()
      .map((_, each) => each.nodeName()),
  ).toEqual(['html', 'body', 'ul', 'li']);
  expect(page.find('a').closest('.items').attr('id')).toBe('list');
  expect(page.find('a').closest('a').nodeName()).toBe('a');
  expect(page.find('a').closest('table').length).toBe(0);
  expect(items.first().next().text()).toBe('Black tea');
  expect(items.first().nextAll().length).toBe(2);
  expect(items.last().prev().text()).toBe('Black tea');
  expect(items.eq(1).siblings().length).toBe(2);
  expect(page.find('html').parent().length).toBe(0);
});

test('filter, not, has, is', () => {
  const items = page.find('li');
  expect(items.filter('.first').length).toBe(1);
  expect(items.filter((index) => index > 0).length).toBe(2);
  expect(items.filter(items.last()).length).toBe(1);
  expect(items.not('.first').length).toBe(2);
  expect(items.has('a').is('.last')).toBe(true);
  expect(items.is('.missing')).toBe(false);
});

test('attributes, data and HTML', () => {
  const first = page.find('li').first();
  expect(first.attr('title')).toBeUndefined();
  expect(first.attr('title', 'none')).toBe('none');
  expect(first.data('itemId')).toBe('1');
  expect(first.data()).toEqual({ itemId: '1', price: '2.50' });
  expect(first.html()).toBe('Green <b>tea</b>');
  expect(first.find('b').outerHtml()).toBe('<b>tea</b>');
  expect(page.find('nothing').html()).toBeUndefined();
  expect(page.find('nothing').text()).toBe('');
});

test('forgives broken pages', () => {
  const broken = parseHtml('<ul><li>one<li>two</ul><p>text<p class=x>more<br>line');
  expect(broken.find('li').map((_, item) => item.text())).toEqual(['one', 'two']);
  expect(broken.find('p.x').text()).toBe('moreline');
  expect(parseHtml('').find('*').length).toBe(0);
});

test('says what is wrong with a selector', () => {
  expect(() => page.find('li[')).toThrow(/"li\[" is not a CSS selector/);
  expect(() => page.find(undefined as never)).toThrow(/a CSS selector was expected, not undefined/);
  expect(() => page.find('li').filter(':nope(')).toThrow(SyntaxError);
  expect(() => parseHtml(undefined as never)).toThrow(TypeError);
});

const FORM = parseHtml(`
<form id=f>
  <input name=text value="a b"><input name=empty><input value=nameless><input name=off value=1 disabled>
  <input type=checkbox name=c value=1 checked><input type=checkbox name=c value=2><input type=checkbox name=d checked>
  <input type=radio name=r value=x><input type=radio name=r value=y checked>
  <select name=one><option value=1>One<option value=2 selected>Two</select>
  <select name=first><option disabled>Choose</option><option> Plain
    text </option></select>
  <select name=many multiple><option selected>p<option>q<option selected>r</select>
  <textarea name=area>
line</textarea>
  <fieldset disabled><input name=hidden value=1></fieldset>
  <input type=file name=file><button name=b value=pressed>Go</button><input type=submit name=s value=send>
</form><input name=outside value=o form=f>`);

test('serializes a form as a browser sends it', () => {
  const pairs: [string, string][] = [
    ['text', 'a b'],
    ['empty', ''],
    ['c', '1'],
    ['d', 'on'],
    ['r', 'y'],
    ['one', '2'],
    ['first', 'Plain text'],
    ['many', 'p'],
    ['many', 'r'],
    ['area', 'line'],
    ['outside', 'o'],
  ];
  const form = FORM.find('form');
  expect(form.serializeArray().map(({ name, value }) => [name, value])).toEqual(pairs);
  expect(form.serialize()).toBe(new URLSearchParams(pairs).toString());
  expect(form.serializeObject()).toEqual(Object.fromEntries(pairs));
});

test('val', () => {
  expect(FORM.find('[name=text]').val()).toBe('a b');
  expect(FORM.find('[name=one]').val()).toBe('2');
  expect(FORM.find('[name=many]').val()).toEqual(['p', 'r']);
  expect(FORM.find('[name=d]').val()).toBe('on');
  expect(FORM.find('[name=area]').val()).toBe('line');
  expect(FORM.find('option').first().val()).toBe('1');
  expect(FORM.find('fieldset').val()).toBeUndefined();
  expect(FORM.find('nothing').val()).toBeUndefined();
});
