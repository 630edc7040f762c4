"""The server of the page: on 127.0.0.1 alone, everything from this machine, nothing for strangers' pages.

Two dangers of a server on one's own machine are met here. A page of another origin in the same browser could talk to it
(cross-site requests and web sockets): a foreign ``Origin`` is refused. And a foreign name could be made to point to 127.0.0.1
(DNS rebinding): a foreign ``Host`` is refused. A content security policy forbids the page any connection but to itself.
"""

import errno
import os
import re
import socket
import sys
import tempfile
import threading
import warnings
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trafficsim.app import study
from trafficsim.errors import UserError

HOST, PORT = "127.0.0.1", 8765
ASSETS = Path(__file__).parent / "assets" / "cdn"
NEEDS = ("solara", "ipyvuetify", "ipyvue", "uvicorn", "starlette")
CDN = "/_solara/cdn/"
SERVED = ("/static/", "/jupyter/", "/_solara/api/", CDN)
"""Beginnings of the paths that the page itself asks for, beside "/"."""

Scope = MutableMapping[str, Any]
Asgi = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def serve(
    port: int = PORT,
    browser: bool = True,
    query: str = "",
    told: Callable[[str], None] = print,
    folder: Path | None = None,
) -> None:
    """Serve the page until Ctrl-C; ``told`` is told its address, and stored studies are those below ``folder``.

    Raises :class:`UserError` where there is no such folder, the extra ``app`` is not installed or of versions that do not work,
    or the port is taken.
    """
    check_installed()
    if folder is not None:
        if not folder.is_dir():
            raise UserError(
                f"--folder {folder}: there is no such folder. Name one that holds results files (*.sqlite)."
            )
        study.FOLDER = folder
    listening = _bound(port)
    address = f"http://{HOST}:{listening.getsockname()[1]}/{f'?{query}' if query else ''}"
    with tempfile.TemporaryDirectory(prefix="trafficsim-app-") as home:
        application = guarded(_solara(Path(home)), listening.getsockname()[1])
        import uvicorn

        server = uvicorn.Server(
            uvicorn.Config(
                application, log_level="error", access_log=False, proxy_headers=False, timeout_graceful_shutdown=2
            )
        )
        told(f"The page: {address}\nIt can be reached from this machine alone. Ctrl-C ends it.")
        if browser:
            threading.Timer(1.0, lambda: webbrowser.open(address)).start()
        server.run(sockets=[listening])


def check_installed() -> None:
    """Raise :class:`UserError` where what the page needs is missing, or of a version that would leave it blank."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise UserError(f"the page needs {', '.join(missing)}, which is not installed: pip install 'trafficsim[app]'.")
    if int(version("ipyvuetify").partition(".")[0]) >= 2:
        raise UserError(
            f"ipyvuetify {version('ipyvuetify')} leaves the page blank; it should be older than 2: pip install 'trafficsim[app]'."
        )
    absent = [name for name in wanted_files() if not (ASSETS / name).is_file()]
    if absent:
        raise UserError(
            f"Solara {version('solara')} asks for front-end files that do not come with this trafficsim ({absent[0]}), so the "
            f"page would stay blank: pip install 'trafficsim[app]' brings a version that goes with it."
        )


def wanted_files() -> list[str]:
    """Return the front-end files that the installed Solara's page asks for, as paths below the folder of assets."""
    found = find_spec("solara")
    assert found is not None and found.submodule_search_locations is not None
    page = Path(found.submodule_search_locations[0], "server", "templates", "solara.html.j2").read_text(
        encoding="utf-8"
    )
    names = re.findall(r"\{\{\s*cdn\s*\}\}/([^\"'<>\s]+)", page)
    names = [name.replace("{{ipywidget_major_version}}", "8") for name in names if "{{assets" not in name]
    return [name for name in names if "vuetify3" not in name and not re.search(r"app8\.js$", name)]


def _bound(port: int) -> socket.socket:
    """Return a socket that listens on ``port`` of this machine alone; 0 takes a free one."""
    if not 0 <= port <= 65535:
        raise UserError(f"--port {port}: a port is a number from 0 (any that is free) to 65535.")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except (OSError, PermissionError) as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"Port {port} is taken, perhaps by a page that runs already. Name another: trafficsim app --port {port + 1}, "
                f"or --port 0 for any that is free."
            ) from error
        raise UserError(
            f"--port {port}: it cannot be opened: {error.strerror}. Numbers from 1024 on are free to use."
        ) from error
    return listening


def _solara(home: Path) -> Asgi:
    """Return Solara's application with our page in it. It reads its settings from the environment when it is imported."""
    os.environ |= {
        "SOLARA_APP": "trafficsim.app.page",
        "SOLARA_MODE": "production",
        "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
        "SOLARA_ASSETS_PROXY": "true",
        "SOLARA_ASSETS_PROXY_CACHE_DIR": str(ASSETS),
        "SOLARA_ASSETS_FONTAWESOME_ENABLED": "false",
        "SOLARA_THEME_VARIANT": "light",
        "SOLARA_THEME_LOADER": "plain",
        "SOLARA_THEME_TITLE": "trafficsim",
        "SOLARA_THEME_SHOW_BANNER": "false",
        "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
        "SOLARA_HOME": str(home),  # else it leaves a file in the user's own folder
    }
    from solara.server.starlette import app

    # Told for every reader: that the page cannot be shown inside another site's, which it is not meant to be.
    warnings.filterwarnings("ignore", "Cookies with samesite=none", UserWarning)
    return app


def guarded(application: Asgi, port: int) -> Asgi:
    """Return ``application`` for readers on this machine alone: foreign hosts and origins are refused, before it is asked."""
    hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
    origins = {f"http://{host}" for host in hosts}
    connect = " ".join(f"ws://{host}" for host in sorted(hosts))
    headers = [
        (b"content-security-policy", (
            "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {connect}; frame-ancestors 'none'; "
            "form-action 'self'; base-uri 'self'; object-src 'none'"
        ).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]  # fmt: skip

    def refusal(scope: Scope) -> tuple[int, str] | None:
        given = {name: value.decode("latin-1").strip().lower() for name, value in scope["headers"]}
        if given.get(b"host") not in hosts:
            return 421, f"This page answers at http://{HOST}:{port} alone."
        origin = given.get(b"origin")
        if origin not in origins and (origin is not None or scope["type"] == "websocket"):
            return 403, "This page answers to itself alone, and to no page of another origin."
        path: str = scope["path"]
        if path.startswith(CDN) and not _is_shipped(path.removeprefix(CDN)):
            return 404, "This file does not come with trafficsim, and nothing is fetched from elsewhere."
        if scope["type"] == "http" and path != "/" and not path.startswith(SERVED):
            return 404, f"There is no such page. The page is at http://{HOST}:{port}/"
        return None

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await application(scope, receive, send)
            return
        refused = refusal(scope)
        if refused and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refused[1][:120]})
        elif refused:
            start = {"type": "http.response.start", "status": refused[0]}
            await send({**start, "headers": [(b"content-type", b"text/plain; charset=utf-8"), *headers]})
            await send({"type": "http.response.body", "body": f"{refused[1]}\n".encode()})
        elif scope["type"] == "websocket":
            await application(scope, receive, send)
        else:

            async def send_with_headers(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message.get("headers", []), *headers]}
                await send(message)

            await application(scope, receive, send_with_headers)

    return answer


def _is_shipped(name: str) -> bool:
    path = (ASSETS / name).resolve()
    return ASSETS.resolve() in path.parents and path.is_file()
