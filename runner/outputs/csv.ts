/**
 * `-o csv=FILE`: every sample as a row, with k6's columns. Tags without a column of their own stand in `extra_tags` as
 * `key=value&key=value`.
 *
 * The variable BRUNT_CSV_TIME_FORMAT says what stands in `timestamp`; the values are those of K6_CSV_TIME_FORMAT.
 */

import { ConfigError } from '../../dsl/errors.ts';
import { orList } from '../config/fields.ts';
import { didYouMean } from '../config/nearest.ts';
import { tagsOf } from './json-lines.ts';
import type { Output, SampleBatch, SampleSeries } from './output.ts';
import type { OutputContext } from './registry.ts';
import { Sink } from './sink.ts';
import type { OutputSpec } from './spec.ts';
import { TimeText } from './time-text.ts';

const COLUMNS = [
  'check',
  'error',
  'error_code',
  'expected_response',
  'group',
  'method',
  'name',
  'proto',
  'scenario',
  'service',
  'status',
  'subproto',
  'tls_version',
  'url',
] as const;

const URL_COLUMN = COLUMNS.indexOf('url');

const HEADER = ['metric_name', 'timestamp', 'metric_value', ...COLUMNS, 'extra_tags', 'metadata'].join(',');

const VARIABLE = 'BRUNT_CSV_TIME_FORMAT';

/** By name: from milliseconds since 1970 with fractions. Samples are timed to the microsecond. */
const TIME_FORMATS: Readonly<Record<string, () => (ms: number) => string>> = {
  unix: () => (ms) => String(Math.floor(ms / 1000)),
  unix_milli: () => (ms) => String(Math.floor(ms)),
  unix_micro: () => (ms) => String(Math.round(ms * 1000)),
  unix_nano: () => (ms) => `${Math.round(ms * 1000)}000`,
  rfc3339: () => (ms) => `${new Date(Math.floor(ms)).toISOString().slice(0, 19)}Z`,
  rfc3339_nano: () => {
    const time = new TimeText();
    return (ms) => time.rfc3339(ms);
  },
};

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Cells before the URL, and after it. */
interface Frame {
  readonly before: string;
  readonly after: string;
}

function frameOf(series: SampleSeries): Frame {
  const tags = tagsOf(series);
  const cells = COLUMNS.map((column) => cell(tags.get(column) ?? ''));
  const extra = [...tags]
    .filter(([key]) => !(COLUMNS as readonly string[]).includes(key))
    .map(([key, value]) => `${key}=${value}`)
    .join('&');
  return {
    before: cells.slice(0, URL_COLUMN).join(','),
    after: [...cells.slice(URL_COLUMN + 1), cell(extra), ''].join(','),
  };
}

class Csv implements Output {
  readonly name: string;
  readonly file: string;
  readonly #sink: Sink;
  readonly #time: (ms: number) => string;
  readonly #frames = new WeakMap<SampleSeries, Frame>();
  #headed = false;

  constructor(spec: OutputSpec, context: OutputContext, time: (ms: number) => string) {
    this.name = spec.name;
    this.#time = time;
    this.#sink = new Sink(spec.target, context.cwd);
    this.file = this.#sink.file;
  }

  async open(): Promise<void> {
    this.#sink.open();
  }

  samples(batch: SampleBatch): Promise<void> {
    const header = this.#headed ? '' : `${HEADER}\n`;
    this.#headed = true;
    return this.#sink.write(header + this.#encode(batch));
  }

  async close(): Promise<void> {
    if (!this.#headed) await this.#sink.write(`${HEADER}\n`);
    await this.#sink.close();
  }

  destroy(): void {
    this.#sink.destroy();
  }

  #encode({ count, table, series, times, values, urls, urlTable }: SampleBatch): string {
    const urlCells = urlTable.map(cell);
    let text = '';
    for (let i = 0; i < count; i++) {
      const one = table[series[i] as number] as SampleSeries;
      let frame = this.#frames.get(one);
      if (frame === undefined) {
        frame = frameOf(one);
        this.#frames.set(one, frame);
      }
      const url = urls[i] as number;
      const time = this.#time(times[i] as number);
      const value = (values[i] as number).toFixed(6);
      text += `${one.def.name},${time},${value},${frame.before},${url === 0 ? '' : urlCells[url - 1]},${frame.after}\n`;
    }
    return text;
  }
}

export function createCsv(spec: OutputSpec, context: OutputContext): Output {
  const format = context.env[VARIABLE] || 'unix';
  const formats = Object.keys(TIME_FORMATS);
  const make = Object.hasOwn(TIME_FORMATS, format) ? TIME_FORMATS[format] : undefined;
  if (make === undefined) {
    const hint = didYouMean(format, formats, "'");
    const message = `${VARIABLE} is '${format}': it must be ${orList(formats)}.`;
    throw new ConfigError([{ message, where: VARIABLE, ...(hint === undefined ? {} : { hint }) }]);
  }
  return new Csv(spec, context, make());
}
