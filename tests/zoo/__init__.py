"""Keras models of every layer and application family that makes sense on a microcontroller, and how they convert.

make zoo        measures all of them and prints docs/coverage.md anew
"""
