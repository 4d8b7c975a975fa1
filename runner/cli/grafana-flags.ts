/** The flags of `brunt grafana`. */

import type { Problem } from '../../dsl/errors.ts';
import type { GrafanaFlags } from '../commands/grafana.ts';
import type { PlainFlag } from './command.ts';

export const GRAFANA_FLAGS: readonly PlainFlag[] = [
  { flag: '--output', short: '-O', value: 'DIR', help: 'folder for dashboard and provisioning files' },
  {
    flag: '--prometheus',
    value: 'URL',
    help: 'where Grafana finds Prometheus (default: http://localhost:9090)',
  },
  { flag: '--no-color', help: 'no colours' },
];

export interface GivenGrafana {
  readonly output?: string;
  readonly prometheus?: string;
}

const DEFAULT_PROMETHEUS = 'http://localhost:9090';

export function grafanaFlags(
  operands: readonly string[],
  given: GivenGrafana,
  problems: Problem[],
): GrafanaFlags {
  if (operands.length > 0) {
    problems.push({
      message: `\`brunt grafana\` takes no argument, but got ${operands.join(' ')}.`,
      hint: `To write into a folder: brunt grafana -O ${operands[0]}`,
    });
  }
  const { output, prometheus = DEFAULT_PROMETHEUS } = given;
  if (!/^https?:\/\/./.test(prometheus) || !URL.canParse(prometheus)) {
    problems.push({
      message: `--prometheus is '${prometheus}': it must be a URL that begins with http:// or https://.`,
      where: '--prometheus',
      hint: `Write it as in --prometheus ${DEFAULT_PROMETHEUS}`,
    });
  }
  return { output, prometheus };
}
