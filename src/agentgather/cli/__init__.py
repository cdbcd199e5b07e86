"""The commands. One a file, each: parse, ask the client, print. No rule of the room lives here."""
