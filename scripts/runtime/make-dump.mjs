// Writes a goroutine dump (debug=2) of about the given size, cut where Go cuts: node make-dump.mjs FILE [MiB]
import { closeSync, openSync, writeSync } from 'node:fs';

const CUT_AT = 64 * 1024 * 1024;
const [file = '', mib = '64'] = process.argv.slice(2);
const bytes = Math.min(Number(mib) * 1024 * 1024, CUT_AT);

const states = ['chan send', 'chan receive', 'select', 'IO wait', 'sync.Mutex.Lock', 'chan receive, 12 minutes'];

function goroutine(id) {
  const kind = id % 40;
  const hex = (0xc000000000 + id * 64).toString(16);
  const depth = 2 + (kind % 9);
  const frames = Array.from({ length: depth }, (_, i) => `example.com/shop/internal/part${kind}.(*Worker${i}).step(0x${hex}, {0x${hex}?, 0x${id.toString(16)}})\n\t/src/shop/internal/part${kind}/worker.go:${100 + i} +0x${(i * 17 + 5).toString(16)}\n`);
  return `goroutine ${id} [${states[id % states.length]}]:\n${frames.join('')}created by example.com/shop/internal/part${kind}.Start in goroutine ${id % 1000}\n\t/src/shop/internal/part${kind}/start.go:${kind} +0x5b\n\n`;
}

const out = openSync(file, 'w');
for (let written = 0, id = 1; written < bytes;) {
  let text = '';
  while (text.length < 1 << 20) text += goroutine(id++);
  written += writeSync(out, text.slice(0, bytes - written));
}
closeSync(out);
