import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { LoadRig, type RigOptions, type Window } from './rig.ts';

export interface Step extends Window {
  /** Number of simultaneous clients, with a session or waiting for one. */
  readonly seats: number;
}

export interface LoadRun {
  readonly transport: RigOptions['transport'];
  readonly steps: readonly Step[];
  /** One client alone, some seconds after the last step. */
  readonly after: Step;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly loadAverage: number;
}

export interface LoadReport {
  readonly machine: Machine;
  readonly policy: string;
  readonly framesPerSecond: number;
  readonly workers: number;
  readonly secondsAStep: number;
  readonly runs: readonly LoadRun[];
}

interface LoadOptions extends Omit<RigOptions, 'transport'> {
  readonly transports: readonly RigOptions['transport'][];
  /** Numbers of simultaneous clients, one step after another. */
  readonly seats: readonly number[];
  readonly secondsAStep: number;
  readonly onProgress: (text: string) => void;
}

/** Share of a step's time between the change of seats and the start of the window. `MAX_SETTLE_S` limits it. */
const SETTLE_SHARE = 0.5;
const MAX_SETTLE_S = 5;

/** Description of the machine that runs the bench. */
export function thisMachine(): Machine {
  const all = cpus();
  return { cpu: all[0]?.model ?? 'unknown', cores: all.length, loadAverage: loadavg()[0] };
}

/** Runs all steps on each transport, each with a new server. */
export async function measureLoad(options: LoadOptions): Promise<LoadReport> {
  const { transports, policy, framesPerSecond, workers, secondsAStep } = options;
  const machine = thisMachine();
  const runs: LoadRun[] = [];
  for (const transport of transports) runs.push(await runOn(transport, options));
  return { machine, policy, framesPerSecond, workers, secondsAStep, runs };
}

async function runOn(transport: RigOptions['transport'], options: LoadOptions): Promise<LoadRun> {
  const { seats, secondsAStep, onProgress } = options;
  onProgress(`${transport}: starting`);
  const rig = await LoadRig.start({ ...options, transport });
  try {
    const steps: Step[] = [];
    for (const count of seats) {
      onProgress(`${transport}: ${count} people`);
      steps.push(await measureStep(rig, count, secondsAStep));
    }
    onProgress(`${transport}: one person again`);
    const after = await measureStep(rig, 1, secondsAStep);
    return { transport, steps, after };
  } finally {
    await rig.close();
  }
}

/** Sets the seats, waits for their effect, and measures for `seconds`. */
async function measureStep(rig: LoadRig, seats: number, seconds: number): Promise<Step> {
  rig.seat(seats);
  await delay(1000 * Math.min(MAX_SETTLE_S, SETTLE_SHARE * seconds));
  rig.reset();
  await delay(1000 * seconds);
  return { seats, ...(await rig.sample()) };
}
