/**
 * Parts of types that are resolved when they are asked for. One member is asked of a struct or an interface at a time, and
 * the types of the others may be of packages that nobody has to read otherwise.
 */
import type { Signature, StructField, Type, TypeParam } from './types.ts';

export class FieldOnDemand implements StructField {
  private known: Type | undefined;

  constructor(readonly name: string, readonly embedded: boolean, private readonly find: () => Type) {}

  get type(): Type {
    return (this.known ??= this.find());
  }
}

export class SignatureOnDemand implements Signature {
  readonly kind = 'func';
  private knownParams: readonly Type[] | undefined;
  private knownResults: readonly Type[] | undefined;

  constructor(
    readonly typeParams: readonly TypeParam[],
    readonly variadic: boolean,
    private readonly findParams: () => readonly Type[],
    private readonly findResults: () => readonly Type[],
  ) {}

  get params(): readonly Type[] {
    return (this.knownParams ??= this.findParams());
  }

  get results(): readonly Type[] {
    return (this.knownResults ??= this.findResults());
  }
}
