import { afterEach, expect, test, vi } from 'vitest';
import { type ServiceTest, startNginx, startRedis } from '../../helpers/services.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('starts nginx with what the test asks for, and stops it', async (context) => {
  const nginx = await startNginx(context, 'location / { return 200 "served\\n"; }');
  expect(await (await fetch(`${nginx.url}/any`)).text()).toBe('served\n');
  await nginx.stop();
  await expect(fetch(nginx.url)).rejects.toThrow();
});

test('without its binary a test is skipped with the reason, or fails where services are required', async () => {
  const notes: (string | undefined)[] = [];
  const fake: ServiceTest = {
    skip: (note) => {
      notes.push(note);
      throw new Error('skipped');
    },
    onTestFinished: () => {},
  };
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('BRUNT_REQUIRE_SERVICES', '');
  await expect(startRedis(fake)).rejects.toThrow('skipped');
  expect(notes).toEqual(['redis-server is not installed: apt-get install redis-server']);
  vi.stubEnv('BRUNT_REQUIRE_SERVICES', '1');
  await expect(startRedis(fake)).rejects.toThrow('redis-server is not installed');
});
