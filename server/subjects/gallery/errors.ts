export const GALLERY_ERRORS = {
  'gallery.unfit_embeddings': 'The embeddings cannot be compared.',
  'gallery.other_dimensions': 'The embedding has another length than those of the same model before it.',
  'gallery.closed': 'The gallery is closed.',
} as const;

export type GalleryErrorCode = keyof typeof GALLERY_ERRORS;

/** An error of the gallery with a stable code. `message` is the table's sentence, with `detail` appended when given. */
export class GalleryError extends Error {
  override readonly name = 'GalleryError';
  readonly code: GalleryErrorCode;

  constructor(code: GalleryErrorCode, detail?: string) {
    super(detail === undefined ? GALLERY_ERRORS[code] : `${GALLERY_ERRORS[code]} ${detail}`);
    this.code = code;
  }
}
