import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson, type Portrait, preparePortrait, SAMPLE_PORTRAITS } from '../../../simulator/index.ts';
import { buildDemo } from '../../../tools/build/demo.ts';
import { chromiumPath, launchBrowser } from '../../../tools/chromium.ts';
import { type RealServer, startRealServer } from '../../../tools/throwaway-server.ts';
import { JOURNEY_MS, passed } from '../../browser/support/face-check.ts';
import { findingsOn } from '../../browser/support/findings.ts';
import { SteppedCamera } from '../../browser/support/stepped-camera.ts';
import { beginSignIn } from './attempts.ts';

const password = 'correct horse battery';

describe.skipIf(chromiumPath === null)(
  "the demo with devices' keys (skipped where no Chromium is found)",
  () => {
    let browser: Browser;
    let assets: string;
    let server: RealServer;
    let url: string;
    let portrait: Portrait;
    let seed = 1;
    const camera = new SteppedCamera();

    beforeAll(async () => {
      assets = await mkdtemp(join(tmpdir(), 'veriframe-demo-'));
      await buildDemo(assets);
      portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
      server = await startRealServer({
        transport: 'ws',
        clock: camera.clock,
        seed: 5,
        watch: camera.watch,
        env: { VERIFRAME_DEMO: 'on', VERIFRAME_DEMO_PAGES: assets, VERIFRAME_DEMO_POLICY: 'blink-only' },
      });
      // Keys are made for a domain, which an address is not.
      url = `http://localhost:${server.port}`;
      browser = await launchBrowser(chromiumPath ?? '');
    });
    afterAll(async () => {
      await browser.close();
      await server.close();
      await rm(assets, { recursive: true, force: true });
    });

    /** A browser of its own with an authenticator, before whose camera a rendered person does what `journey` needs. */
    const onMachine = async (journey: (page: Page) => Promise<void>) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const tools = await context.newCDPSession(page);
      await tools.send('WebAuthn.enable');
      await tools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      const person = await createPerson({ portrait, seed: seed++ });
      await camera.stand(page, person);
      await page.goto(url);
      await journey(page);
      await context.close();
    };
    const signOut = async (page: Page) => {
      await page.getByRole('button', { name: 'Sign out' }).first().click();
      await camera.until(page.getByRole('link', { name: 'Create an account' }).first());
    };
    const greeting = (page: Page) => page.getByRole('heading', { name: /^Good \w+, ada$/ });

    it(
      'the enrolment makes a key, a machine without one is refused whatever it shows, and gets one after another way in',
      async () => {
        await onMachine(async (phone) => {
          await phone.goto(`${url}/register`);
          await phone.getByLabel('Username').fill('ada');
          await phone.getByLabel('Email').fill('ada@example.org');
          await phone.getByText('Add a password too').click();
          await phone.getByLabel('Password').fill(password);
          await phone.getByRole('button', { name: 'Continue' }).click();
          await phone.getByText('This device may ask for your fingerprint, face or PIN.').waitFor();
          await phone.getByRole('button', { name: 'Start' }).click();
          await passed(camera, phone, phone.getByRole('heading', { name: 'You’re all set' }));
          await phone.getByRole('link', { name: 'Go to your account' }).click();
          await camera.until(phone.getByText('Key of a device'));
          expect(await camera.during(findingsOn(phone))).toEqual([]);
          await signOut(phone);
          await beginSignIn(phone, url, 'ada');
          await passed(camera, phone, greeting(phone));
        });

        await onMachine(async (stranger) => {
          await beginSignIn(stranger, url, 'ada');
          await camera.until(stranger.getByRole('heading', { name: 'This device is new here' }));
          await stranger.goto(`${url}/account`);
          expect(new URL(stranger.url()).pathname).toBe('/sign-in');
        });

        await onMachine(async (laptop) => {
          await laptop.goto(`${url}/sign-in`);
          await laptop.getByRole('button', { name: 'Use your password instead' }).click();
          await laptop.getByLabel('Username').fill('ada');
          await laptop.getByLabel('Password').fill(password);
          await laptop.getByRole('button', { name: 'Sign in' }).click();
          await laptop.getByRole('button', { name: 'Add this device' }).click();
          await laptop.getByRole('button', { name: 'Start' }).click();
          await passed(camera, laptop, greeting(laptop));
          await expect.poll(() => laptop.getByText('Key of a device').count()).toBe(2);
          await signOut(laptop);
          await beginSignIn(laptop, url, 'ada');
          await passed(camera, laptop, greeting(laptop));

          // A device whose key was removed is a new one again.
          await laptop.getByRole('button', { name: 'Remove' }).last().click();
          await expect.poll(() => laptop.getByText('Key of a device').count()).toBe(1);
          await signOut(laptop);
          await beginSignIn(laptop, url, 'ada');
          await camera.until(laptop.getByRole('heading', { name: 'This device is new here' }));
        });
      },
      JOURNEY_MS,
    );
  },
);
