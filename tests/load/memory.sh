#!/usr/bin/env bash
# How much memory many large messages at once take: CLIENTS clients (200) send SIZE bytes (25 MiB) each, side by side, a
# piece at a time, and only then their dots.
#   memory.sh [BINARY]
# Prints what was stored and what was refused for now, and the peak of the process against limits.memory (MEMORY, 256
# MiB), which it may pass by 64 MiB at most.
. "$(dirname "$0")/lib.sh"
run_python memory.py
