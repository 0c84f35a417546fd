"""What carries messages: WebSocket, HTTP, memory. Thin, and each behind the extra that it needs.

Nothing is loaded by importing this package; import the transport that you use.
"""
