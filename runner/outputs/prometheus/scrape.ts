/**
 * `-o prometheus=[HOST:]PORT`: a page for Prometheus to scrape, while the run goes on.
 *
 * After the run the page stays for one scrape more, so that the last seconds are not lost. It waits as long as scrapes
 * have been apart, within `lingerMs`; not for a scraper that has never come, nor for one that would come later: then it
 * says what is lost.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BruntError, EXIT } from '../../../dsl/errors.ts';
import type { Output, OutputBatch, OutputRun } from '../output.ts';
import type { OutputContext } from '../registry.ts';
import type { OutputSpec } from '../spec.ts';
import { CONTENT_TYPE, formatFor, renderMetrics } from './exposition.ts';
import { checkNames } from './names.ts';
import { RunSeries } from './series.ts';
import { readScrapeSettings, type ScrapeSettings } from './settings.ts';

/** Scrapers are not quite punctual. */
const SLACK_MS = 1000;
/** For a page under way when the server is told to end. */
const CLOSING_MS = 1000;
/** Below, packing costs more than it saves. */
const GZIP_FROM_BYTES = 4096;

const pack = promisify(gzip);

class ScrapeOutput implements Output {
  readonly name: string;
  /** Until the page is gone. */
  readonly closeTimeoutMs: number;
  readonly #settings: ScrapeSettings;
  readonly #cwd: string;
  readonly #warn: (text: string) => void;
  #server: Server | undefined;
  #series: RunSeries | undefined;
  #scrapedAt: number | undefined;
  /** Between the last two scrapes. */
  #everyMs: number | undefined;
  #scraped: () => void = () => undefined;

  constructor(name: string, settings: ScrapeSettings, { cwd, warn }: Pick<OutputContext, 'cwd' | 'warn'>) {
    this.name = name;
    this.closeTimeoutMs = settings.lingerMs + CLOSING_MS;
    this.#settings = settings;
    this.#cwd = cwd;
    this.#warn = warn;
  }

  async open(run: OutputRun): Promise<void> {
    checkNames(run.metrics);
    const { host, port, timeBounds } = this.#settings;
    this.#series = new RunSeries(run, { timeBounds, cwd: this.#cwd });
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)));
      server.listen(port, host, resolve);
    });
    this.#server = server;
    if (port === 0) {
      const { port: chosen } = server.address() as AddressInfo;
      this.#warn(
        `-o ${this.name}: to be scraped at http://${host.includes(':') ? `[${host}]` : host}:${chosen}/metrics`,
      );
    }
  }

  async send(batch: OutputBatch): Promise<void> {
    this.#series?.keep(batch);
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    await this.#lastScrape();
    await new Promise((resolve) => {
      server.close(resolve);
      // Scrapers keep their connections.
      server.closeIdleConnections();
    });
  }

  destroy(): void {
    this.#server?.closeAllConnections();
  }

  #lastScrape(): Promise<void> {
    if (this.#scrapedAt === undefined) return Promise.resolve();
    const sinceMs = performance.now() - this.#scrapedAt;
    // Of a scraper that came once, the next visit cannot be foretold.
    const { lingerMs } = this.#settings;
    const leftMs = this.#everyMs === undefined ? lingerMs : this.#everyMs + SLACK_MS - sinceMs;
    if (leftMs > lingerMs) {
      const lost = `the last ${Math.ceil(sinceMs / 1000)} s were not scraped`;
      const next = `?linger=${Math.ceil((this.#everyMs ?? 0) / 1000) + 1}s waits for the next scrape`;
      this.#warn(`-o ${this.name}: ${lost}; ${next}`);
      return Promise.resolve();
    }
    if (leftMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, leftMs);
      this.#scraped = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #answer({ method, url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.split('?', 1)[0];
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    if (path !== '/metrics' && path !== '/') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('The metrics are at /metrics\n');
      return;
    }
    const format = formatFor(headers.accept);
    const text = Buffer.from(renderMetrics(this.#series?.all ?? [], format));
    const packed = text.length >= GZIP_FROM_BYTES && /\bgzip\b/.test(headers['accept-encoding'] ?? '');
    const body = packed ? await pack(text) : text;
    response.writeHead(200, {
      'content-type': CONTENT_TYPE[format],
      'content-length': body.length,
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(method === 'HEAD' ? undefined : body, () => this.#noteScrape());
  }

  #noteScrape(): void {
    const now = performance.now();
    if (this.#scrapedAt !== undefined) this.#everyMs = now - this.#scrapedAt;
    this.#scrapedAt = now;
    this.#scraped();
  }
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): BruntError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else listens there',
    EADDRNOTAVAIL: 'this machine does not have the address',
    EACCES: 'only an administrator may use this port',
    ENOTFOUND: 'the name of the host is not known',
  };
  return new BruntError(
    `port ${port} of ${host} cannot be listened on: ${reasons[error.code ?? ''] ?? error.message}`,
    {
      code: 'OUTPUT_UNUSABLE',
      exitCode: EXIT.badConfig,
      hint: 'Choose another port: -o prometheus=PORT',
      cause: error,
    },
  );
}

export function createScrape(spec: OutputSpec, context: OutputContext): Output {
  return new ScrapeOutput(spec.name, readScrapeSettings(spec), context);
}
