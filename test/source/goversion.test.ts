import { expect, test } from 'vitest';
import { atLeast, parseGoVersion } from '../../src/source/goversion.ts';

test('versions as go.mod, toolchain lines and --go write them', () => {
  for (const [text, minor] of [
    ['1.22', 22], ['1.22.3', 22], ['1.23rc1', 23], ['go1.21', 21], [' go1.21.3-custom ', 21], ['1', 0],
  ] as const) {
    expect(parseGoVersion(text), text).toEqual({ major: 1, minor });
  }
  for (const text of ['', 'latest', '1.x', 'v1.22', '1.22.', 'local']) expect(parseGoVersion(text), text).toBeUndefined();
});

test('an unknown version counts as the newest', () => {
  expect(atLeast(undefined, 99)).toBe(true);
  expect(atLeast({ major: 1, minor: 22 }, 22)).toBe(true);
  expect(atLeast({ major: 1, minor: 9 }, 22)).toBe(false);
  expect(atLeast({ major: 2, minor: 0 }, 22)).toBe(true);
  expect(atLeast({ major: 0, minor: 30 }, 22)).toBe(false);
});
