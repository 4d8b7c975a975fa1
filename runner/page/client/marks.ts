/** Straight lines across a chart: limits, percentiles. */

import type uPlot from 'uplot';
import { color } from './theme.ts';

export interface Mark {
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly label: string;
  /** Name of a colour of the style sheet. */
  readonly color: string;
}

/** Labels that are nearer than this would cover each other, CSS pixels. */
const LINE_HEIGHT = 13;

/** Beside its line; text stands out from the curves behind it. */
function drawLabel(ctx: CanvasRenderingContext2D, label: string, x: number, y: number): void {
  ctx.strokeStyle = color('back');
  ctx.lineJoin = 'round';
  ctx.setLineDash([]);
  ctx.lineWidth = 3 * devicePixelRatio;
  ctx.strokeText(label, x, y);
  ctx.fillText(label, x, y);
}

/** `font` has a size in CSS pixels. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], font: string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const [right, bottom] = [bbox.left + bbox.width, bbox.top + bbox.height];
  const placed = marks
    .map((mark) => ({ mark, place: Math.round(plot.valToPos(mark.at, mark.axis, true)) }))
    .filter(({ mark: { axis }, place }) =>
      axis === 'y' ? place >= bbox.top && place <= bottom : place >= bbox.left && place <= right,
    )
    .toSorted((a, b) => a.place - b.place);
  ctx.save();
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * ratio));
  for (const { mark, place } of placed) {
    ctx.strokeStyle = color(mark.color);
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(mark.axis === 'y' ? bbox.left : place, mark.axis === 'y' ? place : bbox.top);
    ctx.lineTo(mark.axis === 'y' ? right : place, mark.axis === 'y' ? place : bottom);
    ctx.stroke();
  }
  let last = Number.NEGATIVE_INFINITY;
  let row = 0;
  for (const { mark, place } of placed) {
    ctx.fillStyle = color(mark.color);
    const near = place - last < (mark.axis === 'y' ? LINE_HEIGHT : 40) * ratio;
    row = near ? row + 1 : 0;
    if (mark.axis === 'y') {
      // The upper one of two that are near stands above its line, the lower one below.
      ctx.textAlign = 'right';
      drawLabel(ctx, mark.label, right - 3 * ratio, near ? place + LINE_HEIGHT * ratio : place - 4 * ratio);
    } else {
      ctx.textAlign = 'left';
      drawLabel(ctx, mark.label, place + 3 * ratio, bbox.top + (10 + row * LINE_HEIGHT) * ratio);
    }
    last = place;
  }
  ctx.restore();
}
