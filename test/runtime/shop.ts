/** A small program with leaks, and dumps of it. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rules } from '../../rules/index.ts';
import type { Diagnostic } from '../../src/finding.ts';
import { lint } from '../../src/lint.ts';
import { Code, filesOf } from '../../src/runtime/code.ts';
import type { Snapshot } from '../../src/runtime/model.ts';
import { readSnapshot } from '../../src/runtime/read.ts';

export const ORDERS = `package orders

import (
	"context"
	"net/http"; "sync"
)

func Take() {
	ch := make(chan int)
	go func() { // 10: go
		ch <- 1 // 11: send
	}()
}

func Await() {
	a, b := make(chan int), make(chan int)
	go func() { // 17: go
		select { // 18: select
		case <-a:
		case <-b:
		}
	}()
}

func Poll() {
	go func() { // 26: go
		for {
			work()
		}
	}()
}

func work() {}

type Desk struct{ mu sync.Mutex }

func (d *Desk) Open() {
	d.mu.Lock() // 38: never unlocked
	d.count()
}

func (d *Desk) count() {}

func (d *Desk) Close() {
	d.mu.Lock() // 45: waits
	defer d.mu.Unlock()
}

func Fetch() int {
	resp, err := http.Get("http://x") // 50
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

func Watch() {
	ctx, cancel := context.WithCancel(context.Background()) // 58
	_ = cancel
	go func() {
		<-ctx.Done() // 61
	}()
}
`;

export const FILES = {
  'go.mod': 'module example.com/shop.v2/app\n\ngo 1.22\n', 'orders/orders.go': ORDERS,
  'other/orders.go': 'package other\n\nfunc F() {}\n', 'main.go': 'package main\n\nfunc main() {}\n',
};

export function folderWith(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'shop-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

export async function shop(): Promise<{ readonly findings: readonly Diagnostic[]; readonly code: Code; readonly root: string }> {
  const root = folderWith(FILES);
  const { diagnostics } = await lint({ cwd: root, patterns: ['./...'], rules, tests: true, generated: false, tags: new Set() });
  return { findings: diagnostics, code: new Code(filesOf(root, ['./...'])), root };
}

/** One goroutine: `at` and `by` are `function file:line`. */
export function goroutine(id: number, state: string, at: readonly string[], by?: string): string {
  const lines = (text: string, args: string) => {
    const [func = '', place = ''] = text.split(' ');
    return `${func}${args}\n\t${place} +0x1d\n`;
  };
  return `goroutine ${id} [${state}]:\n${at.map(frame => lines(frame, '(0x1)')).join('')}${by === undefined ? '' : `created by ${lines(by, ' in goroutine 1')}`}\n`;
}

export function snapshot(text: string, name = 'dump.txt'): Snapshot {
  const read = readSnapshot(Buffer.from(text), name);
  if (read.kind === 'unreadable') throw new Error(read.reason);
  return read.snapshot;
}
