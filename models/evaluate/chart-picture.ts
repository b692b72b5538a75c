import { writeFile } from 'node:fs/promises';
import { Resvg } from '@resvg/resvg-js';
import { init, type EChartsOption } from 'echarts';

const FONT = 'Inter, Liberation Sans, Arial, Helvetica, sans-serif';
/** Pixels of the PNG for each unit of the chart. */
const ZOOM = 2;

/**
 * Writes a chart to `<basePath>.svg` and `<basePath>.png`. The PNG uses a font of the system. Without one, the PNG has
 * no text, and the SVG has to be used.
 * @returns whether the PNG has text
 */
export async function writeChart(
  option: EChartsOption,
  size: { readonly width: number; readonly height: number },
  basePath: string,
): Promise<boolean> {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#fff',
      textStyle: { fontFamily: FONT },
      ...option,
    });
    const svg = chart.renderToSVGString();
    await writeFile(`${basePath}.svg`, svg);
    const picture = new Resvg(svg, {
      fitTo: { mode: 'zoom', value: ZOOM },
      font: { loadSystemFonts: true },
    });
    await writeFile(`${basePath}.png`, picture.render().asPng());
  } finally {
    chart.dispose();
  }
  return hasFonts();
}

function hasFonts(): boolean {
  const word = `<svg xmlns="http://www.w3.org/2000/svg" width="50" height="20"><text y="15" font-family="sans-serif">word</text></svg>`;
  return new Resvg(word, { font: { loadSystemFonts: true } }).getBBox() !== undefined;
}
