"""The room's HTTP API: each resource parses, asks the room, and answers. No rule of the room lives here."""
