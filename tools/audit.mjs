// `npm run audit`: asks the registry for known vulnerabilities of the production dependencies. A finding passes only with an
// exception in docs/audit-exceptions.json: the advisory, why it does not concern us, and the day until it holds.
//
//   exit 0  nothing known, or every finding has an exception that still holds
//   exit 1  findings without one
//   exit 2  the exceptions are malformed
//   exit 3  the registry gave no answer: nothing is known either way
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const { values } = parseArgs({
  options: { exceptions: { type: 'string', default: path.join(root, 'docs/audit-exceptions.json') } },
});

function main() {
  const exceptions = readExceptions(values.exceptions);
  const advisories = askRegistry();
  const today = new Date().toISOString().slice(0, 10);
  const open = [];
  for (const advisory of advisories) {
    const exception = exceptions.find(({ advisory: id }) => id === advisory.id);
    if (exception && exception.until >= today) {
      console.log(`Passed until ${exception.until}: ${describe(advisory)} (${exception.reason})`);
    } else {
      open.push(exception ? `${describe(advisory)}; its exception ended on ${exception.until}` : describe(advisory));
    }
  }
  for (const { advisory } of exceptions) {
    if (!advisories.some(({ id }) => id === advisory)) {
      console.log(`No longer found, remove its exception: ${advisory}`);
    }
  }
  for (const finding of open) console.error(`Finding: ${finding}`);
  console.log(
    `${advisories.length} known vulnerabilities in production dependencies, ${open.length} without an exception`,
  );
  return open.length === 0 ? 0 : 1;
}

function readExceptions(file) {
  let exceptions;
  try {
    exceptions = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    end(2, `${file} cannot be read: ${error.message}`);
  }
  const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  const isText = (value) => typeof value === 'string' && value.trim() !== '';
  const isComplete = ({ advisory, reason, until } = {}) => isText(advisory) && isText(reason) && isDay(until);
  if (!Array.isArray(exceptions) || !exceptions.every((entry) => isComplete(entry ?? undefined))) {
    end(2, `${file} must be a list of {"advisory": "GHSA-…", "reason": "…", "until": "YYYY-MM-DD"}`);
  }
  return exceptions;
}

/** Every advisory that concerns an installed production dependency, once. */
function askRegistry() {
  const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const report = parseReport(stdout);
  if (!report?.vulnerabilities) {
    const reason = error?.message ?? report?.message ?? report?.error?.summary ?? 'npm audit printed no report';
    end(3, `The registry answered no audit, so nothing is known: ${reason}`);
  }
  const found = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const advisory of via.filter((cause) => typeof cause === 'object')) {
      const id = /GHSA-[\w-]+$/.exec(advisory.url ?? '')?.[0] ?? String(advisory.source);
      found.set(`${id} ${advisory.name}`, { ...advisory, id });
    }
  }
  return [...found.values()];
}

function parseReport(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const describe = ({ id, name, range, severity, title }) => `${id}, ${severity}, in ${name} ${range}: ${title}`;

function end(code, message) {
  console.error(message);
  process.exit(code);
}

process.exit(main());
