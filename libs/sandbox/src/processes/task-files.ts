/** Files of a task, by the name that the process knows them by, which has no folder in it. */
export interface TaskFiles {
  /** Absolute paths of what the process may read: linked or copied, never moved. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Absolute paths of what it must write; they appear when the task is done. */
  readonly outputs?: Readonly<Record<string, string>>;
}

export const INPUT_FOLDER = 'in';
export const OUTPUT_FOLDER = 'out';

/** What a task must call an input: the process works in the folder above it. */
export const inputPath = (name: string): string => `${INPUT_FOLDER}/${name}`;
/** What a task must call an output. */
export const outputPath = (name: string): string => `${OUTPUT_FOLDER}/${name}`;
