const AFTER_MS = 500;
const EVERY_MS = 100;

/** A line on the terminal that says how far a long run is; nothing in pipes and short runs. */
export function progressOn(stream: NodeJS.WriteStream): { step: (done: number, total: number) => void; clear: () => void } {
  const started = performance.now();
  let last = 0;
  let shown = false;
  return {
    step(done, total) {
      const now = performance.now();
      if (!stream.isTTY || now - started < AFTER_MS || now - last < EVERY_MS) return;
      last = now;
      shown = true;
      stream.write(`\r\u001b[K${done} of ${total} packages`);
    },
    clear() {
      if (shown) stream.write('\r\u001b[K');
    },
  };
}
