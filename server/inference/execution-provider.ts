/** Where networks run. `cuda` needs ONNX Runtime's CUDA libraries, which the user has to install. */
export const EXECUTION_PROVIDERS = ['cpu', 'cuda'] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

/** The networks cannot run on the configured execution provider. */
export class ExecutionProviderError extends Error {
  override readonly name = 'ExecutionProviderError';
  readonly code = 'inference.provider_unavailable';
  readonly provider: ExecutionProvider;
  readonly detail: string;

  /** @param detail the message of ONNX Runtime */
  constructor(provider: ExecutionProvider, detail: string) {
    super(
      `The networks cannot run on ${provider}: ${detail}. Install ONNX Runtime's libraries for it, or set ` +
        'VERIFRAME_EXECUTION_PROVIDER to cpu.',
    );
    this.provider = provider;
    this.detail = detail;
  }
}
