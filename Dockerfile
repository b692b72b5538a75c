# syntax=docker/dockerfile:1
FROM node:24-trixie AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY protocol/package.json protocol/
COPY client/browser/package.json client/browser/
COPY client/backend/package.json client/backend/
COPY client/kiosk/package.json client/kiosk/
COPY tools/packages.mjs tools/object-wrap.h tools/
RUN node tools/packages.mjs
COPY . .
# The full tier is fetched here when the builder has internet; without it the image serves the base tier.
RUN npm run build && node dist/models/prepare/command.js

FROM node:24-trixie AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY protocol/package.json protocol/
COPY client/browser/package.json client/browser/
COPY client/backend/package.json client/backend/
COPY client/kiosk/package.json client/kiosk/
COPY tools/packages.mjs tools/object-wrap.h tools/
RUN node tools/packages.mjs --omit=dev \
 # The official uWebSockets.js is published in its own repository only; its binaries fit this Node.
 && { npm install --no-save --omit=dev --no-audit --no-fund "uWebSockets.js@github:uNetworking/uWebSockets.js#v20.67.0" \
   || echo "uWebSockets.js could not be had: the image serves with ws"; } \
 # Weights are prepared in the build stage; their packages need not travel.
 && rm -rf node_modules/@vladmandic

FROM node:24-trixie-slim
LABEL org.opencontainers.image.title="veriframe" org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production PORT=8080 VERIFRAME_DATA_DIR=/data VERIFRAME_MODEL_CACHE=/app/models/.cache
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
# What node_modules/@veriframe points to.
COPY --from=build /app/protocol/package.json protocol/package.json
COPY --from=build /app/protocol/dist protocol/dist
COPY --from=build /app/client/backend/package.json client/backend/package.json
COPY --from=build /app/client/backend/dist client/backend/dist
COPY --from=build /app/models/.cache models/.cache
COPY package.json LICENSE ./
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Whether it lives: a server that is full is not ready, and must not be restarted.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server/main.js"]
