/**
 * One chart: a uPlot canvas with a legend that switches curves, a cursor for mouse and arrow keys, and its content in
 * words and as a table for those who do not see it. New data redraws it in place.
 */

import uPlot from 'uplot';
import { append, button, type Child, h } from './dom.ts';
import { drawMarks, type Mark } from './marks.ts';
import { color, onColors } from './theme.ts';

export interface Curve {
  readonly label: string;
  /** Name of a colour of the style sheet. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
  readonly shape?: 'line' | 'area' | 'steps';
  /** Not drawn until the reader switches it on. */
  readonly off?: boolean;
  readonly dashed?: boolean;
}

export interface ChartData {
  readonly x: readonly number[];
  readonly curves: readonly Curve[];
  readonly marks?: readonly Mark[];
  /** What it shows, in a sentence. */
  readonly words: string;
}

export interface XAxis {
  /** Heading of the column in the table. */
  readonly name: string;
  readonly format: (value: number) => string;
  readonly range: (min: number, max: number) => readonly [number, number];
  /** Steps between ticks to choose from, or the ticks themselves. */
  readonly increments?: readonly number[];
  readonly ticks?: (min: number, max: number) => number[];
}

export interface ChartOptions {
  readonly title: string;
  readonly x: XAxis;
  readonly yFormat: (value: number) => string;
  /** Charts of one group share cursor and zoom. */
  readonly group?: string;
  /** Behind the title: a choice, a hint. */
  readonly aside?: Child;
}

const HEIGHT = 208;
/** Below that many points a curve shows them. */
const FEW_POINTS = 40;
const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
/** Rows of the table beside a chart; of more points every n-th is listed. */
const MOST_ROWS = 120;

const groups = new Map<string, Set<Chart>>();

