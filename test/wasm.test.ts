import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../src/assets.ts';

test('the grammar is the one that wasm/README.md names', () => {
  const hash = createHash('sha256').update(readFileSync(join(packageRoot, 'wasm/tree-sitter-go.wasm'))).digest('hex');
  expect(readFileSync(join(packageRoot, 'wasm/README.md'), 'utf8')).toContain(hash);
});
