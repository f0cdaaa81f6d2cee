"""The shop's partner API: the one service of the lab that fails when it is asked to."""
