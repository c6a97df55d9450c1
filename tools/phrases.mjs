// Part of `npm run lint:words`: reports each phrase of tools/words/phrases.txt with its place and what to write instead.
// cspell flags single words only; the files are those of its configuration.
//
//   node tools/phrases.mjs [path...]   default: what cspell.config.yaml lists
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const LIST = 'tools/words/phrases.txt';
/** Between two words: spaces, or a line's end with the sign of a comment on the next line. */
const GAP = String.raw`(?:[ \t]+|[ \t]*\n[ \t]*(?:\*|\/\/|#|--)?[ \t]*)`;

const phrases = read(LIST)
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => {
    const [phrase, instead] = line.split(' => ');
    return { pattern: new RegExp(String.raw`\b(?:${phrase.replaceAll(/ (?!\?)/g, GAP)})\b`, 'gi'), instead };
  });

const found = filesToCheck().flatMap((file) => find(file, read(file)));
for (const line of found) console.error(line);
process.exitCode = found.length > 0 ? 1 : 0;

function find(file, text) {
  return phrases.flatMap(({ pattern, instead }) =>
    [...text.matchAll(pattern)].map(({ 0: phrase, index }) => {
      const line = text.slice(0, index).split('\n').length;
      return `${file}:${line}: "${phrase.replaceAll(/\s+/g, ' ')}": write ${instead}`;
    }),
  );
}

/** Tracked files and new ones. */
function filesToCheck() {
  const { files, ignorePaths } = parse(read('cspell.config.yaml'));
  const asked = process.argv.slice(2);
  const wanted = asked.length > 0 ? asked : files.map((glob) => `:(glob)${glob}`);
  const excluded = [LIST, ...ignorePaths].flatMap(expandBraces).map((glob) => `:(exclude,glob)${glob}`);
  const git = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--deduplicate', '--'];
  const listed = execFileSync('git', [...git, ...wanted, ...excluded], { cwd: root, encoding: 'utf8' });
  return listed.split('\0').filter(Boolean);
}

/** `*.{a,b}` as `*.a` and `*.b`: Git's patterns have no braces. */
function expandBraces(glob) {
  const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(glob) ?? [];
  return choices ? choices.split(',').map((choice) => before + choice + after) : [glob];
}

function read(file) {
  return readFileSync(path.join(root, file), 'utf8');
}
