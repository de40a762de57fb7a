"""Python's own web server, with lists on it, or with what a hostile one has instead."""

import contextlib
import http.server
import threading


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        if callable(page):
            page(self)
            return
        self.send_response(200 if page is not None else 404)
        self.send_header("Content-Type", "application/pkix-crl")
        self.send_header("Content-Length", str(len(page or b"")))
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, *_):
        pass


def slow(handler):
    """Says nothing until the test is over."""
    handler.server.over.wait()


def trickling(handler):
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "60000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not handler.server.over.wait(0.5):
            handler.wfile.write(b"0")


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not handler.server.over.is_set():
            handler.wfile.write(b"0" * 65536)


def redirecting(to):
    def page(handler):
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return page


def cut(content):
    def page(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])

    return page


@contextlib.contextmanager
def serving(**pages):
    """A server that has these pages, each at `/NAME`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    server.pages = {f"/{name}": page for name, page in pages.items()}
    server.asked = []
    server.over = threading.Event()
    server.url = lambda name: f"http://127.0.0.1:{server.server_port}/{name}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
