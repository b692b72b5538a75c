/** The closed set of gallery error codes, each with one plain sentence that carries no subject. */
const GALLERY_ERRORS = {
  'gallery.unfit_embeddings': 'The embeddings cannot be compared.',
  'gallery.other_dimensions': 'The embedding has another length than earlier ones of its model.',
  'gallery.closed': 'The gallery is closed.',
} as const;

type GalleryErrorCode = keyof typeof GALLERY_ERRORS;

/** An error of the gallery with a stable code. `message` is the table's sentence, then `detail` if there is one. */
export class GalleryError extends Error {
  override readonly name = 'GalleryError';
  readonly code: GalleryErrorCode;

  constructor(code: GalleryErrorCode, detail?: string) {
    super(detail === undefined ? GALLERY_ERRORS[code] : `${GALLERY_ERRORS[code]} ${detail}`);
    this.code = code;
  }
}
