"""Logs of OCPP traffic: frames found in files of any form, each with its station and direction, and judged.

`reading.Reader` finds frames, `detection.with_version` the version of those that do not say it, `judging.Judge` pairs
answers with calls and gives verdicts. All of it streams, in memory that does not grow with the input.
"""
