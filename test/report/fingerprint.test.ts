import { computeRollingHashes } from '@microsoft/sarif';
import { expect, test } from 'vitest';
import { lineHashes } from '../../src/report/fingerprint.ts';

const texts = ['', ' a\nb\n  \t\tc\n d', 'x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n', 'Lorem ipsum dolor sit amet.\n'.repeat(10),
  'package a\r\n\r\nfunc f() {\r\n\tg()\r\n}\r\n', '\uFEFFpackage a\n// é 日本 🎉\nvar x = 1'];

test.each(texts)('line hashes agree with the SARIF SDK: %j', text => {
  expect([...lineHashes(text)]).toEqual([...computeRollingHashes(text)]);
});

test('the vectors of GitHub\'s own test', () => {
  expect(lineHashes('').get(1)).toBe('c129715d7a2bc9a3:1');
  expect([...lineHashes(' a\nb\n  \t\tc\n d').values()]).toEqual(['271789c17abda88f:1', '54703d4cd895b18:1', '180aee12dab6264:1', 'a23a3dc5e078b07b:1']);
});
