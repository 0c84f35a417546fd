"""What the user's helpers do for the kit: a shell command, or an HTTP POST, each given JSON."""

import asyncio
import inspect
import json
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen
from typing import Any, TypeVar, cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.printing import printable

#: A shell command, an address, or, for whoever uses the kit as a library, a function: plain or a coroutine function.
Hook = str | Callable[[dict[str, Any]], Awaitable[None] | None]
T = TypeVar("T")

#: Seconds that a command or an address may take.
_PATIENCE = 30.0


class HookFailed(Exception):
    """A helper of the user has failed: nothing is known of the software under test."""


async def run(hooks: Mapping[str, Hook], name: str, told: Mapping[str, Any]) -> None:
    """Has a helper do its work, and waits until it has said that it is done.

    Args:
        hooks: By name.
        name: Of the one that is wanted.
        told: What it is given: as JSON on standard input, or in the body.

    Raises:
        Inconclusive: There is none of the name.
        HookFailed: It has failed.
    """
    hook = hooks.get(name)
    if hook is None:
        raise Inconclusive(f"the profile has no hook {name}")
    try:
        if callable(hook):
            done = hook(dict(told))
            if inspect.isawaitable(done):
                await done
        elif hook.startswith(("http://", "https://")):
            await aside(_post, hook, json.dumps(told))
        else:
            await _command(hook, json.dumps(told))
    except Exception as error:
        raise HookFailed(
            f"the hook {name} failed: {printable(str(error) or type(error).__name__)}"
        ) from error


async def aside(work: Callable[..., T], *arguments: Any) -> T:
    """Does in a thread what blocks. Whoever is cancelled meanwhile goes on, and so may the process end."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: Exception | None) -> None:
        if not done.done():
            done.set_result(cast(T, result)) if error is None else done.set_exception(error)

    def do() -> None:
        result, failure = None, None
        try:
            result = work(*arguments)
        except Exception as error:
            failure = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, result, failure)

    threading.Thread(target=do, name="conformance aside", daemon=True).start()
    return await done


def _post(address: str, body: str) -> None:
    request = Request(address, body.encode(), {"Content-Type": "application/json"}, method="POST")
    try:
        with urlopen(request, timeout=_PATIENCE):
            pass
    except HTTPError as error:
        # It holds the connection, and would until it is collected.
        error.close()
        raise


async def _command(command: str, given: str) -> None:
    # asyncio starts a process in several steps: whoever is cancelled between them would not know what to end.
    process = Popen(
        command,
        shell=True,
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=PIPE,
        start_new_session=True,  # so that what it has started can be ended with it, and Ctrl-C is left to us
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            _, said = await aside(process.communicate, given.encode())
    except TimeoutError:
        raise OSError(f"it takes longer than {_PATIENCE:.0f} s") from None
    finally:
        if process.poll() is None:
            _kill(process)
            await aside(process.wait)
    if process.returncode:
        raise OSError(f"exit {process.returncode}: {said.decode('utf-8', 'replace').strip()[-200:]}")


def _kill(process: Popen[bytes]) -> None:
    """Ends a command and all that it has started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
