"""Coverage-guided fuzzing of the tunnel's wire: `make fuzz ARGS="--seconds 60"`. What it found worth keeping is in corpus/."""
