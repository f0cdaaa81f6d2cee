"""What data there is: entries of a catalogue, and the catalogues that keep them."""
