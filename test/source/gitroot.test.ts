import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitRootOf } from '../../src/source/gitroot.ts';
import { makeTree } from './tree.ts';

test('the nearest .git upward, be it a folder or the file of a linked work tree', () => {
  const root = makeTree({ '.git/HEAD': 'ref', 'a/b/x.go': '', 'sub/.git': 'gitdir: ../x', 'sub/c/y.go': '' });
  expect(gitRootOf(join(root, 'a/b'))).toBe(root);
  expect(gitRootOf(root)).toBe(root);
  expect(gitRootOf(join(root, 'sub/c'))).toBe(join(root, 'sub'));
  expect(gitRootOf('/')).toBeUndefined();
});
