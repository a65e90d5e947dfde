# docker build -t hnlscan . && docker run --rm -v "$PWD:/work" hnlscan run quickstart
FROM python:3.12-slim

RUN useradd --create-home hnlscan && mkdir -p /opt/hnlscan /work && chown hnlscan /opt/hnlscan /work
USER hnlscan
WORKDIR /opt/hnlscan
COPY --chown=hnlscan pyproject.toml README.md LICENSE ./
COPY --chown=hnlscan physics physics
COPY --chown=hnlscan grids grids
COPY --chown=hnlscan jobs jobs
COPY --chown=hnlscan scanner scanner
# the install of README.md
RUN python3 -m venv .venv && .venv/bin/pip install .
ENV PATH="/opt/hnlscan/.venv/bin:$PATH" HNLSCAN_CACHE_DIR=/opt/hnlscan/cache
# compiled code is kept in the image; a processor of another kind compiles its own
RUN hnlscan rate --model dipole --experiment sbnd --set m4=0.1 --set mu_tr_mu4=1e-6

WORKDIR /work
ENTRYPOINT ["hnlscan"]
CMD ["--help"]
