use super::*;

#[test]
fn secrets_are_told_from_defaults_and_from_names_that_promise_too_much() {
    for (name, value, wanted) in [
        ("MONGODB_URI", "mongodb://lucid:changeme@lucid-mongodb:27017/lucid?authSource=admin", Kind::Default("changeme")),
        ("DATABASE_URL", "postgres://postgres:postgres@db/x", Kind::Default("postgres")),
        ("DATABASE_URL", "postgres://app:app@db/x", Kind::Default("app")),
        ("REDIS_URL", "redis://:k3y-of-mine@cache:6379", Kind::Shaped("a password in a URL", "k3y-of-mine")),
        ("DB_PASSWORD", "ChangeMe", Kind::Default("ChangeMe")),
        ("JWT_SECRET_KEY", "your-secret-key", Kind::Default("your-secret-key")),
        ("ANY", "glpat-abcdefghij0123456789", Kind::Shaped("a GitLab token", "glpat-abcdefghij0123456789")),
        ("API_KEY", "f3a9c1d07be24586a1c0", Kind::Named(true)),
        ("API_KEY", "my-little-key", Kind::Named(false)),
        ("com.example.api_key", "my-little-key", Kind::Named(false)),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY", Kind::Named(true)),
    ] {
        assert_eq!(kind(name, value), Some(wanted), "{name}={value}");
    }
}

#[test]
fn what_is_still_to_be_put_in_or_is_no_secret_is_none() {
    for (name, value) in [
        ("MONGODB_URI", "mongodb://lucid:${MONGODB_PASSWORD}@lucid-mongodb:27017"),
        ("MONGODB_URI", "mongodb://lucid:@lucid-mongodb:27017"),
        ("MONGODB_URI", "mongodb://lucid:<password>@lucid-mongodb:27017"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "$DB_PASSWORD"),
        ("DB_PASSWORD", "********"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("SSL_KEY", "/etc/ssl/private/server.key"),
        ("OAUTH_TOKEN_URL", "https://auth.example.com/token"),
        ("REGISTRY_AUTH", "https://auth.example.com"),
        ("JWT_PUBLIC_KEY", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"),
        ("DISABLE_AUTH", "true"),
        ("MAX_TOKEN", "4096"),
        ("POSTGRES_USER", "postgres"),
        ("NEXT_AUTH", "required"),
    ] {
        assert_eq!(kind(name, value), None, "{name}={value}");
    }
}

/// ENV of images of the Docker library, of Bitnami, of Google and of the pattern.
const ORDINARY: &[&str] = &[
    "ALLOW_EMPTY_PASSWORD=no",
    "APACHE_CONFDIR=/etc/apache2",
    "ASPNETCORE_HTTP_PORTS=8080",
    "AUTH_SERVICE_HOST=0.0.0.0",
    "AUTH_SERVICE_PORT=8089",
    "BITNAMI_APP_NAME=postgresql",
    "CASSANDRA_HOME=/opt/cassandra",
    "COREPACK_INTEGRITY_KEYS=0",
    "DOTNET_RUNNING_IN_CONTAINER=true",
    "ELASTIC_CONTAINER=true",
    "GF_PATHS_CONFIG=/etc/grafana/grafana.ini",
    "GOLANG_VERSION=1.23.4",
    "GOTOOLCHAIN=local",
    "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
    "GPG_KEYS=5C3C5F3E314C866292F359A8F3AD5C94A67F707E 48F8E69F6390C9F25CFEDCD268248959359E722B",
    "HAPROXY_SHA256=18d3a2a0e1b9d0f4e4f9e7d1b1a9c5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8",
    "JAVA_HOME=/opt/java/openjdk",
    "JAVA_VERSION=jdk-21.0.5+11",
    "JSYAML_CHECKSUM=662e32319bdd378e91f67578e56a34954b0a2e33aca11d70ab9f4826af24b941",
    "KONG_VERSION=3.9.0",
    "LANG=C.UTF-8",
    "MINIO_ACCESS_KEY_FILE=access_key",
    "MINIO_ROOT_PASSWORD_FILE=secret_key",
    "MINIO_UPDATE_MINISIGN_PUBKEY=RWTx5Zr1tiHQLwG9keckT0c45M3AGeHD6IvimQHpyRywVWGbP1aVSGav",
    "MONGO_PACKAGE=mongodb-org",
    "MYSQL_ALLOW_EMPTY_PASSWORD=yes",
    "NGINX_VERSION=1.27.3",
    "NJS_RELEASE=1~bookworm",
    "NODE_VERSION=22.12.0",
    "NPM_CONFIG_LOGLEVEL=info",
    "NPM_CONFIG_PREFIX=/home/node/.npm-global",
    "OPENSSL_PGP_KEY_IDS=0x8657ABB260F056B1E5190839D9C4D26D0E604491",
    "OTP_SOURCE_SHA256=0f8a9d1e2c3b4a5968778695a4b3c2d1e0f1a2b3c4d5e6f708192a3b4c5d6e7f",
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "PGDATA=/var/lib/postgresql/data",
    "PHPIZE_DEPS=autoconf dpkg-dev file g++ gcc libc-dev make pkg-config re2c",
    "PHP_ASC_URL=https://www.php.net/distributions/php-8.4.1.tar.xz.asc",
    "PHP_SHA256=94c8a4fd419d45748951fa6d73bd55f6bdf0adaefb8814880a67baa66027311f",
    "POSTGRES_HOST_AUTH_METHOD=trust",
    "PYTHON_SHA256=8fb5f9fbc7609fa822cb31549884575db7fd9657cbffb89510b5d7975963a83a",
    "PYTHONPATH=/app:/usr/local/lib/python3/site-packages",
    "RABBITMQ_PGP_KEY_ID=0x0A9AF2115F4687BD29803A206B73A36E6026DFCA",
    "REDIS_DOWNLOAD_SHA=4ddebbf09061cbb589011786febdb34f29767dd7f89dbe712d2b68e808af6a1f",
    "REDIS_DOWNLOAD_URL=http://download.redis.io/releases/redis-7.4.1.tar.gz",
    "REGISTRATION_TOKEN_TTL=3600",
    "RUBY_DOWNLOAD_SHA256=018d59ffb52be3c0a6d847e22d3fd7a2c52d0ddfee249d3517a0c8c6dbfa70af",
    "SSH_AUTH_SOCK=/run/ssh.sock",
    "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    "TOKENIZERS_PARALLELISM=false",
    "TOMCAT_SHA512=f6f15a4f2b0d6f5f3ad5a8cbf6b4a3d8a0",
    "YARN_VERSION=1.22.22",
];

#[test]
fn ordinary_images_hold_no_secret() {
    for variable in ORDINARY {
        let (name, value) = variable.split_once('=').unwrap();
        assert_eq!(kind(name, value), None, "{variable}");
    }
}
