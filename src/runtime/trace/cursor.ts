const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads numbers and texts from bytes and never throws: behind the end everything is 0 and empty, and `isPast` says so. */
export class Cursor {
  constructor(public bytes: Uint8Array, public at = 0, public end = bytes.length) {}

  get isPast(): boolean {
    return this.at > this.end;
  }

  byte(): number {
    const { at } = this;
    this.at = at + 1;
    return at < this.end ? this.bytes[at] ?? 0 : 0;
  }

  /** An unsigned LEB128 number. Above 2^53 the last digits are lost, which only addresses and "no thread" (2^64-1) reach. */
  uint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let factor = 0x80, n = 1; n < 10; factor *= 0x80, n++) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    this.at = this.end + 1;
    return 0;
  }

  skip(n: number): void {
    this.at += n;
  }

  text(n: number): string {
    const from = this.at;
    this.at += n;
    return this.isPast ? '' : decoder.decode(this.bytes.subarray(from, this.at));
  }
}
