"""Proofs that nothing acknowledged is lost and no one gets in: the same trials, few in `make test`, many by `make prove`.

A proof is a run of independent trials. Every random choice of a trial comes from the seed of the run and the trial's
number, so that a trial which fails can be run again alone.
"""
