"""Bridges to other libraries, for people who drive those already.

Nothing is loaded by importing this package; import the adapter that you use.
"""
