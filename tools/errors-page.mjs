// `npm run errors:page`: writes docs/errors.md, the codes of error bodies and failed renders, from the table that the
// services use. `-- --check` writes nothing and fails when the page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_GROUPS, errorPolicy } from '../dist/libs/core/src/index.js';

const PAGE = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const TITLES = {
  request: ['Requests', 'The same request gets the same answer; change it first.'],
  photo: ['Photos', 'Answers to an upload.'],
  service: ['The service', 'The same request succeeds later; 429 and 503 carry `Retry-After`.'],
  render: [
    'Renders',
    'The `error_code` of a failed render is one of these or of those above; these are in no error body.',
  ],
};

/** @param {'request' | 'photo' | 'service' | 'render'} group */
function section(group) {
  const [title, text] = TITLES[group];
  const withStatus = group !== 'render';
  const rows = ERROR_GROUPS[group].map((code) => {
    const { status, meaning } = errorPolicy(code);
    return withStatus ? `| \`${code}\` | ${status} | ${meaning} |` : `| \`${code}\` | ${meaning} |`;
  });
  const head = withStatus ? '| Code | Status | Meaning |\n| --- | --- | --- |' : '| Code | Meaning |\n| --- | --- |';
  return `## ${title}\n\n${text}\n\n${head}\n${rows.join('\n')}\n`;
}

const page = `# Error codes

The \`code\` of every error body is one of these. Codes are stable: programs may compare them, while \`error\` and \`message\`
are for people and may change. More codes may be added; treat an unknown one by its status. This page is generated from
\`libs/core/src/error-codes.ts\` by \`npm run errors:page\`.

${Object.keys(TITLES).map(section).join('\n')}`;

if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/errors.md is out of date: run npm run errors:page');
  process.exitCode = 1;
}
