/**
 * Groups of points of the face mesh (MediaPipe topology). Each eye's 16 points stand in the order of the iris
 * network's lids: lower lid 0..8 from the outer corner to the inner one, then the upper lid 9..15.
 */
export const EYE_RINGS = {
  imageLeft: [33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173],
  imageRight: [263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398],
} as const;

/** How many points of an eye ring are the lower lid, both corners counted. */
export const LOWER_LID_POINTS = 9;

/** The rim of the mouth's opening, image left and right corner and the points between them from left to right. */
export const INNER_LIPS = {
  corners: [78, 308],
  upper: [191, 80, 81, 82, 13, 312, 311, 310, 415],
  lower: [95, 88, 178, 87, 14, 317, 402, 318, 324],
} as const;

/** The lips' other rows, from the outer rim inward. */
export const UPPER_LIP = [
  185, 40, 39, 37, 0, 267, 269, 270, 409, 184, 74, 73, 72, 11, 302, 303, 304, 408, 183, 42, 41, 38, 12, 268,
  271, 272, 407,
] as const;
export const LOWER_LIP = [
  146, 91, 181, 84, 17, 314, 405, 321, 375, 77, 90, 180, 85, 16, 315, 404, 320, 307, 96, 89, 179, 86, 15, 316,
  403, 319, 325,
] as const;

/** The mouth's corners, image left and right, from the outer rim inward. */
export const MOUTH_CORNERS = [61, 291, 76, 306, 62, 292] as const;

/** The face's outline, from the top of the forehead by the image's right to the chin and back. */
export const FACE_OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
  150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;
