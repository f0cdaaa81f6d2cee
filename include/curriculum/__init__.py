"""What the curriculum consists of, and the pages that say so."""
