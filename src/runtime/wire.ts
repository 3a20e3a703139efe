/** Reading Protocol Buffers and LEB128 numbers from bytes that may be damaged: nothing here throws or reads past the end. */

/** One field of a message: a number, or the bytes of a string, a message or packed numbers. */
export type Field =
  | { readonly number: number; readonly kind: 'value'; readonly value: number }
  | { readonly number: number; readonly kind: 'bytes'; readonly bytes: Uint8Array };

export class Cursor {
  at = 0;
  /** A number or a field went past the end. */
  isBroken = false;

  constructor(private readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** A number of up to 64 bits, taken as signed, which for the sizes and identifiers here is the same. Exact to 53 bits. */
  integer(): number {
    let value = 0;
    /** The same with every bit inverted, since of a small negative number these are the few that matter. */
    let inverted = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.at];
      if (byte === undefined) break;
      this.at++;
      if (i === 9) return -inverted - 1;
      value += (byte & 0x7f) * scale;
      inverted += (~byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    this.isBroken = true;
    return 0;
  }

  /** The next `length` bytes. */
  take(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.bytes.length) {
      this.isBroken = true;
      this.at = this.bytes.length;
      return new Uint8Array();
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** The fields of a message, up to where it is damaged; `broken` is called there. */
export function* fieldsOf(bytes: Uint8Array, broken: () => void): Generator<Field> {
  const cursor = new Cursor(bytes);
  while (!cursor.isAtEnd) {
    const tag = cursor.integer();
    const number = Math.floor(tag / 8);
    const field = fieldAt(cursor, number, tag % 8);
    if (cursor.isBroken || !field || number === 0) return broken();
    yield field;
  }
}

function fieldAt(cursor: Cursor, number: number, wireType: number): Field | undefined {
  switch (wireType) {
    case 0: return { number, kind: 'value', value: cursor.integer() };
    case 1: return { number, kind: 'bytes', bytes: cursor.take(8) };
    case 2: return { number, kind: 'bytes', bytes: cursor.take(cursor.integer()) };
    case 5: return { number, kind: 'bytes', bytes: cursor.take(4) };
    default: return undefined;
  }
}

/** Numbers of a field that is repeated, packed or not. */
export function numbersIn(field: Field): number[] {
  if (field.kind === 'value') return [field.value];
  const cursor = new Cursor(field.bytes);
  const numbers: number[] = [];
  while (!cursor.isAtEnd && !cursor.isBroken) numbers.push(cursor.integer());
  return numbers;
}
