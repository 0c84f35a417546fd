"""What all versions and both wires share: messages, versions, errors, and how values look on the wire.

The classes of a version stand on `messages` and `versions`; what an engine must know of a class says `shapes`.
"""
