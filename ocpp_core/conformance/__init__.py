"""The conformance kit: tests anybody's CSMS or station, over its own wire, against what the standard says.

The kit plays the other side. It asks, listens, and judges what is seen on the wire by `Rule` s, which are data: what a
rule says, where the standard says it, and how it can be seen. It never takes another implementation as a measure.
"""
