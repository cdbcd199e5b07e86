"""Agent Gather: a temporary room on your own machine, and many doors into it. This module imports nothing."""

__version__ = "0.3.0"
