"""What may be raised and is no fault of the code that lets it out: it ends the process, or the task around.

All else ends one handler or hook and nothing more, whatever it derives from: the panic of a library in Rust is no
`Exception`, and neither is a CancelledError that came from another task.
"""

import asyncio

#: Said to the process: asyncio ends its loop by them, Ctrl-C has to work wherever it strikes, and `sys.exit` in a
#: handler is what its author wants.
ENDS_OF_PROCESS = (KeyboardInterrupt, SystemExit)


def is_of_task(error: BaseException) -> bool:
    """Whether what came out of a coroutine ends its task or the process, so that it has to go on.

    A CancelledError does so only if the task is being cancelled: a handler that waits for something that somebody else
    has cancelled has failed as by any other error. GeneratorExit closes a coroutine that nobody will go on with.
    """
    if not isinstance(error, asyncio.CancelledError):
        return isinstance(error, (*ENDS_OF_PROCESS, GeneratorExit))
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop of asyncio runs here, so that nothing of it was cancelled
        return False
    return task is not None and task.cancelling() > 0
