//! The design pattern: the blockchain engine, as written.

use super::{ENV, Service, app, full_builder, probe};
use crate::image::lucid::parts;
use crate::image::{Image, wheels};

const ENGINE: Service = Service {
    id: "blockchain-engine",
    marker: "BLOCKCHAIN_ENGINE",
    title: "Blockchain Engine",
    cluster: "core",
    revision: "4f1c2d93b6a0",
};

/// The directories that the builder makes of the monorepo, and that the runtime stage copies one by one.
const COPIED: [&str; 9] = ["api", "core", "utils", "config", "contracts", "deployment", "chain-client", "evm", "on_system_chain"];

const ENTRYPOINT: &str = "import os\n\nimport uvicorn\n\nfrom api.main import app\n\nif __name__ == \"__main__\":\n    \
    uvicorn.run(app, host=os.environ[\"ENGINE_HOST\"], port=int(os.environ[\"ENGINE_PORT\"]))\n";

const MAIN: &str = "from fastapi import FastAPI\n\nfrom core.chain import HEIGHT\n\napp = FastAPI(title=\"engine\")\n\n\n\
    @app.get(\"/height\")\ndef height() -> int:\n    return HEIGHT\n";

pub fn image() -> Image {
    // FROM --platform=$TARGETPLATFORM gcr.io/distroless/python3-debian12:latest
    let mut image = parts().base();
    // ARG BUILD_DATE … LABEL maintainer="Lucid Development Team" … ENV PATH=/usr/local/bin:/usr/bin:/bin … WORKDIR /app
    ENGINE.begin(&mut image, &[&ENV[..], &["ENGINE_PORT=8084", "ENGINE_HOST=0.0.0.0"]].concat());
    // COPY --from=builder --chown=65532:65532 /var/run /var/run
    // COPY --from=builder --chown=65532:65532 /var/lib /var/lib
    // behind apt-get install -y --no-install-recommends build-essential gcc g++ libffi-dev libssl-dev pkg-config curl …
    ENGINE.directories(&mut image, full_builder());
    // COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
    let crt = "/etc/ssl/certs/ca-certificates.crt";
    image.append(&format!("COPY {crt} {crt} # buildkit"), parts().certificates());
    // COPY --from=builder --chown=65532:65532 /root/.local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
    // COPY --from=builder --chown=65532:65532 /root/.local/bin /usr/local/bin
    ENGINE.packages(&mut image, wheels::SERVICE.requirements);
    // RUN ["python3", "-c", "import sys; import os; site_packages = …
    Service::verify(
        &mut image,
        "python3 -c import sys; import os; site_packages = '/usr/local/lib/python3.11/site-packages'; \
         assert os.path.exists(site_packages), site_packages + ' does not exist'; \
         marker_path = os.path.join(site_packages, '.lucid-marker'); \
         assert os.path.getsize(marker_path) > 0, 'marker file is empty: ' + marker_path; \
         print('Packages verified in runtime stage')",
    );
    // COPY --chown=65532:65532 --from=builder /build/api /app/api, and so on
    for name in COPIED {
        let mut files = vec![(format!("app/{name}/__init__.py"), format!("\"\"\"{name}.\"\"\"\n"))];
        match name {
            "api" => files.extend([("app/api/entrypoint.py".into(), ENTRYPOINT.into()), ("app/api/main.py".into(), MAIN.into())]),
            "core" => files.push(("app/core/chain.py".into(), "HEIGHT = 0\n".into())),
            _ => {}
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&path[..], &text[..])).collect();
        image.append(&format!("COPY --chown=65532:65532 /build/{name} /app/{name} # buildkit"), app(&files));
    }
    // COPY --chown=65532:65532 --from=builder /build/*.py /app/
    let version = app(&[("app/version.py", "VERSION = \"1.0.0\"\n")]);
    image.append("COPY --chown=65532:65532 /build/*.py /app/ # buildkit", version);
    // EXPOSE <PORT>, HEALTHCHECK … CMD ["python3", "-c", …], USER 65532:65532, ENTRYPOINT [],
    // CMD ["python3", "/app/<service-root>/api/entrypoint.py"]; the engine's directories lie in /app itself.
    let probe = ["python3", "-c", &probe(8084)];
    Service::end(&mut image, 8084, 60, &probe, &[], &["python3", "/app/api/entrypoint.py"]);
    image
}
