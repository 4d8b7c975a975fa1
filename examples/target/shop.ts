import { readFields, wholeNumber } from './body.ts';
import type { Row } from './database.ts';
import { HttpError } from './http-error.ts';
import { json } from './reply.ts';
import type { Route } from './router.ts';
import { type Services, storesOf } from './services.ts';

const PRODUCTS_SQL = 'select id, name, price_cents from brunt_demo.products order by id';
const PRODUCT_SQL = 'select id, name, price_cents from brunt_demo.products where id = $1';
const SOME_PRODUCTS_SQL = 'select id, name, price_cents from brunt_demo.products where id = any($1::int[])';

/** Ids are PostgreSQL's `int`. */
const MAX_ID = 2 ** 31 - 1;
const MAX_QUANTITY = 99;
const MAX_LINES = 50;

interface Product {
  readonly id: number;
  readonly name: string;
  readonly price: number;
}

function toProduct(row: Row): Product {
  return { id: row.id as number, name: row.name as string, price: (row.price_cents as number) / 100 };
}

interface CartLine {
  readonly id: number;
  readonly quantity: number;
}

/** `{ items: [{ id, quantity }] }`, or the short form `{ id, quantity }` for one; the quantity defaults to 1. */
function cartLines(fields: Readonly<Record<string, unknown>>): readonly CartLine[] {
  const items = fields.items === undefined ? [fields] : fields.items;
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_LINES) {
    throw new HttpError(400, `'items' must be a list of 1 to ${MAX_LINES} {id, quantity}`);
  }
  return items.map((item: unknown) => {
    if (typeof item !== 'object' || item === null)
      throw new HttpError(400, 'each item must be {id, quantity}');
    const { id, quantity } = item as Record<string, unknown>;
    return {
      id: wholeNumber(id, 'id', { min: 1, max: MAX_ID }),
      quantity: wholeNumber(quantity, 'quantity', { min: 1, max: MAX_QUANTITY, fallback: 1 }),
    };
  });
}

/** A shop of twenty products, each read from the database. */
export function shopRoutes(services: Services): readonly Route[] {
  let carts = 0;

  const read = async (sql: string, values: readonly unknown[]): Promise<Product[]> => {
    const { rows } = await storesOf(services).database.query(sql, values);
    return rows.map(toProduct);
  };

  return [
    {
      method: 'GET',
      pattern: '/products',
      says: 'all products: [{id, name, price}]',
      handle: async () => json(200, await read(PRODUCTS_SQL, [])),
    },
    {
      method: 'GET',
      pattern: '/products/:id',
      says: 'one product',
      async handle({ params }) {
        const id = wholeNumber(params.id, 'id', { min: 1, max: MAX_ID });
        const [product] = await read(PRODUCT_SQL, [id]);
        if (product === undefined) throw new HttpError(404, `there is no product ${id}`);
        return json(200, product);
      },
    },
    {
      method: 'POST',
      pattern: '/cart',
      says: '{items: [{id, quantity}]} -> {id, items, count, total}',
      async handle({ request }) {
        const lines = cartLines(await readFields(request));
        const products = new Map(
          (await read(SOME_PRODUCTS_SQL, [lines.map((line) => line.id)])).map((p) => [p.id, p]),
        );
        const items = lines.map(({ id, quantity }) => {
          const product = products.get(id);
          if (product === undefined) throw new HttpError(400, `there is no product ${id}`);
          return { ...product, quantity };
        });
        carts += 1;
        const count = items.reduce((sum, item) => sum + item.quantity, 0);
        const cents = items.reduce((sum, item) => sum + Math.round(item.price * 100) * item.quantity, 0);
        return json(201, { id: carts, items, count, total: cents / 100 });
      },
    },
  ];
}
