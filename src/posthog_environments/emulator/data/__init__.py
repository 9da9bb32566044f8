"""The project's data: what the emulator answers with, as functions of the seed, and what was changed since."""
