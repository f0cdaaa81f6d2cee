"""`python -m include.data` writes the seeds anew."""

import sys

from include.data.generator import write_seeds
from include.data.seeds import SEEDS

if __name__ == "__main__":
    paths = write_seeds(SEEDS)
    sys.stdout.write(f"Wrote {len(paths)} files to {SEEDS}.\n")
