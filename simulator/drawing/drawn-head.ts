import sharp from 'sharp';

const SIZE = { width: 640, height: 480 };

/** Both halves of a face: what is drawn on the left, and its mirror image. */
const both = (half: string) => `<g>${half}</g><g transform="matrix(-1 0 0 1 640 0)">${half}</g>`;

/** A head of clay in front of a wall, drawn: nobody's face. */
const HEAD = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480">
<defs>
<radialGradient id="wall" cx=".35" cy=".3" r=".9"><stop offset="0" stop-color="#9aa19f"/><stop offset="1" stop-color="#4c5355"/></radialGradient>
<radialGradient id="skin" cx=".44" cy=".4" r=".66"><stop offset="0" stop-color="#e2c3ac"/><stop offset=".62" stop-color="#c99f86"/><stop offset="1" stop-color="#7d5848"/></radialGradient>
<linearGradient id="nose" x1="0" x2="1"><stop offset="0" stop-color="#e8cbb5"/><stop offset=".55" stop-color="#d3ab92"/><stop offset="1" stop-color="#a87c67"/></linearGradient>
<linearGradient id="neck" x1="0" x2="0" y1="0" y2="1"><stop offset="0" stop-color="#7a5646"/><stop offset="1" stop-color="#b68d76"/></linearGradient>
<linearGradient id="shirt" x1="0" x2="1"><stop offset="0" stop-color="#48606b"/><stop offset="1" stop-color="#25343c"/></linearGradient>
<filter id="soft"><feGaussianBlur stdDeviation="5"/></filter>
<filter id="softer"><feGaussianBlur stdDeviation="11"/></filter>
<filter id="fine"><feGaussianBlur stdDeviation="1.1"/></filter>
</defs>
<rect width="640" height="480" fill="url(#wall)"/>
<path d="M110 480c10-74 88-96 150-108h120c62 12 140 34 150 108z" fill="url(#shirt)"/>
<path d="M262 330c4 40-2 52-14 62 40 34 104 34 144 0-12-10-18-22-14-62z" fill="url(#neck)"/>
<path d="M320 44c-92 0-132 62-126 150 4 24 8 40 12 54h228c4-14 8-30 12-54 6-88-34-150-126-150z" fill="#3a2c26"/>
<path d="M320 74c-74 0-106 52-106 124 0 88 52 178 106 178s106-90 106-178c0-72-32-124-106-124z" fill="url(#skin)"/>
<path d="M214 200c-10-84 30-136 106-136s116 52 106 136c-14-48-26-66-48-74-46 14-84 12-120 2-20 10-32 34-44 72z" fill="#3a2c26"/>
${both(`
<path d="M212 206c-16-4-18 44 8 58z" fill="#b98b74"/>
<ellipse cx="244" cy="272" rx="34" ry="26" fill="#d9907c" opacity=".35" filter="url(#softer)"/>
<ellipse cx="276" cy="202" rx="34" ry="18" fill="#8d6654" opacity=".5" filter="url(#soft)"/>
<path d="M238 184c18-16 44-16 64-4l-1 7c-22-8-42-8-62 2z" fill="#392a23" filter="url(#fine)"/>
<path d="M248 208c10-14 40-16 52 1-12 13-40 13-52-1z" fill="#f1ebe4"/>
<circle cx="275" cy="206" r="10.4" fill="#56422f"/><circle cx="275" cy="206" r="5" fill="#14100d"/><circle cx="271.500" cy="202" r="2.200" fill="#fff"/>
<path d="M246 208c11-16 42-18 56 1l-3-1c-14-14-38-13-53 0z" fill="#2c1f19"/>
<path d="M250 212c14 12 36 12 49 0-12 16-38 16-49 0z" fill="#7a5646" opacity=".8"/>
<path d="M249 196c14-12 38-12 51 0" fill="none" stroke="#7d5847" stroke-width="2.200" filter="url(#fine)"/>
`)}
<path d="M307 200c-2 34-8 56-16 74 6 16 52 16 58 0-8-18-14-40-16-74z" fill="url(#nose)" filter="url(#soft)"/>
<path d="M333 206c2 28 8 48 16 66 2 10-8 14-14 14z" fill="#8f6653" opacity=".5" filter="url(#soft)"/>
<path d="M292 274c4 10 12 12 18 8 6 6 14 6 20 0 6 4 14 2 18-8" fill="none" stroke="#80594a" stroke-width="3" filter="url(#fine)"/>
<path d="M299 279q6-5 11 1M330 280q6-6 11-1" stroke="#4f342b" stroke-width="4" fill="none" stroke-linecap="round" filter="url(#fine)"/>
<path d="M276 318c16-10 32-14 44-9 12-5 28-1 44 9-14 4-28 5-44 5s-30-1-44-5z" fill="#b0675c"/>
<path d="M276 318c14 22 74 22 88 0-16 6-72 6-88 0z" fill="#c2796c"/>
<path d="M274 318c28 7 64 7 92 0" fill="none" stroke="#6d3b34" stroke-width="2.600" filter="url(#fine)"/>
<ellipse cx="320" cy="346" rx="30" ry="7" fill="#8d6553" opacity=".55" filter="url(#soft)"/>
<path d="M420 130c22 90-20 210-96 246 66-10 116-110 102-196z" fill="#4c332a" opacity=".35" filter="url(#softer)"/>
</svg>`;

/** The head as a camera sees it, with a sensor's noise: a JPEG of 640 × 480. */
export async function drawnHead(): Promise<Buffer> {
  const noise = await sharp({
    create: { ...SIZE, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 7 } },
  })
    .png()
    .toBuffer();
  return await sharp(Buffer.from(HEAD))
    .resize(SIZE.width, SIZE.height)
    .flatten()
    .composite([{ input: noise, blend: 'soft-light' }])
    .jpeg({ quality: 92 })
    .toBuffer();
}
