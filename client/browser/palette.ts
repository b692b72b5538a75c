/** The colours that the element and the demo's pages share, in both themes. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly paper: string;
  readonly surface: string;
  readonly hairline: string;
  /** Edges that have to be visible, such as ticks and fields: contrast of at least 3 : 1 against `paper`. */
  readonly edge: string;
  readonly proven: string;
  readonly guide: string;
  readonly stop: string;
}

export const LIGHT: Palette = {
  ink: '#14171d',
  soft: '#5f5f59',
  paper: '#f6f6f3',
  surface: '#ecebe6',
  hairline: '#d9d8d1',
  edge: '#84837b',
  proven: '#0b8a66',
  guide: '#a87008',
  stop: '#b93b3e',
};

export const DARK: Palette = {
  ink: '#f1f1ec',
  soft: '#a3a39c',
  paper: '#0b0e14',
  surface: '#12161e',
  hairline: '#2a2e36',
  edge: '#7b7c7a',
  proven: '#15b88a',
  guide: '#e0a22e',
  stop: '#e0686a',
};
