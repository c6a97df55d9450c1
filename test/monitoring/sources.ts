import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

const root = path.resolve(__dirname, '../..');
export const at = (...parts: string[]): string => path.join(root, ...parts);
export const text = (...parts: string[]): string => readFileSync(at(...parts), 'utf8');
export const filesIn = (...parts: string[]): string[] => readdirSync(at(...parts)).sort();

export const RULES = ['helm', 'monitoring', 'rules'];
export const DASHBOARDS = ['helm', 'monitoring', 'dashboards'];
export const RULE_TESTS = ['deploy', 'monitoring', 'prometheus', 'tests'];

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  for?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

export interface RuleFile {
  readonly groups: { readonly name: string; interval?: string; readonly rules: Rule[] }[];
}

export const ruleFile = (file: string): RuleFile => parse(text(...RULES, file)) as RuleFile;
export const rules = (): Rule[] => filesIn(...RULES).flatMap((file) => ruleFile(file).groups.flatMap((g) => g.rules));
export const alerts = (): (Rule & { alert: string })[] =>
  rules().filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: Datasource;
}

interface Datasource {
  readonly type: string;
  readonly uid: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: Datasource;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: Target[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly schemaVersion: number;
  readonly templating: { readonly list: Record<string, unknown>[] };
  readonly panels: Panel[];
}

export const dashboards = (): Dashboard[] =>
  filesIn(...DASHBOARDS).map((file) => JSON.parse(text(...DASHBOARDS, file)) as Dashboard);

/** The PromQL of a panel with values in place of Grafana's variables. */
export const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '2m').replaceAll('$job', '.+').replaceAll('$instance', '.+');

const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'by',
  'on',
  'without',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
]);

/** Names of the series an expression asks for. */
export function seriesIn(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replace(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const names = [...bare.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\w|:|\s*\()/g)].map(([, name]) => name);
  return [...new Set(names.filter((name) => !KEYWORDS.has(name)))];
}

/** Labels that an expression's selectors match, by series. */
export function matchersIn(expr: string): [series: string, label: string][] {
  return [...expr.matchAll(/([a-zA-Z_:][\w:]*)\{([^}]*)\}/g)].flatMap(([, series, matchers]) =>
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]): [string, string] => [series, label]),
  );
}

/** The selectors of an expression that name labels, with what they ask of them. */
export function selectorsIn(expr: string): string[] {
  return [...filledIn(expr).matchAll(/[a-zA-Z_:][\w:]*\{[^}]*\}/g)].map(([selector]) => selector);
}

/** Runs promtool and gives what it printed; fails with that when promtool does. */
export async function promtool(...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('promtool', args, { cwd: root });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`promtool ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error });
  }
}
