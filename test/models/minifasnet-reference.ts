import type * as Tfjs from '@tensorflow/tfjs';
import type { ShapedFloats } from '../../models/convert/shape.ts';

interface ConvolutionOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly depthwise?: boolean;
}

/**
 * A second implementation of MiniFASNet from its PyTorch source, layer by layer in TensorFlow.js operations. Batch
 * normalisation and PReLU are separate operations; nothing is folded.
 */
export class MiniFasNetReference {
  readonly #tf: typeof Tfjs;
  readonly #state: ReadonlyMap<string, ShapedFloats>;

  constructor(tf: typeof Tfjs, state: ReadonlyMap<string, ShapedFloats>) {
    this.#tf = tf;
    this.#state = state;
  }

  /** Scores before softmax of one 80×80 image given channels last. */
  logits(image: Float32Array): Tfjs.Tensor2D {
    const tf = this.#tf;
    return tf.tidy(() => {
      let x = tf.tensor4d(image, [1, 80, 80, 3]);
      x = this.#convBlock(x, 'conv1', { stride: 2, padding: 1 });
      x = this.#convBlock(x, 'conv2_dw', { padding: 1, depthwise: true });
      x = this.#depthWise(x, 'conv_23', 2);
      x = this.#residual(x, 'conv_3', 4);
      x = this.#depthWise(x, 'conv_34', 2);
      x = this.#residual(x, 'conv_4', 6);
      x = this.#depthWise(x, 'conv_45', 2);
      x = this.#residual(x, 'conv_5', 2);
      x = this.#convBlock(x, 'conv_6_sep', {});
      x = this.#convNorm(x, 'conv_6_dw', { depthwise: true });
      const flat = tf.reshape(x, [1, 512]) as Tfjs.Tensor2D;
      const projected = tf.matMul(flat, this.#weight('linear.weight'), false, true) as Tfjs.Tensor2D;
      const embedding = this.#norm(projected, 'bn') as Tfjs.Tensor2D;
      return tf.matMul(embedding, this.#weight('prob.weight'), false, true);
    });
  }

  #weight(name: string): Tfjs.Tensor {
    const found = this.#state.get(name);
    if (found === undefined) throw new Error(`no tensor ${name}`);
    return this.#tf.tensor(found.data, [...found.shape]);
  }

  #norm(x: Tfjs.Tensor, name: string): Tfjs.Tensor {
    const part = (suffix: string) => this.#weight(`${name}.${suffix}`) as Tfjs.Tensor1D;
    return this.#tf.batchNorm(
      x,
      part('running_mean'),
      part('running_var'),
      part('bias'),
      part('weight'),
      1e-5,
    );
  }

  #conv(x: Tfjs.Tensor4D, name: string, options: ConvolutionOptions): Tfjs.Tensor4D {
    const tf = this.#tf;
    const { stride = 1, padding = 0, depthwise = false } = options;
    const filters = this.#weight(`${name}.weight`);
    const padded = tf.pad(x, [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ]);
    return depthwise
      ? tf.depthwiseConv2d(padded, tf.transpose(filters, [2, 3, 0, 1]) as Tfjs.Tensor4D, stride, 'valid')
      : tf.conv2d(padded, tf.transpose(filters, [2, 3, 1, 0]) as Tfjs.Tensor4D, stride, 'valid');
  }

  #convNorm(x: Tfjs.Tensor4D, name: string, options: ConvolutionOptions): Tfjs.Tensor4D {
    return this.#norm(this.#conv(x, `${name}.conv`, options), `${name}.bn`) as Tfjs.Tensor4D;
  }

  #convBlock(x: Tfjs.Tensor4D, name: string, options: ConvolutionOptions): Tfjs.Tensor4D {
    const slopes = this.#weight(`${name}.prelu.weight`) as Tfjs.Tensor4D;
    return this.#tf.prelu(this.#convNorm(x, name, options), slopes);
  }

  #depthWise(x: Tfjs.Tensor4D, name: string, stride: number): Tfjs.Tensor4D {
    const wide = this.#convBlock(x, `${name}.conv`, {});
    const filtered = this.#convBlock(wide, `${name}.conv_dw`, { stride, padding: 1, depthwise: true });
    return this.#convNorm(filtered, `${name}.project`, {});
  }

  /** In the SE variant, the last block of a stage ends in squeeze-and-excitation. */
  #residual(x: Tfjs.Tensor4D, name: string, blocks: number): Tfjs.Tensor4D {
    const tf = this.#tf;
    let value = x;
    for (let block = 0; block < blocks; block++) {
      const layer = `${name}.model.${block}`;
      let inner = this.#depthWise(value, layer, 1);
      if (this.#state.has(`${layer}.se_module.fc1.weight`)) {
        const part = (suffix: string) => `${layer}.se_module.${suffix}`;
        const mean = tf.mean(inner, [1, 2], true) as Tfjs.Tensor4D;
        const squeezed = tf.relu(this.#norm(this.#conv(mean, part('fc1'), {}), part('bn1'))) as Tfjs.Tensor4D;
        const gate = tf.sigmoid(this.#norm(this.#conv(squeezed, part('fc2'), {}), part('bn2')));
        inner = tf.mul(inner, gate);
      }
      value = tf.add(value, inner);
    }
    return value;
  }
}
