/** The demo needs a package that is not installed. The message says what to do about it. */
export class MissingPackage extends Error {
  override readonly name = 'MissingPackage';

  constructor(name: string, purpose: string, otherwise: string, cause: unknown) {
    super(
      `The demo system needs the package ${name} ${purpose}. Install it: npm install ${name}${otherwise}`,
      { cause },
    );
  }
}

/** Loads a package that not every installation has. */
export async function optionalPackage<T>(
  load: () => Promise<T>,
  name: string,
  purpose: string,
  otherwise = '',
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new MissingPackage(name, purpose, otherwise, error);
  }
}
