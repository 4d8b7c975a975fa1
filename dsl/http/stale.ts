/** The socket went away while the connection was idle: nothing of the request was sent. */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}
