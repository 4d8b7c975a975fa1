/** The panels as a dashboard in Grafana's JSON (schema 39: Grafana 10.4 and later, which bring older ones up to date). */

import { RUN_INFO } from '../outputs/prometheus/names.ts';
import { type Panel, type Query, ROWS, type Row } from './panels.ts';

const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const;
const PANEL_HEIGHT = 8;
const COLUMNS = 24;

export const DASHBOARD_UID = 'brunt';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

type Json = Readonly<Record<string, unknown>>;

interface Variable {
  readonly name: string;
  readonly label: string;
  readonly query: string;
}

/** All but the data source; each offers what there is for the choice before it. */
const VARIABLES: readonly Variable[] = [
  { name: 'script', label: 'Script', query: `label_values(${RUN_INFO.name}, script)` },
  { name: 'run', label: 'Run', query: `label_values(${RUN_INFO.name}{script=~"$script"}, run)` },
  { name: 'scenario', label: 'Scenario', query: 'label_values(brunt_vus{run=~"$run"}, scenario)' },
  { name: 'name', label: 'Request', query: 'label_values(brunt_http_reqs_total{run=~"$run"}, name)' },
  { name: 'system', label: 'System', query: 'label_values(process_resident_memory_bytes, job)' },
];

function variableJson({ name, label, query }: Variable): Json {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: `variable-${name}` },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    // Series without the label belong to all, too.
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
    options: [],
    regex: '',
    skipUrlSync: false,
  };
}

function targetJson({ expr, legend }: Query, i: number, { kind }: Panel): Json {
  return {
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource: DATASOURCE,
    editorMode: 'code',
    expr,
    legendFormat: legend,
    instant: false,
    range: true,
    ...(kind === 'heatmap' ? { format: 'heatmap' } : {}),
  };
}

function stepsOf({ limits, descending }: Panel): readonly Json[] {
  const [low, high] = descending ? ['red', 'green'] : ['green', 'red'];
  const first = { color: low, value: null };
  if (limits === undefined) return [{ color: 'blue', value: null }];
  return [first, { color: 'yellow', value: limits[0] }, { color: high, value: limits[1] }];
}

const OPTIONS: Readonly<Record<Panel['kind'], Json>> = {
  timeseries: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  gauge: {
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    showThresholdLabels: false,
    showThresholdMarkers: true,
    orientation: 'auto',
  },
  stat: {
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    colorMode: 'value',
    graphMode: 'area',
    textMode: 'auto',
    orientation: 'auto',
  },
  heatmap: {
    calculate: false,
    cellGap: 1,
    color: {
      mode: 'scheme',
      scheme: 'Oranges',
      steps: 64,
      exponent: 0.5,
      fill: 'dark-orange',
      reverse: false,
    },
    yAxis: { axisPlacement: 'left', unit: 's' },
    legend: { show: true },
    tooltip: { mode: 'single', yHistogram: false },
    rowsFrame: { layout: 'auto' },
  },
};

function customOf({ kind }: Panel): Json {
  if (kind !== 'timeseries') return {};
  return { drawStyle: 'line', lineWidth: 1, fillOpacity: 10, showPoints: 'never', spanNulls: false };
}

function panelJson(panel: Panel, id: number, gridPos: Place): Json {
  const { title, description, kind, unit, queries, range } = panel;
  return {
    id,
    title,
    description,
    type: kind,
    datasource: DATASOURCE,
    gridPos,
    targets: queries.map((query, i) => targetJson(query, i, panel)),
    options: OPTIONS[kind],
    fieldConfig: {
      defaults: {
        unit,
        custom: customOf(panel),
        color: { mode: panel.limits === undefined ? 'palette-classic' : 'thresholds' },
        thresholds: { mode: 'absolute', steps: stepsOf(panel) },
        ...(range === undefined ? { min: 0 } : { min: range[0], max: range[1] }),
      },
      overrides: [],
    },
  };
}

/** A row's head and its panels, which fill lines of 24 columns. */
function placed(rows: readonly Row[]): readonly Json[] {
  const panels: Json[] = [];
  let y = 0;
  for (const { title, panels: own } of rows) {
    const gridPos: Place = { x: 0, y, w: COLUMNS, h: 1 };
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, gridPos, panels: [] });
    y += 1;
    let x = 0;
    for (const panel of own) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += PANEL_HEIGHT;
      }
      panels.push(panelJson(panel, panels.length + 1, { x, y, w: panel.width, h: PANEL_HEIGHT }));
      x += panel.width;
    }
    y += PANEL_HEIGHT;
  }
  return panels;
}

export function dashboard(): Json {
  return {
    uid: DASHBOARD_UID,
    title: 'Brunt',
    description: 'Load tests by Brunt: latency, throughput, resources.',
    tags: ['brunt', 'load test'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '5s',
    time: { from: 'now-15m', to: 'now' },
    timepicker: {},
    timezone: '',
    weekStart: '',
    fiscalYearStartMonth: 0,
    liveNow: false,
    links: [],
    annotations: {
      list: [
        {
          name: 'Runs begin',
          enable: true,
          hide: false,
          iconColor: 'blue',
          datasource: DATASOURCE,
          expr: `${RUN_INFO.name}{run=~"$run"} unless ${RUN_INFO.name}{run=~"$run"} offset $__interval`,
          titleFormat: '{{script}}',
          textFormat: 'run {{run}}',
          step: '5s',
        },
      ],
    },
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Prometheus',
          type: 'datasource',
          query: 'prometheus',
          refresh: 1,
          hide: 0,
          includeAll: false,
          multi: false,
          options: [],
          regex: '',
          skipUrlSync: false,
          current: {},
        },
        ...VARIABLES.map(variableJson),
      ],
    },
    panels: placed(ROWS),
  };
}
