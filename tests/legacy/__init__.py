"""Both ends of the relay of Agent Gather 0.1, written from the behaviour contract's section 6 alone."""
