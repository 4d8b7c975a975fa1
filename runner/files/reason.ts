/** Why a file could not be used, in words: what the system says, and where it helps, what it means. */

const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up (EDQUOT)',
  EEXIST: 'there is a file in the place of a folder',
  EFBIG: 'the file is as large as this process may make one (EFBIG; see ulimit -f)',
  EIO: 'the disk failed (EIO)',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such folder, and none can be made',
  ENOSPC: 'no space is left on its disk (ENOSPC)',
  ENOTDIR: 'there is a file in the place of a folder',
  ENXIO: 'nobody reads this pipe',
  EPERM: 'it is not permitted',
  EPIPE: 'nobody reads it any more',
  EROFS: 'the file system is read-only',
  ETXTBSY: 'it is a program that runs',
};

export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known = code === undefined ? undefined : MEANINGS[code];
  return known ?? (error instanceof Error ? error.message : String(error));
}
