import { terminalLine } from '#core';
import { copyToFile } from '#application';
import type { CommandContext } from '../../command.js';
import { outputError, usageError } from '../../failures.js';
import { requireWritable } from '../../files.js';
import type { RendersLine } from '../commands/renders.js';
import { withDeployment } from '../deployment.js';
import { printResult, formatBytes } from '../output.js';
import { findRender } from './find-render.js';
import { viewOf } from './render-view.js';

/** Writes the photo of a render to a file and prints how to render it here. */
export async function fetchPhoto(
  id: string,
  { json, output, force }: RendersLine,
  variables: NodeJS.ProcessEnv,
  context: CommandContext,
): Promise<void> {
  if (output === undefined) throw usageError('-o is missing: it names the file');
  await requireWritable([output], undefined, force);
  await withDeployment(variables, ['database', 'storage'], async ({ database, storage }) => {
    const { photo, style, sizePreset } = viewOf(await findRender(database.operations, id));
    const sizeBytes = await copyToFile(storage, photo.key, output);
    if (sizeBytes === null) throw outputError(`The photo ${photo.key} is not in the store any more`);
    printResult(
      context,
      json,
      { file: output, key: photo.key, filename: photo.filename, sizeBytes, style, sizePreset },
      () =>
        [
          `${output} (${formatBytes(sizeBytes)}) is ${terminalLine(photo.filename)}.`,
          `pop-render render ${output} --style ${style} --size ${sizePreset} -o print.tiff`,
        ].join('\n'),
    );
  });
}
