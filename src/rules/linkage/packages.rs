//! Which of Debian's packages has a library that images are found without.

/// Libraries by the start of their names, and packages of Debian 12; a package that changed its name has both.
const PACKAGES: &[(&str, &str)] = &[
    ("libGL.so.1", "libgl1"),
    ("libEGL.so.1", "libegl1"),
    ("libGLX.so.0", "libglx0"),
    ("libOpenGL.so.0", "libopengl0"),
    ("libSM.so.6", "libsm6"),
    ("libICE.so.6", "libice6"),
    ("libX11.so.6", "libx11-6"),
    ("libXext.so.6", "libxext6"),
    ("libXrender.so.1", "libxrender1"),
    ("libxcb.so.1", "libxcb1"),
    ("libatomic.so.1", "libatomic1"),
    ("libaio.so.1", "libaio1"),
    ("libbz2.so.1.0", "libbz2-1.0"),
    ("libcairo.so.2", "libcairo2"),
    ("libcrypt.so.1", "libcrypt1"),
    ("libcrypto.so.3", "libssl3"),
    ("libcurl.so.4", "libcurl4"),
    ("libdb-5.3.so", "libdb5.3"),
    ("libexpat.so.1", "libexpat1"),
    ("libffi.so.8", "libffi8"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libfreetype.so.6", "libfreetype6"),
    ("libgcc_s.so.1", "libgcc-s1"),
    ("libgdbm.so.6", "libgdbm6"),
    ("libgeos_c.so.1", "libgeos-c1v5"),
    ("libgfortran.so.5", "libgfortran5"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libgthread-2.0.so.0", "libglib2.0-0"),
    ("libgmp.so.10", "libgmp10"),
    ("libgomp.so.1", "libgomp1"),
    ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
    ("libjpeg.so.62", "libjpeg62-turbo"),
    ("libkrb5.so.3", "libkrb5-3"),
    ("libldap-2.5.so.0", "libldap-2.5-0"),
    ("liblzma.so.5", "liblzma5"),
    ("libmagic.so.1", "libmagic1"),
    ("libmariadb.so.3", "libmariadb3"),
    ("libncursesw.so.6", "libncursesw6"),
    ("libodbc.so.2", "libodbc2"),
    ("libopenblas.so.0", "libopenblas0"),
    ("libpango-1.0.so.0", "libpango-1.0-0"),
    ("libpcre2-8.so.0", "libpcre2-8-0"),
    ("libpng16.so.16", "libpng16-16"),
    ("libpq.so.5", "libpq5"),
    ("libquadmath.so.0", "libquadmath0"),
    ("librdkafka.so.1", "librdkafka1"),
    ("libreadline.so.8", "libreadline8"),
    ("libsasl2.so.2", "libsasl2-2"),
    ("libsnappy.so.1", "libsnappy1v5"),
    ("libsndfile.so.1", "libsndfile1"),
    ("libsodium.so.23", "libsodium23"),
    ("libsqlite3.so.0", "libsqlite3-0"),
    ("libssl.so.3", "libssl3"),
    ("libstdc++.so.6", "libstdc++6"),
    ("libtinfo.so.6", "libtinfo6"),
    ("libusb-1.0.so.0", "libusb-1.0-0"),
    ("libuuid.so.1", "libuuid1"),
    ("libxml2.so.2", "libxml2"),
    ("libxmlsec1.so.1", "libxmlsec1"),
    ("libxslt.so.1", "libxslt1.1"),
    ("libyaml-0.so.2", "libyaml-0-2"),
    ("libz.so.1", "zlib1g"),
    ("libzmq.so.5", "libzmq5"),
    ("libzstd.so.1", "libzstd1"),
];

/// Libraries that wheels may leave to the system (PEP 599) and that small images do not have.
const ALLOWED: &[&str] = &[
    "libGL.so.1",
    "libICE.so.6",
    "libSM.so.6",
    "libX11.so.6",
    "libXext.so.6",
    "libXrender.so.1",
    "libatomic.so.1",
    "libglib-2.0.so.0",
    "libgobject-2.0.so.0",
    "libgthread-2.0.so.0",
];

/// The package that has a library.
pub(super) fn package(library: &str) -> Option<&'static str> {
    PACKAGES.iter().find(|(name, _)| *name == library).map(|(_, package)| *package)
}

/// Whether wheels for every Linux may need it all the same.
pub(super) fn is_left_to_the_system(library: &str) -> bool {
    ALLOWED.contains(&library)
}
