/** The dashboard's server: one page, its script for shared streams, and the stream. On 127.0.0.1 only. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { refusalOf } from './guard.ts';

const HOST = '127.0.0.1';
/** Browsers keep six connections to a host at most; this is for many browsers, or for a fault. */
const MOST_CONNECTIONS = 100;

/** A file that the server has. */
export interface ServedFile {
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServerInput {
  /** 0: any free port. */
  readonly port: number;
  /** By path. Each is made when it is asked for first. */
  readonly files: Readonly<Record<string, () => ServedFile | Promise<ServedFile>>>;
  /** Path of the event stream, and what is to be done with a response for it. */
  readonly events: string;
  readonly join: (stream: ServerResponse) => void;
}

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

function cannotListen(error: NodeJS.ErrnoException, port: number): BruntError {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `choose another one (--dashboard=${port === 65_535 ? port - 1 : port + 1}) or take any free one (--dashboard=0); perhaps another run serves its dashboard there`,
    EACCES: 'ports below 1024 need special rights: choose a higher one, or --dashboard=0 for any free one',
  };
  const why = error.code === 'EADDRINUSE' ? `port ${port} is taken` : error.message;
  return new BruntError(`the dashboard cannot be served on ${HOST}:${port} (--dashboard): ${why}`, {
    code: 'DASHBOARD_PORT',
    exitCode: EXIT.badConfig,
    hint: hints[error.code ?? ''] ?? 'choose another port (--dashboard=PORT), or 0 for any free one',
    cause: error,
  });
}

interface Body {
  readonly file: ServedFile;
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

export class DashboardServer {
  readonly #input: ServerInput;
  readonly #server: Server;
  readonly #bodies = new Map<string, Promise<Body>>();

  constructor(input: ServerInput) {
    this.#input = input;
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.headersTimeout = 10_000;
    this.#server.requestTimeout = 10_000;
    // An open page must not keep the process alive.
    this.#server.on('connection', (socket) => socket.unref());
    this.#server.unref();
  }

  /** Rejects with a BruntError where the port cannot be had. */
  async listen(): Promise<void> {
    const { port } = this.#input;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(cannotListen(error, port)));
      this.#server.listen(port, HOST, resolve);
    });
  }

  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Takes no more connections, and cuts those that are open. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      if (refusal.status === 405) response.setHeader('allow', 'GET, HEAD');
      this.#text(response, refusal.status, refusal.reason);
      return;
    }
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (path === this.#input.events && request.method === 'GET') {
      this.#input.join(response);
      return;
    }
    const make = Object.hasOwn(this.#input.files, path) ? this.#input.files[path] : undefined;
    if (make === undefined) {
      this.#text(response, 404, 'there is nothing here; the dashboard is at /');
      return;
    }
    this.#body(path, make).then(
      (body) => this.#send(request, response, body),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.#text(response, 500, `the dashboard could not be made: ${why}`);
      },
    );
  }

  #body(path: string, make: () => ServedFile | Promise<ServedFile>): Promise<Body> {
    let body = this.#bodies.get(path);
    if (body === undefined) {
      body = Promise.resolve()
        .then(make)
        .then((file) => {
          const plain = Buffer.from(file.text);
          return { file, plain, gzip: gzipSync(plain) };
        });
      this.#bodies.set(path, body);
      // What failed once may work the next time.
      body.catch(() => this.#bodies.delete(path));
    }
    return body;
  }

  #send(request: IncomingMessage, response: ServerResponse, { file, plain, gzip }: Body): void {
    const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const bytes = zipped ? gzip : plain;
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': bytes.length,
      'cache-control': 'no-store',
      vary: 'accept-encoding',
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
      ...file.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }

  #text(response: ServerResponse, status: number, text: string): void {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${text}\n`);
  }
}
