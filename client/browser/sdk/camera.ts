import { FaceSessionError, type FaceSessionErrorCode } from './errors.ts';

export type CameraPermission = 'granted' | 'denied' | 'prompt' | 'unknown';

export interface CameraDevice {
  readonly deviceId: string;
  /** Empty until the person has allowed a camera on this page once. */
  readonly label: string;
}

export interface CameraChoice {
  /** One of `listCameras()`. Default: the remembered camera, otherwise the one that faces the person. */
  readonly deviceId?: string;
  /** Keep the camera's id in this browser for the next visit. Default true. */
  readonly remember?: boolean;
}

/** An open camera. `stop` releases it, and may be called more than once. */
export interface Camera {
  readonly stream: MediaStream;
  readonly label: string;
  stop(): void;
}

const MEMORY_KEY = 'veriframe.camera';
const PREFERRED = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 30 },
} satisfies MediaTrackConstraints;

/** The page's camera permission, or `unknown` where the browser does not tell it. Shows no permission prompt. */
export async function cameraPermission(): Promise<CameraPermission> {
  try {
    return (await navigator.permissions.query({ name: 'camera' })).state;
  } catch {
    return 'unknown';
  }
}

/** The cameras of this device. Empty where the browser cannot list them. */
export async function listCameras(): Promise<readonly CameraDevice[]> {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices
      .filter(({ kind }) => kind === 'videoinput')
      .map(({ deviceId, label }) => ({ deviceId, label }));
  } catch {
    return [];
  }
}

/** The id of the camera that this page used last, or null. */
export function rememberedCamera(): string | null {
  try {
    return localStorage.getItem(MEMORY_KEY);
  } catch {
    return null;
  }
}

/** Remembers a camera for the next visit; null forgets it. Does nothing where the browser denies storage. */
export function rememberCamera(deviceId: string | null): void {
  try {
    if (deviceId === null) localStorage.removeItem(MEMORY_KEY);
    else localStorage.setItem(MEMORY_KEY, deviceId);
  } catch {
    // The choice of a camera is a convenience: the session works without storage.
  }
}

/**
 * Opens a camera at about 640×480 pixels. The browser may ask the person for permission. A remembered camera that no
 * longer exists is forgotten. `onLost` is called when the camera ends by itself, never after `stop`.
 * @throws FaceSessionError a `camera.*` code; the reason of `signal` when it aborts, with the camera released
 */
export async function openCamera(
  choice: CameraChoice,
  signal: AbortSignal,
  onLost: () => void,
): Promise<Camera> {
  signal.throwIfAborted();
  if (!('mediaDevices' in navigator)) throw new FaceSessionError('camera.unsupported');
  const stream = await request(choice);
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  if (signal.aborted) stop();
  signal.throwIfAborted();

  const track = stream.getVideoTracks()[0];
  if (track === undefined) {
    stop();
    throw new FaceSessionError('camera.not_found');
  }
  track.addEventListener('ended', onLost, { once: true });
  const { deviceId } = track.getSettings();
  if (deviceId !== undefined && choice.remember !== false) rememberCamera(deviceId);
  return {
    stream,
    label: track.label,
    stop() {
      track.removeEventListener('ended', onLost);
      stop();
    },
  };
}

async function request({ deviceId }: CameraChoice): Promise<MediaStream> {
  const wanted = deviceId ?? rememberedCamera();
  if (wanted !== null) {
    try {
      return await getVideo({ ...PREFERRED, deviceId: { exact: wanted } });
    } catch (error) {
      const isGone = error instanceof FaceSessionError && error.code === 'camera.not_found';
      if (!isGone || deviceId !== undefined) throw error;
      rememberCamera(null);
    }
  }
  return getVideo({ ...PREFERRED, facingMode: 'user' });
}

async function getVideo(video: MediaTrackConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (cause) {
    throw new FaceSessionError(codeOf(cause), { cause });
  }
}

/** Names of getUserMedia's exceptions (W3C Media Capture and Streams, section 10.2). */
function codeOf(cause: unknown): FaceSessionErrorCode {
  switch (cause instanceof Object && 'name' in cause ? cause.name : '') {
    case 'NotAllowedError':
      return 'camera.denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'camera.not_found';
    case 'SecurityError':
      return 'camera.unsupported';
    default:
      return 'camera.in_use';
  }
}
