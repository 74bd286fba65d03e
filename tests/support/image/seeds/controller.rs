//! The controller of the service mesh, after its twenty modifications.

use super::{ENV, Service, app, plain_builder, probe};
use crate::image::lucid::parts;
use crate::image::{BUILT, Image};

const CONTROLLER: Service = Service {
    id: "service-mesh-controller",
    marker: "SERVICE_MESH_CONTROLLER",
    title: "Service Mesh Controller",
    cluster: "core",
    // 13. VCS_REF="manual-build"
    revision: "manual-build",
};

/// 16. grpcio, aiohttp, `python_consul`, pydantic; and what they need.
const REQUIREMENTS: &str = include_str!("../controller.txt");

const MAIN: &str = "import os\n\nimport aiohttp.web\nimport consul\nimport grpc\nfrom pydantic import BaseModel\n\n\n\
    class Mesh(BaseModel):\n    store: str\n    version: str\n\n\ndef main() -> None:\n    \
    mesh = Mesh(store=os.environ[\"MONGODB_URI\"], version=grpc.__version__)\n    consul.Consul()\n    \
    aiohttp.web.run_app(aiohttp.web.Application(), port=8600)\n    print(mesh)\n\n\n\
    if __name__ == \"__main__\":\n    main()\n";

pub fn image() -> Image {
    // 8. FROM --platform=$TARGETPLATFORM gcr.io/distroless/python3-debian12
    let mut image = parts().base();
    // 9. ARG BUILD_DATE, VCS_REF, VERSION=1.0.0; the ENV block of the pattern; and
    // 10. ENV MONGODB_URI=mongodb://lucid:${MONGODB_PASSWORD:-changeme}@lucid-mongodb:27017/lucid?authSource=admin
    let uri = "MONGODB_URI=mongodb://lucid:changeme@lucid-mongodb:27017/lucid?authSource=admin";
    CONTROLLER.begin(&mut image, &[&ENV[..], &["CONTROLLER_PORT=8600", "CONTROLLER_HOST=0.0.0.0", uri]].concat());
    // 2. the copy pattern's system directories
    CONTROLLER.directories(&mut image, plain_builder());
    // 15. markers of the packages, and the COPY of both directories
    CONTROLLER.packages(&mut image, REQUIREMENTS);
    // 16. RUN ["/usr/bin/python3.11", "-c", …]: packages and marker
    Service::verify(
        &mut image,
        "/usr/bin/python3.11 -c import os; site = '/usr/local/lib/python3.11/site-packages'; \
         assert os.path.exists(os.path.join(site, 'aiohttp')); assert os.path.exists(os.path.join(site, '.lucid-marker'))",
    );
    // 3. and 5. COPY infrastructure/service-mesh/controller/ ./controller/, with .lucid-source-marker
    let marker = |name: &str| format!("LUCID_SERVICE_MESH_CONTROLLER_{name}_{}\n", BUILT - 30);
    let controller = app(&[
        ("app/controller/.lucid-source-marker", &marker("SOURCE")),
        ("app/controller/__init__.py", "\"\"\"The controller.\"\"\"\n"),
        ("app/controller/main.py", MAIN),
    ]);
    image.append("COPY --chown=65532:65532 /app/controller /app/controller # buildkit", controller);
    // 3. and 5. COPY infrastructure/service-mesh/sidecar/ ./sidecar/, with .lucid-sidecar-marker
    let sidecar = app(&[
        ("app/sidecar/.lucid-sidecar-marker", &marker("SIDECAR")),
        ("app/sidecar/__init__.py", "\"\"\"The sidecar.\"\"\"\n"),
        ("app/sidecar/proxy.py", "PORT = 15001\n"),
    ]);
    image.append("COPY --chown=65532:65532 /app/sidecar /app/sidecar # buildkit", sidecar);
    // 6. and 11. RUN ["/usr/bin/python3.11", "-c", "import os, importlib.util; assert os.path.exists('/app/controller') …
    Service::verify(
        &mut image,
        "/usr/bin/python3.11 -c import os, importlib.util; assert os.path.exists('/app/controller'), 'controller directory \
         missing'; assert os.path.exists('/app/controller/.lucid-source-marker'); \
         assert importlib.util.find_spec('controller.main', package=None), 'controller.main not found'; \
         print('controller package verified in runtime stage')",
    );
    let probe = ["/usr/bin/python3.11", "-c", &probe(8600)];
    Service::end(&mut image, 8600, 60, &probe, &[], &["/usr/bin/python3.11", "-m", "controller.main"]);
    image
}
