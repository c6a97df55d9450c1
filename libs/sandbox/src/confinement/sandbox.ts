/** What a sandbox can keep a child process from. */
export const PROTECTIONS = {
  privileges: 'no privileges',
  files: 'only its own files',
  network: 'no network',
  processes: 'no other process',
  limits: 'limited files and processes',
} as const;
export type Protection = keyof typeof PROTECTIONS;

/** A program to be run by Node in a sandbox. */
export interface SandboxedProgram {
  readonly entry: string;
  /** Run instead of the entry, by way of trial. */
  readonly script?: string;
  /** The folder that it works in, see {@link WorkFolder}. */
  readonly folder: string;
  /** The user and group that it becomes, where the sandbox can change them. */
  readonly user?: number;
}

/** A way to start a child process with fewer rights than its parent has. */
export interface Sandbox {
  readonly name: string;
  readonly protections: readonly Protection[];
  /** Whether the program becomes a user of its own. */
  readonly changesUser: boolean;
  /** Whether the process that is started only waits for the program, which is below it. */
  readonly forks: boolean;
  /** The command line, the program of the first word being looked for on the PATH. */
  command(program: SandboxedProgram): readonly string[];
}

/** `auto` takes the best that works here, `required` accepts nothing less than every protection. */
export const SANDBOX_MODES = ['auto', 'required', 'off'] as const;
export type SandboxMode = (typeof SANDBOX_MODES)[number];

/** Only the environment of the parent is kept from the program. */
export const NO_SANDBOX: Sandbox = {
  name: 'none',
  protections: [],
  changesUser: false,
  forks: false,
  command: runNode,
};

/** The last words of the command line of a program. */
export function runNode({ entry, script }: SandboxedProgram): string[] {
  return [process.execPath, ...(script === undefined ? [entry] : ['-e', script])];
}
