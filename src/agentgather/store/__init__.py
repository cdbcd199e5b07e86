"""The room on disk: where files live and with which modes, the append-only log, the checkpoints, one writer a room."""
