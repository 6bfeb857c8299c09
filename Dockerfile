# The portal as an image. docs/operate.md says how to run it.
#   docker build --tag support-portal --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… .
# Node 24 on Debian. Give the digest as well, as above, for every image that you mean to keep.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && node deploy/runtime.ts /portal

FROM ${NODE_IMAGE}
# Owned by root and never written to: the root file system may be read-only.
COPY --from=build /portal /portal
# Only the embedded database writes, and only here; with DATABASE_URL nothing does.
RUN install --directory --owner=1000 --group=1000 --mode=0700 /data
VOLUME /data
# As in `npm start`. Without MALLOC_ARENA_MAX each thread keeps freed memory to itself, which comes to dozens of MB.
ENV NODE_ENV=production DATA_DIR=/data MALLOC_ARENA_MAX=2
WORKDIR /portal
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the first process, so that signals reach it.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=30", "dist/bff/main.js"]
