/**
 * What Grafana reads at its start to show the dashboard without a click:
 *
 *     provisioning/datasources/brunt.yaml     where Prometheus is
 *     provisioning/dashboards/brunt.yaml      where dashboards are
 *     dashboards/brunt.json                   the dashboard
 */

import { dashboard } from './dashboard.ts';

export interface GrafanaFile {
  readonly path: string;
  readonly text: string;
}

/** Where containers of Grafana have the folder `dashboards`. */
const DASHBOARDS_FOLDER = '/var/lib/grafana/dashboards';

/** Seconds between samples: Grafana takes rates over four of them at least. */
const SAMPLES_EVERY = '5s';

export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

export function grafanaFiles(prometheus: string): readonly GrafanaFile[] {
  return [
    { path: 'dashboards/brunt.json', text: dashboardText() },
    {
      path: 'provisioning/dashboards/brunt.yaml',
      text: `apiVersion: 1
providers:
  - name: Brunt
    type: file
    options:
      # Where the folder dashboards is, as Grafana sees it.
      path: ${DASHBOARDS_FOLDER}
`,
    },
    {
      path: 'provisioning/datasources/brunt.yaml',
      text: `apiVersion: 1
datasources:
  - name: Prometheus
    type: prometheus
    access: proxy
    url: ${JSON.stringify(prometheus)}
    jsonData:
      httpMethod: POST
      # The time between samples: Brunt writes every second. Set it higher where you scrape more rarely.
      timeInterval: ${SAMPLES_EVERY}
`,
    },
  ];
}
