"""Serves S3 on a free port of this machine: moto, over connections that stay open. Says the port on stdout, and then a line for
each request.
"""
import sys

from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        print(self.command, self.path, int(code), file=log, flush=True)


log = open(sys.argv[1], "a", encoding="utf-8")
server = make_server("127.0.0.1", 0, create_backend_app("s3"), threaded=True, request_handler=Handler)
print(server.server_port, flush=True)
server.serve_forever()
