"""What a room looks like once it is written down. Pure: the daemon and the command line write with the same pen."""