export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #plotArea = h('div', { class: 'plot', role: 'img', tabindex: 0 });
  readonly #legend = h('div', { class: 'legend' });
  readonly #told = h('span', { class: 'hidden', 'aria-live': 'polite' });
  readonly #table = h('details', { class: 'numbers' }, h('summary', {}, 'Numbers'));
  /** Labels that the reader has switched, and how. */
  readonly #switched = new Map<string, boolean>();
  #data: ChartData | undefined;
  /** What the reader zoomed to. */
  #zoomed: readonly [number, number] | undefined;
  #plot: uPlot | undefined;
  #shown = '';
  #inView = true;
  /** The plot shows older data. */
  #behind = false;
  #values: HTMLElement[] = [];

  constructor(options: ChartOptions) {
    this.#options = options;
    this.element = h(
      'figure',
      { class: 'chart' },
      h('figcaption', {}, h('h3', {}, options.title), options.aside),
      this.#legend,
      this.#plotArea,
      this.#told,
      this.#table,
    );
    if (options.group !== undefined) {
      const group = groups.get(options.group) ?? new Set();
      groups.set(options.group, group.add(this));
    }
    onColors(() => {
      this.#plot?.redraw(false, false);
      this.#paintLegend();
    });
    new ResizeObserver(() => this.#resize()).observe(this.#plotArea);
    new IntersectionObserver((entries) => this.#see(entries.at(-1)?.isIntersecting === true), {
      rootMargin: '50%',
    }).observe(this.#plotArea);
    addEventListener('beforeprint', () => this.#see(true));
    this.#plotArea.addEventListener('keydown', (event) => this.#key(event));
    this.#table.addEventListener('toggle', () => this.#fillTable());
  }

  set(data: ChartData): void {
    this.#data = data;
    this.#plotArea.setAttribute(
      'aria-label',
      `${this.#options.title}. ${data.words} Arrow keys read values.`,
    );
    const shown = JSON.stringify(data.curves.map(({ label, shape }) => [label, shape]));
    if (this.#plot !== undefined && shown === this.#shown) {
      if (this.#inView) this.#plot.setData(this.#aligned(data));
      this.#behind = !this.#inView;
    } else {
      this.#shown = shown;
      this.#make(data);
    }
    this.#fillTable();
  }

  /** Shows this part of the x axis; without limits all of it. */
  zoom(limits?: readonly [number, number]): void {
    this.#zoomed = limits;
    const x = this.#data?.x ?? [];
    this.#plot?.setScale('x', { min: x[0] ?? 0, max: x.at(-1) ?? 1 });
  }

  /** A chart that nobody sees is not drawn again: of a run that goes on that would be most of the page's work. */
  #see(inView: boolean): void {
    this.#inView = inView;
    if (!inView || !this.#behind || this.#data === undefined) return;
    this.#behind = false;
    this.#plot?.setData(this.#aligned(this.#data));
  }

  #aligned(data: ChartData): uPlot.AlignedData {
    return [[...data.x], ...data.curves.map((curve) => [...curve.values])] as uPlot.AlignedData;
  }

  #isOn({ label, off }: Curve): boolean {
    return this.#switched.get(label) ?? off !== true;
  }

  #make(data: ChartData): void {
    this.#plot?.destroy();
    this.#buildLegend(data);
    const { x, yFormat, group } = this.#options;
    const axis = (): Partial<uPlot.Axis> => ({
      font: FONT,
      stroke: () => color('faint'),
      grid: { stroke: () => color('line'), width: 1 },
      ticks: { show: false },
    });
    const few = data.x.length < FEW_POINTS;
    const options: uPlot.Options = {
      width: Math.max(120, this.#plotArea.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: {
        y: false,
        ...(group === undefined ? {} : { sync: { key: group } }),
        drag: { x: group !== undefined, y: false, setScale: false },
        points: { size: 7 },
      },
      scales: {
        x: {
          time: false,
          range: (_, min, max) => [...(this.#zoomed ?? x.range(min ?? 0, max ?? 1))] as [number, number],
        },
        y: { range: (_, __, max) => [0, this.#top(max)] },
      },
      axes: [
        {
          ...axis(),
          size: 26,
          gap: 4,
          space: 56,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : x.format(tick))),
          ...(x.increments === undefined ? {} : { incrs: [...x.increments] }),
          ...(x.ticks === undefined ? {} : { splits: (_, __, min, max) => x.ticks?.(min, max) ?? [] }),
        },
        { ...axis(), size: 62, gap: 4, space: 36, values: (_, ticks) => ticks.map((tick) => yFormat(tick)) },
      ],
      series: [
        {},
        ...data.curves.map((curve): uPlot.Series => {
          const { shape = 'line', dashed } = curve;
          const paths = shape === 'steps' ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
          return {
            label: curve.label,
            show: this.#isOn(curve),
            stroke: () => color(curve.color),
            width: shape === 'steps' ? 1 : 1.5,
            spanGaps: false,
            points: { show: shape !== 'steps' && few, size: 5, fill: () => color(curve.color) },
            ...(paths === undefined ? {} : { paths }),
            ...(shape === 'line' ? {} : { fill: () => `${color(curve.color)}2b` }),
            ...(dashed === true ? { dash: [5, 4] } : {}),
          };
        }),
      ],
      hooks: {
        setCursor: [(plot) => this.#tell(plot.cursor.idx ?? undefined)],
        setSelect: [(plot) => this.#select(plot)],
        draw: [(plot) => drawMarks(plot, this.#data?.marks ?? [], FONT)],
      },
    };
    this.#plotArea.textContent = '';
    this.#plot = new uPlot(options, this.#aligned(data), this.#plotArea);
    this.#plot.over.addEventListener('dblclick', () => this.#zoomGroup(undefined));
  }

  /** Upper end of the y axis: room above the highest value, and for limits that are near. */
  #top(max: number | null): number {
    const highest = Math.max(max ?? 0, 0);
    const near = (this.#data?.marks ?? [])
      .filter(({ axis, at }) => axis === 'y' && at <= highest * 2)
      .map(({ at }) => at);
    const top = Math.max(highest, ...near);
    return top > 0 ? top * 1.08 : 1;
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width > 8) this.#zoomGroup([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  #zoomGroup(limits: readonly [number, number] | undefined): void {
    const { group } = this.#options;
    for (const chart of (group === undefined ? undefined : groups.get(group)) ?? [this]) chart.zoom(limits);
  }

  #buildLegend(data: ChartData): void {
    this.#legend.textContent = '';
    this.#values = data.curves.map(() => h('span', { class: 'value' }));
    append(
      this.#legend,
      data.curves.map((curve, i) => {
        const element = button(
          [h('span', { class: 'swatch' }), curve.label, ' ', this.#values[i]],
          { 'aria-pressed': this.#isOn(curve) ? 'true' : 'false' },
          () => {
            const on = !this.#isOn(curve);
            this.#switched.set(curve.label, on);
            element.setAttribute('aria-pressed', String(on));
            this.#plot?.setSeries(i + 1, { show: on });
          },
        );
        return element;
      }),
    );
    this.#paintLegend();
  }

  #paintLegend(): void {
    const swatches = this.#legend.querySelectorAll<HTMLElement>('.swatch');
    for (const [i, swatch] of swatches.entries()) {
      swatch.style.background = color(this.#data?.curves[i]?.color ?? 'accent');
    }
  }

  /** Shows the values at a point in the legend. */
  #tell(index: number | undefined): void {
    const { x, curves = [] } = this.#data ?? {};
    const at = index === undefined ? undefined : x?.[index];
    for (const [i, curve] of curves.entries()) {
      const value = index === undefined ? undefined : curve.values[index];
      const element = this.#values[i];
      if (element !== undefined)
        element.textContent = at === undefined ? '' : value == null ? '–' : curve.format(value);
    }
  }

  #key(event: KeyboardEvent): void {
    const plot = this.#plot;
    const data = this.#data;
    if (plot === undefined || data === undefined || data.x.length === 0) return;
    const last = data.x.length - 1;
    const now = plot.cursor.idx ?? undefined;
    const jump = Math.max(1, Math.round(last / 100));
    const next: Record<string, number> = {
      ArrowLeft: now === undefined ? last : Math.max(0, now - (event.shiftKey ? jump * 10 : jump)),
      ArrowRight: now === undefined ? 0 : Math.min(last, now + (event.shiftKey ? jump * 10 : jump)),
      Home: 0,
      End: last,
    };
    if (event.key === 'Escape') {
      plot.setCursor({ left: -10, top: -10 });
      this.#zoomGroup(undefined);
      return;
    }
    const index = next[event.key];
    if (index === undefined) return;
    event.preventDefault();
    const x = data.x[index] as number;
    plot.setCursor({ left: plot.valToPos(x, 'x'), top: 20 });
    const values = data.curves
      .filter((curve) => this.#isOn(curve))
      .map(
        ({ label, values: all, format }) => `${label} ${all[index] == null ? 'none' : format(all[index])}`,
      );
    this.#told.textContent = `${this.#options.x.format(x)}: ${values.join(', ')}`;
  }

  #resize(): void {
    const width = this.#plotArea.clientWidth;
    if (this.#plot !== undefined && width > 0 && width !== this.#plot.width)
      this.#plot.setSize({ width, height: HEIGHT });
  }

  #fillTable(): void {
    for (const old of this.#table.querySelectorAll('.frame')) old.remove();
    const data = this.#data;
    if (!this.#table.open || data === undefined) return;
    const every = Math.ceil(data.x.length / MOST_ROWS);
    const { name, format } = this.#options.x;
    const rows = data.x.flatMap((x, i) =>
      i % every !== 0
        ? []
        : [
            h(
              'tr',
              {},
              h('th', { scope: 'row', class: 'number' }, format(x)),
              data.curves.map(({ values, format: told }) =>
                h('td', { class: 'number' }, values[i] == null ? '–' : told(values[i])),
              ),
            ),
          ],
    );
    const head = [name, ...data.curves.map(({ label }) => label)];
    this.#table.append(
      h(
        'div',
        { class: 'frame', role: 'region', 'aria-label': `${this.#options.title}: numbers`, tabindex: 0 },
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              head.map((text) => h('th', { scope: 'col', class: 'number' }, text)),
            ),
          ),
          h('tbody', {}, rows),
        ),
      ),
    );
  }
}
