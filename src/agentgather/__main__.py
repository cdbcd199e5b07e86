"""`python -m agentgather`: the same as the `agentgather` command."""

from agentgather.cli.main import main

if __name__ == "__main__":
    main()
