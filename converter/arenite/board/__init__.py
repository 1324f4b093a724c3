"""Firmware: boards, cross-compiling, QEMU and instruction counts."""
