/** Sources that do not become an image: what the compiler says, or a sentence on what is missing. Its message may have several lines. */
export class FirmwareBuildError extends Error {
  override readonly name = 'FirmwareBuildError';
}
