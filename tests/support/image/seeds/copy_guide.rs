//! The guide to COPY: an authentication service, its packages copied with their markers.

use super::{ENV, Service, app, plain_builder, probe};
use crate::image::lucid::parts;
use crate::image::{Image, wheels};

/// What the guide upgrades with `--user`, and thereby copies.
const UPGRADED: &str = "\
    pip==25.0.1 --hash=sha256:c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f\n\
    setuptools==79.0.1 --hash=sha256:e147c0549f27767ba362f9da434eab9c5dc0045d5304feb602a0af001089fc51\n\
    wheel==0.45.1 --hash=sha256:708e7481cc80179af0e556bbf0cc00b8444c7321e2700b8d8580231d13017248\n";

const AUTH: Service = Service { id: "lucid-auth", marker: "AUTH", title: "Auth", cluster: "core", revision: "4f1c2d93b6a0" };

pub fn image() -> Image {
    // FROM --platform=$TARGETPLATFORM gcr.io/distroless/python3-debian12:latest
    let mut image = parts().base();
    // "... setup environment ...": the block of the design pattern.
    AUTH.begin(&mut image, &[&ENV[..], &["AUTH_SERVICE_PORT=8089", "AUTH_SERVICE_HOST=0.0.0.0"]].concat());
    // COPY --from=builder --chown=65532:65532 /var/run /var/run
    // COPY --from=builder --chown=65532:65532 /var/lib /var/lib
    AUTH.directories(&mut image, plain_builder());
    // COPY --from=builder --chown=65532:65532 /root/.local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
    // COPY --from=builder --chown=65532:65532 /root/.local/bin /usr/local/bin
    // behind pip install --user --no-cache-dir --upgrade pip setuptools wheel && pip install --user -r requirements.txt
    AUTH.packages(&mut image, &format!("{UPGRADED}{}", wheels::SERVICE.requirements));
    // RUN ["/usr/bin/python3.11", "-c", "import sys; import os; site_packages = ...
    Service::verify(
        &mut image,
        "/usr/bin/python3.11 -c import sys; import os; site_packages = '/usr/local/lib/python3.11/site-packages'; \
         assert os.path.exists(site_packages), f'{site_packages} does not exist'; \
         assert os.path.exists(os.path.join(site_packages, 'uvicorn')), 'uvicorn not found'",
    );
    // "... rest of Dockerfile ..."
    let entrypoint = "import os\n\nimport uvicorn\n\nif __name__ == \"__main__\":\n    \
        uvicorn.run(\"main:app\", host=os.environ[\"AUTH_SERVICE_HOST\"], port=int(os.environ[\"AUTH_SERVICE_PORT\"]))\n";
    let main = "import bcrypt\nimport redis.asyncio\nfrom fastapi import FastAPI\n\napp = FastAPI(title=\"lucid-auth\")\n";
    let files = app(&[("app/entrypoint.py", entrypoint), ("app/main.py", main)]);
    image.append("COPY --chown=65532:65532 /build/auth /app # buildkit", files);
    let probe = ["/usr/bin/python3.11", "-c", &probe(8089)];
    Service::end(&mut image, 8089, 60, &probe, &[], &["/usr/bin/python3.11", "/app/entrypoint.py"]);
    image
}
