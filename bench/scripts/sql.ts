import sql from 'brunt/sql';

const db = sql.connect(__ENV.URL ?? '', { size: 10 });

export default async function () {
  await db.query('select $1::int as id', [__ITER]);
}
