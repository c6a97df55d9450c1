// Reads a JSON list of Kubernetes objects on stdin and prints a list of what is wrong with them, both ways there are:
// the published schemas, which know formats and ranges, and the published types, which refuse fields that do not exist.
import { createRequire } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const FILE = fileURLToPath(new URL('objects.ts', import.meta.url));

const objects = JSON.parse(await text(process.stdin));
const modules = objects.map(({ apiVersion, kind }) => moduleOf(apiVersion, kind));
console.log(JSON.stringify([...schemaErrors(), ...typeErrors()]));

function moduleOf(apiVersion, kind) {
  const home = { 'monitoring.coreos.com': 'prometheus-operator', 'keda.sh': 'keda' }[apiVersion.split('/')[0]];
  return `${home ? `@kubernetes-models/${home}` : 'kubernetes-models'}/${apiVersion}/${kind}`;
}

function nameOf({ kind, metadata }) {
  return `${kind} ${metadata?.name}`;
}

function schemaErrors() {
  return objects.flatMap((object, i) => {
    try {
      new (require(modules[i])[object.kind])(object).validate();
      return [];
    } catch (error) {
      return [`${nameOf(object)}: ${error.message}`];
    }
  });
}

/** Writes each object as a literal of its type: TypeScript refuses surplus fields of literals, at every depth. */
function typeErrors() {
  const lines = objects.map(
    ({ kind, ...rest }, i) =>
      `export const object${i}: import(${JSON.stringify(modules[i])}).I${kind} = ${JSON.stringify({ kind, ...rest })};`,
  );
  const options = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2022.d.ts'],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => path.resolve(file) === FILE || fileExists.call(host, file);
  host.getSourceFile = (file, version, ...more) =>
    path.resolve(file) === FILE
      ? ts.createSourceFile(file, lines.join('\n'), version)
      : getSourceFile.call(host, file, version, ...more);
  const program = ts.createProgram([FILE], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (!file) return message;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${objects[line] ? nameOf(objects[line]) : file.fileName}: ${message}`;
  });
}
