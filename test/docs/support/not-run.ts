/** A command that documents show and that `commands.test.ts` cannot run. */
export interface NotRun {
  readonly command: string;
  readonly why: string;
  /** The test that runs it, or what it stands for; null: none can. */
  readonly shownBy: string | null;
}

const SERVES = 'It serves until somebody stops it.';
const NEEDS_A_CAMERA = 'It needs a camera with a living person before it.';
const NEEDS_A_VIDEO = 'It needs a video of a living person, which this repository may not carry.';
const INSTALLS = 'It installs files that a release makes.';

/** All of them, each with its reason. A command that no document shows any more has to go. */
export const NOT_RUN: readonly NotRun[] = [
  { command: 'npm start', why: SERVES, shownBy: 'test/e2e/process.test.ts' },
  { command: 'node dist/server/main.js', why: SERVES, shownBy: 'test/e2e/process.test.ts' },
  { command: 'VERIFRAME_DATA_DIR=restored npm start', why: SERVES, shownBy: 'test/docs/commands.test.ts' },
  {
    command: 'npx veriframe try',
    why: 'It takes a minute and has a test of its own.',
    shownBy: 'test/e2e/try.test.ts',
  },
  {
    command: 'npx veriframe enrol --subject ada --source ada.mp4 --policy blink-only',
    why: NEEDS_A_VIDEO,
    shownBy: 'test/e2e/command-line.test.ts',
  },
  {
    command: 'npx veriframe enrol --subject grace --source grace.mp4 --policy blink-only',
    why: NEEDS_A_VIDEO,
    shownBy: 'test/e2e/command-line.test.ts',
  },
  {
    command: 'npx veriframe verify --subject ada --source camera --policy blink-only',
    why: NEEDS_A_CAMERA,
    shownBy: 'test/kiosk/sources.test.ts',
  },
  {
    command: 'npx veriframe verify --subject grace --source camera --policy blink-only',
    why: NEEDS_A_CAMERA,
    shownBy: 'test/kiosk/sources.test.ts',
  },
  {
    command: 'npx veriframe identify --source camera --on-accept ./open-door --timeout 30',
    why: NEEDS_A_CAMERA,
    shownBy: 'test/kiosk/cli.test.ts',
  },
  {
    command:
      'npx veriframe identify --source camera --key-file kiosk.key --require-signed --on-accept ./open-door',
    why: NEEDS_A_CAMERA,
    shownBy: 'test/e2e/kiosk-key.test.ts',
  },
  {
    command: 'npx veriframe kiosk-key create --key-file kiosk.key --name "north door"',
    why: 'It has a test of its own, with what becomes of the key.',
    shownBy: 'test/e2e/kiosk-key.test.ts',
  },
  {
    command: 'VERIFRAME_WEBAUTHN="shop.example=https://shop.example,https://www.shop.example"',
    why: 'It is a setting of a server that is started later.',
    shownBy: 'test/identity/relying-parties.test.ts',
  },
  { command: 'docker build .', why: 'It needs a container engine and the network.', shownBy: null },
  {
    command: 'npm run release -- patch --dry-run',
    why: 'It wants a clean tree.',
    shownBy: 'test/tools/release.test.ts',
  },
  {
    command: 'npm run release -- minor --dry-run',
    why: 'It wants a clean tree.',
    shownBy: 'test/tools/release.test.ts',
  },
  {
    command: 'npm run release -- minor',
    why: 'It commits and tags.',
    shownBy: 'test/tools/release.test.ts',
  },
  {
    command: 'npm pack -w client/backend',
    why: 'It writes into the checkout.',
    shownBy: 'test/tools/release.test.ts',
  },
  { command: 'npm install ./veriframe-backend-VERSION.tgz', why: INSTALLS, shownBy: null },
  { command: 'npm install ./veriframe-kiosk-VERSION.tgz', why: INSTALLS, shownBy: null },
  { command: 'git fetch --tags', why: 'It needs the remote repository.', shownBy: null },
  { command: 'git checkout vVERSION', why: 'It changes the checkout.', shownBy: null },
  { command: 'npm run sbom', why: 'It takes long.', shownBy: 'test/tools/sbom.test.ts' },
  { command: 'npm run audit', why: 'It asks the package registry.', shownBy: 'test/tools/sbom.test.ts' },
  { command: 'npm run docs', why: 'It writes into the checkout.', shownBy: 'test/docs/tables.test.ts' },
  {
    command:
      'npm run evaluate -- bona-fide --data DIR --portraits DIR --readme docs/measurements-bona-fide.md',
    why: 'It needs recordings of people, and hours.',
    shownBy: 'test/evaluate/bona-fide.test.ts',
  },
];
