"""`python -m agentchat`: the same as the command `agentchat`."""

from agentchat.cli import main

if __name__ == "__main__":
    main()
