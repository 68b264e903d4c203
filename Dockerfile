# The image of failspec: the static program and the system's certificates, and nothing to log in with. The program is
# built before (docs/release.md), one for each platform of the image:
#
#     target/image/linux/amd64/failspec and target/image/linux/arm64/failspec
#
#     docker build --platform linux/amd64 --tag failspec .
#     docker run --rm -v "$PWD:/work" -e STAGING_TOKEN failspec run notes --packs . --target staging
FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETPLATFORM
COPY --chmod=0755 target/image/${TARGETPLATFORM}/failspec /usr/local/bin/failspec
# The files of the user, and the reports: failspec.toml is looked for in the current folder.
WORKDIR /work
# `nonroot`, by number, so that Kubernetes can tell that it is not root.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/failspec"]
CMD ["--help"]
