// Bundles the command into dist/, with the libraries that every run needs. A run of one file spends most of its time on
// finding and loading modules; what only some runs need (formats, the configuration's parser) stays in chunks of its own.
// Types are checked by `npm run check`.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bundle = await rolldown({
  cwd: root,
  input: { 'src/cli/main': 'src/cli/main.ts', 'src/cli/worker': 'src/cli/worker.ts' },
  platform: 'node',
  external: Object.keys(dependencies),
});
// What every run loads is one chunk, however many of the others share parts of it.
const always = new Set();
const visit = path => {
  if (always.has(path)) return;
  always.add(path);
  for (const [, to = ''] of readFileSync(path, 'utf8').matchAll(/^(?:import(?! type)|export(?! type))[^;]*? from '(\.[^']+)'/gm)) visit(join(dirname(path), to));
};
visit(join(root, 'src/cli/command.ts'));
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { output } = await bundle.write({ dir: join(root, 'dist'), format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name].js', minify: { compress: true, mangle: { keepNames: { function: true, class: true } }, codegen: { removeWhitespace: true } }, codeSplitting: { groups: [{ name: 'always', test: id => always.has(id) }] } });
await bundle.close();
// The engine keeps the text of what it runs, and with one character beyond ASCII at two bytes a character.
for (const { fileName } of output) {
  const path = join(root, 'dist', fileName);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\0-\x7f]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
