/** Bodies that a command-line library runs once a process: when they return, the process ends. */
import { typeOfVariable } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { isNamed } from '../../program/types.ts';
import type { Body } from '../bodies.ts';

const COMMANDS = ['github.com/spf13/cobra.Command', 'github.com/urfave/cli.Context', 'github.com/urfave/cli/v2.Context', 'github.com/urfave/cli/v3.Command', 'github.com/minio/cli.Context', 'github.com/alecthomas/kingpin/v2.ParseContext'];

/** `RunE: func(cmd *cobra.Command, args []string) error { … }`, by the type of what it is given; it gives nothing but an error. */
export function isCommand({ node, info, env }: Body): boolean {
  const { params, results } = node.type;
  if (results.length > 1) return false;
  return (node === info.decl && isCommandByWords(info)) || params.some(field => field.names.some(name => {
    const variable = name.entity?.kind === 'var' ? name.entity : undefined;
    return variable !== undefined && COMMANDS.some(command => isNamed(typeOfVariable(variable, env), command));
  }));
}

/** The same of a declared function, by the words of its parameters: `cmd *cobra.Command`, and `cmd *Command, args []string` of who brings their own. */
export function isCommandByWords({ signatureText }: FuncInfo): boolean {
  return /\*(?:cobra\.Command|cli\.(?:Context|Command)|kingpin\.ParseContext|(?:\w+\.)?Command, \w+ \[\]string)(?!\w)/.test(signatureText);
}
