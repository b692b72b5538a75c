import { insideTexture } from '../drawing/rasterize.ts';
import { ATLAS } from './atlas-layout.ts';
import type { Vector } from './face-in-space.ts';

/** What a vertex is besides a place. */
export interface VertexTraits {
  /** Place in the atlas, pixels. */
  readonly u: number;
  readonly v: number;
  /** How far it turns and shifts with the head, 0..1. Default 1. */
  readonly turns?: number;
  readonly shifts?: number;
  /** Share of the light from all around that reaches it, 0..1. Default 1. */
  readonly open?: number;
  /** Strength of the highlight, 0..1. Default 0. */
  readonly gloss?: number;
  /** The vertex at the same place whose normal it shares. */
  readonly twin?: number;
}

/** A body's vertices and triangles: corners clockwise as seen from outside. */
export interface Mesh {
  readonly count: number;
  /** (x, y, z) at rest in the head's frame. */
  readonly rest: Float32Array;
  readonly uv: Float32Array;
  readonly turns: Float32Array;
  readonly shifts: Float32Array;
  readonly open: Float32Array;
  readonly gloss: Float32Array;
  readonly twins: Uint16Array;
  readonly triangles: Uint16Array;
}

/** Collects a mesh. */
export class MeshBuilder {
  readonly #places: number[] = [];
  readonly #traits: Required<VertexTraits>[] = [];
  readonly #corners: number[] = [];

  get count(): number {
    return this.#traits.length;
  }

  add([x, y, z]: Vector, traits: VertexTraits): number {
    const index = this.count;
    this.#places.push(x, y, z);
    this.#traits.push({ turns: 1, shifts: 1, open: 1, gloss: 0, twin: index, ...traits });
    return index;
  }

  triangle(a: number, b: number, c: number): void {
    this.#corners.push(a, b, c);
  }

  /** Joins a grid of vertices that begins at `first`, row by row, into triangles; `inward` turns them over. */
  grid(first: number, rows: number, columns: number, inward = false): void {
    for (let row = 0; row + 1 < rows; row++) {
      for (let column = 0; column + 1 < columns; column++) {
        const a = first + row * columns + column;
        const [b, c, d] = [a + 1, a + columns, a + columns + 1];
        if (inward) this.#corners.push(a, c, b, b, c, d);
        else this.#corners.push(a, b, c, b, d, c);
      }
    }
  }

  build(): Mesh {
    const of = (key: 'turns' | 'shifts' | 'open' | 'gloss') =>
      Float32Array.from(this.#traits, (traits) => traits[key]);
    return {
      count: this.count,
      rest: Float32Array.from(this.#places),
      uv: Float32Array.from(
        this.#traits.flatMap(({ u, v }) => [insideTexture(u, ATLAS.width), insideTexture(v, ATLAS.height)]),
      ),
      turns: of('turns'),
      shifts: of('shifts'),
      open: of('open'),
      gloss: of('gloss'),
      twins: Uint16Array.from(this.#traits, ({ twin }) => twin),
      triangles: Uint16Array.from(this.#corners),
    };
  }
}

/** Unit normals by vertex: the area-weighted mean of its triangles' and its twins'. Written into `normals`. */
export function writeNormals(
  { count, triangles, twins }: Mesh,
  places: Float32Array,
  normals: Float32Array,
): void {
  normals.fill(0);
  for (let i = 0; i < triangles.length; i += 3) {
    const a = 3 * triangles[i];
    const b = 3 * triangles[i + 1];
    const c = 3 * triangles[i + 2];
    const e1x = places[b] - places[a];
    const e1y = places[b + 1] - places[a + 1];
    const e1z = places[b + 2] - places[a + 2];
    const e2x = places[c] - places[a];
    const e2y = places[c + 1] - places[a + 1];
    const e2z = places[c + 2] - places[a + 2];
    // Corners run clockwise as seen, with y down and z away: this product points into the body.
    const x = e1y * e2z - e1z * e2y;
    const y = e1z * e2x - e1x * e2z;
    const z = e1x * e2y - e1y * e2x;
    for (let corner = i; corner < i + 3; corner++) {
      const to = 3 * twins[triangles[corner]];
      normals[to] -= x;
      normals[to + 1] -= y;
      normals[to + 2] -= z;
    }
  }
  for (let vertex = 0; vertex < count; vertex++) {
    if (twins[vertex] !== vertex) continue;
    const at = 3 * vertex;
    const length = Math.hypot(normals[at], normals[at + 1], normals[at + 2]) || 1;
    normals[at] /= length;
    normals[at + 1] /= length;
    normals[at + 2] /= length;
  }
  for (let vertex = 0; vertex < count; vertex++) {
    const twin = twins[vertex];
    if (twin !== vertex) normals.copyWithin(3 * vertex, 3 * twin, 3 * twin + 3);
  }
}
